// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.HashMap;
import java.util.Map;

/**
 * What a network that finds objects is to say about a labelled image; the inverse of {@code tasks.ObjectDecoder}. After
 * Panoptic-DeepLab (Cheng et al., CVPR 2020), section 3.2, with a centre whose width follows the object's size.
 *
 * <p>Cell (i, j) covers the pixels i s to i s + s - 1 in y and j s to j s + s - 1 in x, where s is the stride.
 */
@SuppressWarnings("ArrayRecordComponent")
public record ObjectTargets(
        int width,
        int height,
        int stride,
        float[] foreground,
        float[] pixelWeight,
        float[] centre,
        float[] offsetRow,
        float[] offsetColumn,
        float[] offsetWeight,
        float[] cellWeight,
        int objects) {
    /** Standard deviation of a centre, in equivalent diameters of its object. */
    public static final double CENTRE_WIDTH = 0.12;
    /** Least standard deviation of a centre in pixels. */
    public static final double LEAST_CENTRE_PX = 3.5;

    private static final int GAP_PX = 3;
    private static final double MOST_WEIGHT = 8;

    /** The extent of one object. */
    private static final class Extent {
        long n;
        double x;
        double y;
        double cx;
        double cy;
        double nearest = Double.MAX_VALUE;
    }

    /**
     * Makes the targets.
     *
     * @param labels row-major; 0 background, above 0 the objects, {@link Annotated#IGNORE} not annotated
     * @param width a multiple of {@code stride}
     * @param height a multiple of {@code stride}
     * @param diameterPx the unit of offsets
     * @param gapWeight how much more a background pixel counts that lies between two objects
     */
    public static ObjectTargets of(
            int[] labels, int width, int height, int stride, double diameterPx, double gapWeight) {
        if (width % stride != 0 || height % stride != 0 || labels.length != width * height) {
            throw new IllegalArgumentException(labels.length + " labels of " + width + " x " + height
                    + " pixels given; sides must be multiples of " + stride + " and fit the labels");
        }
        Map<Integer, Extent> extents = extents(labels, width);
        int w = width / stride;
        int h = height / stride;
        float[] foreground = new float[labels.length];
        float[] pixelWeight = new float[labels.length];
        for (int i = 0; i < labels.length; i++) {
            foreground[i] = labels[i] > 0 ? 1 : 0;
            pixelWeight[i] = labels[i] == Annotated.IGNORE
                    ? 0
                    : labels[i] == 0 ? 1 : weight(extents.get(labels[i]).n, diameterPx);
        }
        weighGaps(labels, width, height, gapWeight, pixelWeight);
        ObjectTargets targets = new ObjectTargets(
                width,
                height,
                stride,
                foreground,
                pixelWeight,
                new float[w * h],
                new float[w * h],
                new float[w * h],
                new float[w * h],
                new float[w * h],
                extents.size());
        targets.fillCells(labels, extents, diameterPx);
        targets.drawCentres(extents);
        return targets;
    }

    private static Map<Integer, Extent> extents(int[] labels, int width) {
        Map<Integer, Extent> extents = new HashMap<>();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] > 0) {
                Extent extent = extents.computeIfAbsent(labels[i], key -> new Extent());
                extent.n++;
                extent.x += i % width;
                extent.y += i / width;
            }
        }
        extents.values().forEach(extent -> {
            extent.x /= extent.n;
            extent.y /= extent.n;
        });
        // the centre is the pixel of the object nearest to its centroid, or the centroid where it lies inside
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] > 0) {
                Extent extent = extents.get(labels[i]);
                double dx = i % width - extent.x;
                double dy = i / width - extent.y;
                double distance = dx * dx + dy * dy;
                if (distance < extent.nearest) {
                    extent.nearest = distance;
                    boolean inside = Math.abs(dx) <= 0.5 && Math.abs(dy) <= 0.5;
                    extent.cx = inside ? extent.x : i % width;
                    extent.cy = inside ? extent.y : i / width;
                }
            }
        }
        return extents;
    }

    /** Pixels of small objects count for more, up to {@link #MOST_WEIGHT}, so that these are not lost for their size. */
    private static float weight(long area, double diameterPx) {
        double usual = Math.PI / 4 * diameterPx * diameterPx;
        return (float) Math.max(1, Math.min(MOST_WEIGHT, usual / area));
    }

    /** Raises the weight of background pixels that have two different objects within {@link #GAP_PX}. */
    private static void weighGaps(int[] labels, int width, int height, double gapWeight, float[] weights) {
        if (gapWeight == 0) {
            return;
        }
        // the smallest and the largest label of each row's neighbourhood, then of the columns'
        int[] low = new int[labels.length];
        int[] high = new int[labels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int least = Integer.MAX_VALUE;
                int most = 0;
                for (int k = Math.max(0, x - GAP_PX); k <= Math.min(width - 1, x + GAP_PX); k++) {
                    int label = labels[y * width + k];
                    if (label > 0) {
                        least = Math.min(least, label);
                        most = Math.max(most, label);
                    }
                }
                low[y * width + x] = least;
                high[y * width + x] = most;
            }
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (labels[y * width + x] != 0) {
                    continue;
                }
                int least = Integer.MAX_VALUE;
                int most = 0;
                for (int k = Math.max(0, y - GAP_PX); k <= Math.min(height - 1, y + GAP_PX); k++) {
                    least = Math.min(least, low[k * width + x]);
                    most = Math.max(most, high[k * width + x]);
                }
                if (most > 0 && least != most) {
                    weights[y * width + x] += (float) gapWeight;
                }
            }
        }
    }

    private void fillCells(int[] labels, Map<Integer, Extent> extents, double diameterPx) {
        int w = width / stride;
        int h = height / stride;
        int[] block = new int[stride * stride];
        int[] owner = new int[w * h];
        Map<Integer, Integer> cells = new HashMap<>();
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
                int n = 0;
                int ignored = 0;
                for (int y = 0; y < stride; y++) {
                    for (int x = 0; x < stride; x++) {
                        int label = labels[(i * stride + y) * width + j * stride + x];
                        block[n++] = label;
                        ignored += label == Annotated.IGNORE ? 1 : 0;
                    }
                }
                owner[i * w + j] = majority(block);
                cellWeight[i * w + j] = 2 * ignored > n ? 0 : 1;
                if (owner[i * w + j] > 0) {
                    cells.merge(owner[i * w + j], 1, Integer::sum);
                }
            }
        }
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
                int at = i * w + j;
                if (owner[at] > 0) {
                    Extent extent = extents.get(owner[at]);
                    offsetRow[at] = (float) ((extent.cy - (i * stride + (stride - 1) / 2.0)) / diameterPx);
                    offsetColumn[at] = (float) ((extent.cx - (j * stride + (stride - 1) / 2.0)) / diameterPx);
                    // small objects count for more than their area, less than a large object as a whole
                    offsetWeight[at] = (float) (1 / Math.sqrt(cells.get(owner[at])));
                }
            }
        }
    }

    /** The object with most pixels, if all objects together have at least half of the block; else 0. */
    private static int majority(int[] block) {
        int best = 0;
        int bestCount = 0;
        int objects = 0;
        for (int i = 0; i < block.length; i++) {
            if (block[i] > 0) {
                objects++;
                int count = 0;
                for (int other : block) {
                    count += other == block[i] ? 1 : 0;
                }
                if (count > bestCount || (count == bestCount && block[i] < best)) {
                    bestCount = count;
                    best = block[i];
                }
            }
        }
        return 2 * objects >= block.length ? best : 0;
    }

    private void drawCentres(Map<Integer, Extent> extents) {
        int w = width / stride;
        int h = height / stride;
        for (Extent extent : extents.values()) {
            double diameter = Math.sqrt(4 * extent.n / Math.PI);
            double sigma = Math.max(CENTRE_WIDTH * diameter, LEAST_CENTRE_PX);
            double reach = 3.5 * sigma;
            int j0 = (int) Math.max(0, Math.floor((extent.cx - reach) / stride));
            int j1 = (int) Math.min(w - 1, Math.ceil((extent.cx + reach) / stride));
            int i0 = (int) Math.max(0, Math.floor((extent.cy - reach) / stride));
            int i1 = (int) Math.min(h - 1, Math.ceil((extent.cy + reach) / stride));
            for (int i = i0; i <= i1; i++) {
                for (int j = j0; j <= j1; j++) {
                    double dx = j * stride + (stride - 1) / 2.0 - extent.cx;
                    double dy = i * stride + (stride - 1) / 2.0 - extent.cy;
                    float value = (float) StrictMath.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
                    centre[i * w + j] = Math.max(centre[i * w + j], value);
                }
            }
        }
    }
}
