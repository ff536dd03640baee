// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.ImageRoi;
import ij.gui.Line;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.gui.TextRoi;
import ij.process.FloatPolygon;
import ij.process.ImageProcessor;
import io.github.pointillist.training.Annotated;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Labels from what a user has drawn. Later regions lie on top of earlier ones. A region named "background" or "ignore"
 * (or so followed by a dash or digit, as "ignore-2") says that what it holds is background, or not annotated, in every meaning.
 */
public final class RoiLabels {
    private static final String BACKGROUND = "background";
    private static final String IGNORE = "ignore";
    private static final float MOST_LINE_PX = 1000;
    /** A region may stand over the border of its image, but not so that it must be another's. */
    private static final int MOST_SIDES = 4;

    private static final int FREE_SIDE_PX = 1000;

    private RoiLabels() {}

    /** What a region stands for. */
    public enum Meaning {
        /** Every region, and every point, is an object. */
        OBJECTS,
        /** The class is the region's name up to the first dash or digit: "gland-3" and "gland12" are of the class "gland". */
        NAMES,
        /** The class is the region's group, as the ROI Manager shows it by colour. */
        GROUPS
    }

    /**
     * How regions are read.
     *
     * @param meaning what a region stands for
     * @param restIsBackground whether what lies in no region is background; else it is not annotated
     * @param linePx width of lines, and diameter of points, that have no width of their own; 1 to 1000
     */
    public record Options(Meaning meaning, boolean restIsBackground, double linePx) {
        /** Objects on background; lines and points of 3 pixels. */
        public static final Options OBJECTS = new Options(Meaning.OBJECTS, true, 3);

        /** Checks the range. */
        public Options {
            if (meaning == null || !(linePx >= 1 && linePx <= MOST_LINE_PX)) {
                throw new IllegalArgumentException("regions stand for " + meaning + ", lines are " + linePx
                        + " pixels wide; give a meaning, and a width of 1 to " + (int) MOST_LINE_PX);
            }
        }
    }

    /**
     * The classes that regions name: "background" first if there is any, the others by name or number of group. All
     * images of a training share one such list.
     *
     * @param rois of all images
     * @return one name a class; of objects "background" and "object"
     * @throws IllegalArgumentException if a region has no class in its name, or no group
     */
    public static List<String> classes(List<Roi> rois, Options options) {
        if (options.meaning == Meaning.OBJECTS) {
            return List.of(BACKGROUND, "object");
        }
        boolean background = options.restIsBackground;
        TreeSet<String> names = new TreeSet<>();
        TreeMap<Integer, String> groups = new TreeMap<>();
        for (Roi roi : rois) {
            String prefix = prefix(roi);
            background |= prefix.equals(BACKGROUND);
            if (!isSpecial(prefix)) {
                names.add(className(roi, options));
                groups.put(roi.getGroup(), className(roi, options));
            }
        }
        List<String> classes = new ArrayList<>();
        if (background) {
            classes.add(BACKGROUND);
        }
        classes.addAll(options.meaning == Meaning.NAMES ? names : groups.values());
        return classes;
    }

    private static String className(Roi roi, Options options) {
        if (options.meaning == Meaning.GROUPS) {
            if (roi.getGroup() < 1) {
                throw new IllegalArgumentException("the region " + title(roi)
                        + " is in no group; give it one (Properties... in the ROI Manager), or choose classes by name");
            }
            String name = Roi.getGroupName(roi.getGroup());
            return name == null || name.isBlank() ? "group " + roi.getGroup() : name;
        }
        String prefix = prefix(roi);
        if (prefix.isEmpty()) {
            throw new IllegalArgumentException("the region " + title(roi)
                    + " has no class in its name; rename it in the ROI Manager to the class and a number, as gland-1");
        }
        return prefix;
    }

    private static boolean isSpecial(String prefix) {
        return prefix.equals(BACKGROUND) || prefix.equals(IGNORE);
    }

    private static String title(Roi roi) {
        return roi.getName() == null ? "without a name" : roi.getName().replaceAll("\\p{Cntrl}", "?");
    }

    private static String prefix(Roi roi) {
        String name = roi.getName() == null ? "" : roi.getName();
        return name.split("[-0-9]", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    /** Those that lie on a plane: on it, or on all planes of its stack. */
    public static List<Roi> onPlane(List<Roi> rois, ImagePlus image, int slice, int frame) {
        List<Roi> found = new ArrayList<>();
        for (Roi roi : rois) {
            int z = roi.getZPosition();
            int t = roi.getTPosition();
            if (!roi.hasHyperStackPosition() && roi.getPosition() > 0 && image.getStackSize() > 1) {
                int[] position = image.convertIndexToPosition(roi.getPosition());
                z = position[1];
                t = position[2];
            }
            if ((z == 0 || z == slice) && (t == 0 || t == frame)) {
                found.add(roi);
            }
        }
        return found;
    }

    /**
     * Draws regions.
     *
     * @param rois at least one
     * @param classes of {@link #classes} of these regions and others
     * @return labels, row-major: objects 1 to n, or indices into {@code classes}; {@link Annotated#IGNORE}
     * @throws IllegalArgumentException if a region lies outside the image, is text or a picture, or has no class
     */
    public static int[] draw(List<Roi> rois, int width, int height, Options options, List<String> classes) {
        if (rois.isEmpty()) {
            throw new IllegalArgumentException(
                    "no region is drawn; draw objects or classes and add them to the ROI" + " Manager or the overlay");
        }
        int[] labels = new int[width * height];
        Arrays.fill(labels, options.restIsBackground ? 0 : Annotated.IGNORE);
        int objects = 0;
        for (Roi roi : rois) {
            String prefix = prefix(roi);
            boolean special = isSpecial(prefix);
            Brush brush = new Brush(labels, width, height);
            brush.label = special ? (prefix.equals(IGNORE) ? Annotated.IGNORE : 0) : objects + 1;
            if (!special && options.meaning != Meaning.OBJECTS) {
                String name = className(roi, options);
                brush.label = classes.indexOf(name);
                if (brush.label < 0) {
                    throw new IllegalArgumentException("the region " + title(roi) + " is of the class " + name
                            + "; known are " + String.join(", ", classes));
                }
            }
            brush.counts = !special && options.meaning == Meaning.OBJECTS;
            brush.draw(roi, options.linePx);
            if (!brush.drawn) {
                throw new IllegalArgumentException("the region " + title(roi) + " lies outside the image of " + width
                        + " x " + height + " pixels; remove it, or check that it belongs to this image");
            }
            if (brush.counts) {
                objects = Math.max(objects, brush.label - 1);
            }
        }
        return options.meaning == Meaning.OBJECTS ? withoutGaps(labels, objects) : labels;
    }

    /** Objects that lie wholly under later ones are gone. */
    private static int[] withoutGaps(int[] labels, int objects) {
        int[] names = new int[objects + 1];
        for (int label : labels) {
            if (label > 0) {
                names[label] = 1;
            }
        }
        for (int k = 1; k < names.length; k++) {
            names[k] += names[k - 1];
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = labels[i] > 0 ? names[labels[i]] : labels[i];
        }
        return labels;
    }

    /** Writes a label into the pixels of a region. */
    private static final class Brush {
        private final int[] labels;
        private final int width;
        private final int height;
        private int label;
        private boolean counts; // whether each mark is an object of its own
        private boolean drawn;

        Brush(int[] labels, int width, int height) {
            this.labels = labels;
            this.width = width;
            this.height = height;
        }

        void draw(Roi roi, double linePx) {
            if (roi instanceof TextRoi || roi instanceof ImageRoi) {
                throw new IllegalArgumentException("the region " + title(roi)
                        + " is text or a picture; allowed are areas, lines and points; remove it");
            }
            if (roi.getStrokeWidth() > MOST_LINE_PX) {
                throw new IllegalArgumentException("the region " + title(roi) + " has lines of " + roi.getStrokeWidth()
                        + " pixels; allowed are up to " + (int) MOST_LINE_PX);
            }
            double size = roi.getStrokeWidth() > 1 ? roi.getStrokeWidth() : linePx;
            if (roi instanceof PointRoi) {
                FloatPolygon points = roi.getFloatPolygon();
                for (int k = 0; k < points.npoints; k++) {
                    double x = Math.floor(points.xpoints[k]);
                    double y = Math.floor(points.ypoints[k]);
                    segment(x, y, x, y, linePx);
                    nextObject();
                }
            } else if (roi instanceof Line line) {
                segment(line.x1d, line.y1d, line.x2d, line.y2d, size);
                nextObject();
            } else if (roi.isLine()) {
                FloatPolygon path = roi.getFloatPolygon();
                for (int k = 0; k + 1 < path.npoints; k++) {
                    segment(path.xpoints[k], path.ypoints[k], path.xpoints[k + 1], path.ypoints[k + 1], size);
                }
                nextObject();
            } else {
                area(roi);
                nextObject();
            }
        }

        private void nextObject() {
            label += counts ? 1 : 0;
        }

        private void area(Roi roi) {
            Rectangle bounds = roi.getBounds();
            // Before ImageJ makes a mask of that size.
            if (bounds.width > (long) MOST_SIDES * width + FREE_SIDE_PX
                    || bounds.height > (long) MOST_SIDES * height + FREE_SIDE_PX) {
                throw new IllegalArgumentException("the region " + title(roi) + " spans " + bounds.width + " x "
                        + bounds.height + " pixels, the image " + width + " x " + height
                        + "; remove it, or check that it belongs to this image");
            }
            if (!bounds.intersects(0, 0, width, height)) {
                return;
            }
            ImageProcessor mask = roi.getMask();
            long bottom = Math.min(height, (long) bounds.y + bounds.height);
            long right = Math.min(width, (long) bounds.x + bounds.width);
            for (int y = Math.max(0, bounds.y); y < bottom; y++) {
                for (int x = Math.max(0, bounds.x); x < right; x++) {
                    if (mask == null || mask.get(x - bounds.x, y - bounds.y) != 0) {
                        set(x, y);
                    }
                }
            }
        }

        /** Pixels whose centres lie within half the size of a line between two pixel centres. */
        private void segment(double x1, double y1, double x2, double y2, double size) {
            double reach = size / 2;
            double dx = x2 - x1;
            double dy = y2 - y1;
            double length = dx * dx + dy * dy;
            int top = (int) Math.max(0, Math.ceil(Math.min(y1, y2) - reach));
            int bottom = (int) Math.min(height - 1, Math.floor(Math.max(y1, y2) + reach));
            int left = (int) Math.max(0, Math.ceil(Math.min(x1, x2) - reach));
            int right = (int) Math.min(width - 1, Math.floor(Math.max(x1, x2) + reach));
            for (int y = top; y <= bottom; y++) {
                // A long line passes few pixels of a row: those near where it comes within reach of the row.
                double from = x1;
                double to = x2;
                if (dy != 0) {
                    double t1 = Math.max(0, Math.min(1, (y - reach - y1) / dy));
                    double t2 = Math.max(0, Math.min(1, (y + reach - y1) / dy));
                    from = x1 + t1 * dx;
                    to = x1 + t2 * dx;
                }
                int first = (int) Math.max(left, Math.floor(Math.min(from, to) - reach));
                int last = (int) Math.min(right, Math.ceil(Math.max(from, to) + reach));
                for (int x = first; x <= last; x++) {
                    double t = length == 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
                    t = Math.max(0, Math.min(1, t));
                    double ex = x - x1 - t * dx;
                    double ey = y - y1 - t * dy;
                    if (ex * ex + ey * ey <= reach * reach) {
                        set(x, y);
                    }
                }
            }
        }

        private void set(int x, int y) {
            labels[y * width + x] = label;
            drawn = true;
        }
    }
}
