// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.Wand;
import ij.io.RoiEncoder;
import ij.plugin.filter.ThresholdToSelection;
import ij.process.ByteProcessor;
import ij.process.FloodFiller;
import ij.process.ImageProcessor;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.image.Palettes;
import io.github.pointillist.plugins.results.SegmentResult.Place;
import java.awt.Color;
import java.awt.Rectangle;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Labels as regions of interest. An object is one polygon along the edges of its pixels, with its holes filled; one in
 * several pieces is a composite of their polygons. A class is a composite with its holes, and class 0 has none.
 */
public final class ObjectRois {
    /** Above this number of objects regions are made only on demand: ImageJ becomes slow with them. */
    public static final int MOST = 10_000;

    /** Marks regions as ours, so that the next run replaces them. */
    private static final String OURS = "pointillist.segment";

    private static final String OVERLAY = "Segment";
    private static final int[] COLOURS = Palettes.distinct(255);
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
    private static final int OUTSIDE = 128;

    private ObjectRois() {}

    /** Whether there are more regions than ImageJ handles well. */
    public static boolean tooMany(SegmentResult result) {
        return result.table().size() > MOST;
    }

    /** Why there are no regions, and what to take in their place. */
    public static String tooManyNote(SegmentResult result) {
        return result.table().size() + " outlines are more than " + MOST + ", so none are made; take the labels";
    }

    /**
     * One region an object and plane, or a class and plane, named after its label ("object 7", "class 2 stroma", "crystal 12"; of a
     * stack "slice 3 object 7") and with the position of its plane.
     *
     * @param image what was segmented
     */
    public static List<Roi> of(ImagePlus image, SegmentResult result) {
        ImagePlus labels = result.labels();
        List<Roi> rois = new ArrayList<>();
        for (int frame = 1; frame <= labels.getNFrames(); frame++) {
            for (int slice = 1; slice <= labels.getNSlices(); slice++) {
                ImageProcessor plane = labels.getStack().getProcessor(labels.getStackIndex(1, slice, frame));
                String where = (labels.getNFrames() > 1 ? "frame " + frame + " " : "")
                        + (labels.getNSlices() > 1 ? "slice " + slice + " " : "");
                int z = slice;
                int t = frame;
                Map<Integer, Roi> outlines = outlines(plane, label -> hasHoles(result, new Place(z, t, label)));
                for (Map.Entry<Integer, Roi> outline : outlines.entrySet()) {
                    Roi roi = outline.getValue();
                    roi.setName(where + name(result, new Place(slice, frame, outline.getKey())));
                    roi.setProperty(OURS, "true");
                    roi.setStrokeColor(new Color(COLOURS[1 + (outline.getKey() - 1) % 255]));
                    if (!where.isEmpty() && image.isHyperStack()) {
                        roi.setPosition(0, slice, frame);
                    } else if (!where.isEmpty()) {
                        roi.setPosition(image.getStackIndex(1, slice, frame));
                    }
                    rois.add(roi);
                }
            }
        }
        return rois;
    }

    /** Classes and stuff keep their holes, objects are filled. */
    private static boolean hasHoles(SegmentResult result, Place place) {
        return result.kind() == Kind.SEMANTIC
                || (result.kind() == Kind.PANOPTIC
                        && !result.segments().get(place).thing());
    }

    private static String name(SegmentResult result, Place place) {
        int label = place.label();
        if (result.kind() == Kind.INSTANCES) {
            return "object " + label;
        }
        if (result.kind() == Kind.PANOPTIC) {
            return result.segments().get(place).className() + " " + label;
        }
        String name = result.classNames().get(label);
        return name.equals("class " + label) ? name : "class " + label + " " + name;
    }

    private static Map<Integer, Roi> outlines(ImageProcessor plane, IntPredicate holes) {
        Map<Integer, Rectangle> boxes = boxes(LabelStack.labels(plane), plane.getWidth());
        Map<Integer, Roi> outlines = new TreeMap<>();
        boxes.forEach((label, box) -> {
            ByteProcessor mask = new ByteProcessor(box.width, box.height);
            for (int y = 0; y < box.height; y++) {
                for (int x = 0; x < box.width; x++) {
                    mask.set(x, y, plane.getf(box.x + x, box.y + y) == label ? 255 : 0);
                }
            }
            Roi roi = holes.test(label) ? withHoles(mask) : filled(mask);
            Rectangle place = roi.getBounds();
            roi.setLocation(place.x + box.x, place.y + box.y);
            outlines.put(label, roi);
        });
        return outlines;
    }

    private static Map<Integer, Rectangle> boxes(int[] labels, int width) {
        Map<Integer, Rectangle> boxes = new TreeMap<>();
        for (int i = 0; i < labels.length; ) {
            int label = labels[i];
            int start = i;
            int end = (i / width + 1) * width;
            while (i < end && labels[i] == label) {
                i++;
            }
            if (label > 0) {
                boxes.merge(label, new Rectangle(start % width, start / width, i - start, 1), Rectangle::union);
            }
        }
        return boxes;
    }

    private static Roi withHoles(ByteProcessor mask) {
        mask.setThreshold(255, 255, ImageProcessor.NO_LUT_UPDATE);
        return new ThresholdToSelection().convert(mask);
    }

    /** The outer outline of all pieces. */
    private static Roi filled(ByteProcessor mask) {
        ByteProcessor left = (ByteProcessor) mask.duplicate();
        int first = 0;
        while (left.get(first) == 0) {
            first++;
        }
        int x = first % mask.getWidth();
        int y = first / mask.getWidth();
        Wand wand = new Wand(left);
        wand.autoOutline(x, y, 255, 255, Wand.EIGHT_CONNECTED);
        left.setValue(0);
        new FloodFiller(left).fill8(x, y);
        if (left.getStats().max == 0) {
            return new PolygonRoi(wand.xpoints, wand.ypoints, wand.npoints, Roi.TRACED_ROI);
        }
        // Adding up the outlines of pieces takes the square of their number.
        return withHoles(withoutHoles(mask));
    }

    /** What cannot be reached from outside, by sides, without crossing the mask, belongs to it. */
    private static ByteProcessor withoutHoles(ByteProcessor mask) {
        ByteProcessor wider = new ByteProcessor(mask.getWidth() + 2, mask.getHeight() + 2);
        wider.insert(mask, 1, 1);
        wider.setValue(OUTSIDE);
        new FloodFiller(wider).fill(0, 0);
        ByteProcessor full = new ByteProcessor(mask.getWidth(), mask.getHeight());
        for (int y = 0; y < full.getHeight(); y++) {
            for (int x = 0; x < full.getWidth(); x++) {
                full.set(x, y, wider.get(x + 1, y + 1) == OUTSIDE ? 0 : 255);
            }
        }
        return full;
    }

    /** Writes a file that ImageJ's ROI Manager opens; the same regions give the same bytes. */
    public static void write(List<Roi> rois, Path file) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Roi roi : rois) {
                ZipEntry entry = new ZipEntry(roi.getName().replaceAll("[/\\\\:]", "-") + ".roi");
                entry.setTimeLocal(NO_TIME);
                zip.putNextEntry(entry);
                byte[] bytes = RoiEncoder.saveAsByteArray(roi);
                if (bytes == null) {
                    throw new IOException("could not write the outline of " + roi.getName());
                }
                zip.write(bytes);
                zip.closeEntry();
            }
        }
    }

    /**
     * Shows regions in the image's overlay, in place of those of an earlier run. Other things in the overlay stay.
     *
     * @param rois what {@link #of} made; null draws the outlines of the labels as a picture instead
     */
    public static void addTo(ImagePlus image, List<Roi> rois, ImagePlus labels) {
        ij.gui.Overlay overlay = image.getOverlay() == null ? new ij.gui.Overlay() : image.getOverlay();
        for (int i = overlay.size() - 1; i >= 0; i--) {
            if (overlay.get(i).getProperty(OURS) != null) {
                overlay.remove(i);
            }
        }
        overlay.remove(OVERLAY);
        if (rois != null) {
            rois.forEach(overlay::add);
        }
        image.setOverlay(overlay);
        if (rois == null) {
            OverlayPictures.addTo(image, labels, OVERLAY);
        }
    }
}
