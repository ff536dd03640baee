// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.measure.Calibration;
import ij.process.ImageProcessor;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.training.Annotated;
import io.github.pointillist.training.AnnotatedImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.view.Views;

/**
 * Images and their annotations: two folders of files, or open images, as examples to train on. A stack gives one example a
 * plane.
 */
public final class TrainingPairs {
    private static final int LISTED = 8;

    private TrainingPairs() {}

    /**
     * An image and its annotation.
     *
     * @param labels a label image, or regions as .roi or .zip
     */
    public record Pair(Path image, Path labels) {
        /** Whether the annotation is regions. */
        boolean hasRegions() {
            return isRegions(labels);
        }
    }

    /**
     * What two folders hold.
     *
     * @param pairs in the order of the images' names, at least one
     * @param leftOut one line about files without a partner; empty if there are none
     */
    public record Found(List<Pair> pairs, String leftOut) {}

    /**
     * Examples.
     *
     * @param images raw intensities with labels
     * @param calibrations of the image that each comes from
     * @param classes names, where regions have named them; else empty
     * @param notes what a user must know of how the files were read, one line each
     */
    public record Examples(
            List<Annotated> images, List<Calibration> calibrations, List<String> classes, List<String> notes) {
        /** Without notes. */
        public Examples(List<Annotated> images, List<Calibration> calibrations, List<String> classes) {
            this(images, calibrations, classes, List.of());
        }
    }

    /**
     * Pairs the files of two folders, which may be the same. A label file is called as its image, or as its image followed
     * by an ending of {@link LabelNames} such as _labels, _mask, _cp_masks, _rois or _classes; its extension does not matter;
     * .roi and .zip files hold regions. In a single folder, label images need such an ending. Of objects and classes of one
     * image (as simulated tissue has both) those that are wanted are taken.
     *
     * @param kind what is wanted, null where it is not known
     * @throws IOException if a folder cannot be read, no file has a partner, or a file has several
     */
    public static Found find(Path images, Path labels, Kind kind) throws IOException {
        return find(images, labels, kind, false, null);
    }

    /**
     * The same, also of the folders in folders, which are to have the same names.
     *
     * @param pattern of the images, as {@link ImageFolder#search} takes it; null for all
     */
    public static Found find(Path images, Path labels, Kind kind, boolean recursive, String pattern)
            throws IOException {
        boolean one = Files.isSameFile(folder(images), folder(labels));
        List<Path> listed = ImageFolder.search(images, recursive, null).all();
        Set<Path> others = one ? besideTheirImages(listed) : Set.of();
        Map<String, List<Path>> byStem = new TreeMap<>();
        for (Path image : ImageFolder.search(images, recursive, pattern).all()) {
            if (!others.contains(image)) {
                byStem.computeIfAbsent(key(images, image), unused -> new ArrayList<>())
                        .add(image);
            }
        }
        if (byStem.isEmpty() && pattern != null) {
            throw new IOException("no image of " + images + " fits --pattern '" + pattern + "'");
        }
        Map<String, List<Path>> labelsByStem = new LinkedHashMap<>();
        Set<Path> leftOut = new LinkedHashSet<>();
        List<Path> labelFiles = new ArrayList<>(
                one ? others : ImageFolder.search(labels, recursive, null).all());
        labelFiles.addAll(ImageFolder.search(labels, recursive, null, TrainingPairs::isRegions)
                .all());
        for (Path file : labelFiles) {
            String own = key(labels, file);
            String place = ImageFolder.between(labels, file);
            boolean same = byStem.containsKey(own) && (!one || isRegions(file));
            String stem = same
                    ? own
                    : LabelNames.images(stem(file)).stream()
                            .map(image -> place + image)
                            .filter(byStem::containsKey)
                            .findFirst()
                            .orElse(null);
            if (stem != null && LabelNames.ofPicture(stem(file)) == null) {
                labelsByStem.computeIfAbsent(stem, unused -> new ArrayList<>()).add(file);
            } else if (pattern == null) {
                leftOut.add(file);
            }
        }
        List<Pair> pairs = new ArrayList<>();
        for (Map.Entry<String, List<Path>> entry : byStem.entrySet()) {
            List<Path> own = wanted(labelsByStem.getOrDefault(entry.getKey(), List.of()), kind, leftOut);
            if (own.isEmpty()) {
                leftOut.addAll(entry.getValue());
            } else if (own.size() > 1 || entry.getValue().size() > 1) {
                throw new IOException("it is not clear what belongs together: " + names(entry.getValue()) + " and "
                        + names(own) + "; leave one image and one label file of a name"
                        + (kind == null ? ", or say whether objects or classes are meant (kind)" : ""));
            } else {
                pairs.add(new Pair(entry.getValue().get(0), own.get(0)));
            }
        }
        String line = leftOut.isEmpty()
                ? ""
                : leftOut.size() + (leftOut.size() == 1 ? " file" : " files") + " without a partner left out: "
                        + names(List.copyOf(leftOut));
        if (pairs.isEmpty()) {
            throw new IOException("no image of " + images + " has a label file in " + labels
                    + "; label files are called as the image, or as the image followed by _labels, _mask or _rois"
                    + (line.isEmpty() ? "" : " (" + line + ")"));
        }
        return new Found(List.copyOf(pairs), line);
    }

    /** Of objects and classes of one image those that are meant, where that is known. */
    private static List<Path> wanted(List<Path> labels, Kind kind, Set<Path> leftOut) {
        if (labels.size() < 2 || kind == null) {
            return labels;
        }
        Map<Boolean, List<Path>> byMeaning =
                labels.stream().collect(Collectors.partitioningBy(file -> LabelNames.ofClasses(stem(file)) != null));
        boolean classes = kind == Kind.SEMANTIC;
        if (byMeaning.get(classes).isEmpty()) {
            return labels;
        }
        leftOut.addAll(byMeaning.get(!classes));
        return byMeaning.get(classes);
    }

    private static Path folder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            throw new IOException(path + " is no folder; give a folder of images and a folder of their labels");
        }
        return path;
    }

    /** Those that are what some program made of an image of the same folder. */
    private static Set<Path> besideTheirImages(List<Path> images) {
        Map<Path, List<Path>> byFolder = images.stream().collect(Collectors.groupingBy(Path::getParent));
        return byFolder.values().stream()
                .flatMap(own -> LabelNames.besideTheirImages(own).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String key(Path folder, Path file) {
        return ImageFolder.between(folder, file) + stem(file);
    }

    private static boolean isRegions(Path file) {
        String extension = ImageFiles.extension(file);
        return extension.equals("roi") || extension.equals("zip");
    }

    private static String names(List<Path> files) {
        String names = files.stream()
                .limit(LISTED)
                .map(file -> file.getFileName().toString())
                .collect(Collectors.joining(", "));
        return files.size() > LISTED ? names + " and " + (files.size() - LISTED) + " more" : names;
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? name : name.substring(0, dot);
    }

    /**
     * Reads pairs.
     *
     * @param channel of images with several that are not in colour, from 1; 0 if there are none
     * @param options how regions are read
     * @throws IOException with one line that names the file and says what is wrong with it
     */
    public static Examples read(List<Pair> pairs, int channel, RoiLabels.Options options) throws IOException {
        Map<Path, List<Roi>> regions = new LinkedHashMap<>();
        for (Pair pair : pairs) {
            if (isRegions(pair.labels)) {
                regions.put(pair.labels, Regions.read(pair.labels));
            }
        }
        boolean mixed = !regions.isEmpty() && regions.size() < pairs.size();
        if (mixed && options.meaning() != RoiLabels.Meaning.OBJECTS) {
            throw new IOException("some images have label images and some regions with classes; give one kind for all");
        }
        List<Roi> all = regions.values().stream().flatMap(List::stream).toList();
        List<String> classes = regions.isEmpty() ? List.of() : RoiLabels.classes(all, options);
        List<Annotated> images = new ArrayList<>();
        List<Calibration> calibrations = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (Pair pair : pairs) {
            Path bad = pair.image;
            try {
                ImagePlus image = open(pair.image, notes);
                bad = pair.labels;
                Examples own = isRegions(pair.labels)
                        ? of(image, regions.get(pair.labels), channel, options, classes)
                        : of(image, open(pair.labels, notes), channel);
                images.addAll(own.images);
                calibrations.addAll(own.calibrations);
            } catch (IOException | IllegalArgumentException e) {
                throw new IOException(bad + ": " + e.getMessage(), e);
            }
        }
        return new Examples(List.copyOf(images), List.copyOf(calibrations), classes, List.copyOf(notes));
    }

    private static ImagePlus open(Path file, List<String> notes) throws IOException {
        ImagePlus image = ImageFiles.open(file);
        ImageFiles.notes(image).forEach(note -> notes.add(file.getFileName() + ": " + note));
        return image;
    }

    /**
     * An image and regions on it. Planes of a stack without a region are left out.
     *
     * @param channel of an image with several that is not in colour, from 1; 0 if it has one
     * @throws IllegalArgumentException if there is no region, or a region cannot be drawn
     */
    public static Examples of(ImagePlus image, List<Roi> rois, int channel, RoiLabels.Options options) {
        return of(image, rois, channel, options, RoiLabels.classes(rois, options));
    }

    private static Examples of(
            ImagePlus image, List<Roi> rois, int channel, RoiLabels.Options options, List<String> classes) {
        return each(image, channel, classes, (slice, frame) -> {
            List<Roi> own = RoiLabels.onPlane(rois, image, slice, frame);
            if (own.isEmpty() && image.getNSlices() * image.getNFrames() > 1) {
                return null;
            }
            int[] drawn = RoiLabels.draw(own, image.getWidth(), image.getHeight(), options, classes);
            return ArrayImgs.ints(drawn, image.getWidth(), image.getHeight());
        });
    }

    /**
     * An image and a label image.
     *
     * @param channel of an image with several that is not in colour, from 1; 0 if it has one
     * @throws IllegalArgumentException if the sizes or the numbers of planes differ, or labels are no whole numbers
     */
    public static Examples of(ImagePlus image, ImagePlus labels, int channel) {
        if (labels.getType() == ImagePlus.COLOR_RGB || labels.getNChannels() > 1) {
            throw new IllegalArgumentException(labels.getTitle()
                    + " is in colour or has several channels; label images are 8, 16 or 32-bit with one channel");
        }
        if (labels.getStackSize() != image.getNSlices() * image.getNFrames()) {
            throw new IllegalArgumentException(labels.getTitle() + " has " + labels.getStackSize() + " planes, "
                    + image.getTitle() + " has " + image.getNSlices() * image.getNFrames()
                    + "; give a label plane for every plane");
        }
        return each(image, channel, List.of(), (slice, frame) -> {
            // ImageJ holds signed numbers with 32768 added.
            float zero = labels.getBitDepth() == 16 && labels.getCalibration().isSigned16Bit() ? 32768 : 0;
            ImageProcessor plane = labels.getStack().getProcessor((frame - 1) * image.getNSlices() + slice);
            float[] values = new float[plane.getPixelCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = plane.getf(i) - zero;
            }
            return ArrayImgs.floats(values, plane.getWidth(), plane.getHeight());
        });
    }

    /** The labels of a plane, (x, y); null for a plane that is left out. */
    private interface PlaneLabels {
        RandomAccessibleInterval<? extends RealType<?>> of(int slice, int frame);
    }

    private static Examples each(ImagePlus image, int channel, List<String> classes, PlaneLabels labels) {
        Planes planes = new Planes(image);
        int count = planes.channelNames().size();
        if (!planes.rgb() && (channel < 0 || channel > count || (channel == 0 && count > 1))) {
            throw new IllegalArgumentException(image.getTitle() + " has " + count + " channels, channel "
                    + (channel == 0 ? "none" : channel) + " is chosen; choose one from 1 to " + count);
        }
        List<Annotated> images = new ArrayList<>();
        List<Calibration> calibrations = new ArrayList<>();
        boolean stack = image.getNSlices() * image.getNFrames() > 1;
        String name = ClusterMapRun.stem(image.getTitle());
        for (int frame = 1, n = 1; frame <= image.getNFrames(); frame++) {
            for (int slice = 1; slice <= image.getNSlices(); slice++, n++) {
                RandomAccessibleInterval<? extends RealType<?>> truth = labels.of(slice, frame);
                if (truth == null) {
                    continue;
                }
                RandomAccessibleInterval<? extends RealType<?>> pixels =
                        planes.read(slice, frame).pixels();
                if (!planes.rgb()) {
                    pixels = Views.hyperSlice(pixels, 2, Math.max(1, channel) - 1);
                }
                images.add(AnnotatedImages.of(pixels, truth, stack ? AnnotatedImages.planeName(name, n) : name));
                calibrations.add(image.getCalibration());
            }
        }
        return new Examples(List.copyOf(images), List.copyOf(calibrations), classes);
    }
}
