// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.process.ImageProcessor;
import io.github.pointillist.plugins.results.ClassifyOptions.Each;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Classify;
import io.github.pointillist.tasks.Classify.Classified;
import io.github.pointillist.tasks.Classify.Region;
import io.github.pointillist.tasks.Classify.Result;
import io.github.pointillist.tasks.MapClusters.ModelNote;
import java.awt.Rectangle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Classifies ImageJ images: the one path that command line, menu command and macro share. The model is loaded once for
 * all images.
 */
public final class ClassifyRun implements AutoCloseable {
    private static final int SUMMARY_REGIONS = 20;
    private static final int SUMMARY_CLASSES = 5;

    private final ClassifyOptions options;
    private final Classify task;

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model is no classifier
     * @throws IOException if there is no such model, or it cannot be read
     */
    public ClassifyRun(ClassifyOptions options) throws IOException {
        this.options = options;
        this.task = Classify.open(options.settings());
    }

    /** What was found in the model's file. */
    public ModelNote modelNote() {
        return task.modelNote();
    }

    /**
     * Classifies every plane of an image, one at a time. The image is not changed.
     *
     * @param rois for ROI: the regions; those with a position belong to one plane, the others to all
     * @param labels for OBJECT: one plane for all of the image's, or as many; else null
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if image, regions or labels do not fit
     */
    public ClassifyResult classify(ImagePlus image, List<Roi> rois, ImagePlus labels, Progress progress) {
        Planes planes = new Planes(image, options.choice(), Planes.Use.COLOUR);
        Area area = planes.area();
        check(image, rois, labels);
        int count = planes.slices() * planes.frames();
        ClassTable table = new ClassTable();
        List<String> summary = new ArrayList<>();
        List<String> notes = new ArrayList<>(planes.notes());
        LabelStack maps = options.each() == Each.WINDOW ? new LabelStack(planes.width(), planes.height(), count) : null;
        int regions = 0;
        long nanos = 0;
        for (int frame = 1, n = 0; frame <= planes.frames(); frame++) {
            for (int slice = 1; slice <= planes.slices(); slice++, n++) {
                progress.check();
                List<Region> wanted = regions(image, area, rois, labels, slice, frame);
                Planes.Plane plane = planes.read(slice, frame);
                long start = System.nanoTime();
                Result result = task.classify(plane.pixels(), wanted, new PartOfProgress(progress, n, count));
                nanos += System.nanoTime() - start;
                for (Classified seen : result.regions()) {
                    Classified one = placed(seen, area);
                    table.add(one, slice, frame);
                    if (regions < SUMMARY_REGIONS) {
                        summary.add(where(planes, slice, frame) + line(one));
                    }
                    regions++;
                }
                if (n == 0) {
                    notes.addAll(result.notes());
                }
                if (maps != null) {
                    int[] classes = area == null
                            ? task.classMap(result, planes.width(), planes.height())
                            : area.place(
                                    task.classMap(result, area.width(), area.height()),
                                    planes.width(),
                                    planes.height());
                    maps.add("classes", classes, task.card().classes());
                }
            }
        }
        progress.report(1, 1, "done");
        if (regions > SUMMARY_REGIONS) {
            summary.add("... and " + (regions - SUMMARY_REGIONS) + " more, all of them in the table");
        }
        String title = ClusterMapRun.stem(image.getTitle()) + "_classmap";
        ImagePlus classMap = maps == null ? null : maps.toImage(title, image, List.of("classes"));
        return new ClassifyResult(table, classMap, summary, notes, regions, nanos / 1_000_000);
    }

    private void check(ImagePlus image, List<Roi> rois, ImagePlus labels) {
        if (options.each() == Each.ROI && rois.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no region of interest; draw one, fill the ROI Manager, or give a file of ROIs");
        }
        if (options.each() == Each.OBJECT) {
            if (labels == null) {
                throw new IllegalArgumentException("there is no label image; give one (objects are labels above 0)");
            }
            if (labels.getWidth() != image.getWidth() || labels.getHeight() != image.getHeight()) {
                throw new IllegalArgumentException("the label image is " + labels.getWidth() + " x "
                        + labels.getHeight() + " pixels, the image " + image.getWidth() + " x " + image.getHeight()
                        + "; they must be equal");
            }
            int planes = image.getNSlices() * image.getNFrames();
            if (labels.getStackSize() != 1 && labels.getStackSize() != planes) {
                throw new IllegalArgumentException("the label image has " + labels.getStackSize()
                        + " planes, the image " + planes + "; allowed are 1 or as many");
            }
            if (labels.getType() == ImagePlus.COLOR_RGB) {
                throw new IllegalArgumentException("the label image is in colour; allowed are 8, 16 or 32-bit labels");
            }
        }
    }

    /** A region of what was seen at its place in the image. */
    private static Classified placed(Classified one, Area area) {
        if (area == null) {
            return one;
        }
        Region seen = one.region();
        Region region = new Region(
                seen.name(),
                seen.left() + area.bounds().x,
                seen.top() + area.bounds().y,
                seen.width(),
                seen.height(),
                seen.mask());
        return new Classified(region, one.scores(), one.all());
    }

    /** Where in what is seen. */
    private List<Region> regions(ImagePlus image, Area area, List<Roi> rois, ImagePlus labels, int slice, int frame) {
        int width = area == null ? image.getWidth() : area.width();
        int height = area == null ? image.getHeight() : area.height();
        switch (options.each()) {
            case ROI:
                List<Region> regions = new ArrayList<>();
                for (int i = 0; i < rois.size(); i++) {
                    if (isOn(rois.get(i), image, slice, frame)) {
                        regions.add(region(rois.get(i), i));
                    }
                }
                return regions;
            case OBJECT:
                int plane = labels.getStackSize() == 1 ? 1 : (frame - 1) * image.getNSlices() + slice;
                ImageProcessor all = labels.getStack().getProcessor(plane);
                int[] objects = labels(area == null ? all : area.crop(all));
                if (area != null) {
                    area.clear(objects);
                }
                return Region.objects(objects, width, height, options.marginPx());
            case WINDOW:
                int window = options.windowPx() > 0 ? options.windowPx() : task.usualWindowPx();
                int step = options.stepPx() > 0 ? options.stepPx() : window;
                return Region.windows(width, height, window, step);
            default:
                return List.of(Region.whole(width, height));
        }
    }

    private static boolean isOn(Roi roi, ImagePlus image, int slice, int frame) {
        if (roi.hasHyperStackPosition()) {
            return (roi.getZPosition() == 0 || roi.getZPosition() == slice)
                    && (roi.getTPosition() == 0 || roi.getTPosition() == frame);
        }
        int position = roi.getPosition();
        if (position <= 0 || position > image.getStackSize()) {
            return true;
        }
        int[] at = image.convertIndexToPosition(position);
        return at[1] == slice && at[2] == frame;
    }

    private Region region(Roi roi, int index) {
        String name = roi.getName() == null ? "roi " + (index + 1) : roi.getName();
        if (!roi.isArea()) {
            throw new IllegalArgumentException(
                    "region " + name + " is a " + roi.getTypeAsString().toLowerCase(Locale.ROOT)
                            + " without area; allowed are rectangles, ovals, polygons and the like");
        }
        Rectangle box = roi.getBounds();
        ImageProcessor inside = roi.getMask();
        int margin = options.marginPx();
        int width = box.width + 2 * margin;
        int height = box.height + 2 * margin;
        boolean[] mask = new boolean[width * height];
        for (int y = 0; y < box.height; y++) {
            for (int x = 0; x < box.width; x++) {
                mask[(y + margin) * width + x + margin] = inside == null || inside.get(x, y) != 0;
            }
        }
        return new Region(name, box.x - margin, box.y - margin, width, height, mask);
    }

    private static int[] labels(ImageProcessor plane) {
        int[] labels = new int[plane.getPixelCount()];
        for (int i = 0; i < labels.length; i++) {
            float value = plane.getf(i);
            labels[i] = (int) value;
            if (labels[i] != value) {
                throw new IllegalArgumentException(
                        "the label image holds the value " + value + "; allowed are whole numbers");
            }
        }
        return labels;
    }

    private static String where(Planes planes, int slice, int frame) {
        return (planes.slices() > 1 ? "slice " + slice + ", " : "")
                + (planes.frames() > 1 ? "frame " + frame + ", " : "");
    }

    private static String line(Classified one) {
        String classes = one.scores().stream()
                .limit(SUMMARY_CLASSES)
                .map(score -> String.format(Locale.ROOT, "%s %.4f", score.name(), score.score()))
                .collect(Collectors.joining("; "));
        return one.region().name() + ": " + (classes.isEmpty() ? "no class above the threshold" : classes);
    }

    @Override
    public void close() {
        task.close();
    }
}
