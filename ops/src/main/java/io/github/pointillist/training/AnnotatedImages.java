// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.Images;
import io.github.pointillist.image.RasterF;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/** Annotated images from ImgLib2, and setting some aside to validate with. */
public final class AnnotatedImages {
    private static final int LARGEST_LABEL = 1 << 24;
    private static final int SHUFFLES = 32;
    private static final int LEAST_STRIP_PX = 16;
    private static final char PLANE = '#';

    private AnnotatedImages() {}

    /**
     * Takes an image and its labels.
     *
     * @param image (x, y) or (x, y, c) with 1 or 3 channels, any intensities; copied
     * @param labels (x, y) of the same size: whole numbers from -1 to 2^24
     * @param name for messages
     * @throws IllegalArgumentException if the sizes differ, a label is no such number, or nothing is annotated
     */
    public static Annotated of(
            RandomAccessibleInterval<? extends RealType<?>> image,
            RandomAccessibleInterval<? extends RealType<?>> labels,
            String name) {
        RasterF pixels = Images.toRaster(image);
        RasterF values = Images.toRaster(labels);
        if (values.channels() != 1) {
            throw new IllegalArgumentException(name + ": the label image has " + values.channels()
                    + " channels; allowed is one channel of whole numbers");
        }
        if (values.width() != pixels.width() || values.height() != pixels.height()) {
            throw new IllegalArgumentException(name + ": the image has " + pixels.width() + " x " + pixels.height()
                    + " pixels, its labels " + values.width() + " x " + values.height() + "; sizes must be equal");
        }
        int[] whole = new int[values.data().length];
        boolean any = false;
        for (int i = 0; i < whole.length; i++) {
            float value = values.data()[i];
            whole[i] = (int) value;
            if (whole[i] != value || whole[i] < Annotated.IGNORE || whole[i] > LARGEST_LABEL) {
                throw new IllegalArgumentException(name + ": the label image holds the value " + value
                        + "; allowed are whole numbers from -1 (not annotated) and 0 (background) to " + LARGEST_LABEL);
            }
            any |= whole[i] != Annotated.IGNORE;
        }
        if (!any) {
            throw new IllegalArgumentException(name + " has no annotated pixel; leave it out or annotate it");
        }
        return new Annotated(pixels, whole, name);
    }

    /** The name of one plane of a stack, by which {@link #split} keeps the planes of a stack together. */
    public static String planeName(String stack, int plane) {
        return stack + PLANE + plane;
    }

    private static String stack(String name) {
        int at = name.lastIndexOf(PLANE);
        boolean numbered = at > 0
                && at < name.length() - 1
                && name.substring(at + 1).chars().allMatch(c -> c >= '0' && c <= '9');
        return numbered ? name.substring(0, at) : name;
    }

    /**
     * An image, or a part of one.
     *
     * @param image the pixels and labels
     * @param source index of the image in the list given to {@link #split}
     */
    public record Part(Annotated image, int source) {}

    /**
     * Images to train and to validate with, which share no pixel.
     *
     * @param training at least one
     * @param validation at least one
     * @param how one line for reports
     */
    public record Split(List<Part> training, List<Part> validation, String how) {
        /** The images of some parts. */
        public static List<Annotated> images(List<Part> parts) {
            return parts.stream().map(Part::image).toList();
        }

        /** What belongs to the images of some parts, from one value an image of the list that was split. */
        public static double[] values(List<Part> parts, double[] perImage) {
            return parts.stream().mapToDouble(part -> perImage[part.source()]).toArray();
        }
    }

    /**
     * Sets images aside to validate with. Whole images, chosen by the seed, of 32 choices the one that leaves most
     * classes (of objects: images with any) on both sides; planes of one stack stay together. A single image, or the
     * planes of a single stack, is cut in two by a straight line such that the smaller side has the share of what is
     * annotated; of the four borders the one is taken that leaves most classes on both sides, of equal ones the seed's.
     *
     * @param images at least one
     * @param share to validate with, above 0, at most 0.5; at least one image is left on either side
     * @param instances whether labels are objects
     * @param seed of the choice
     * @throws IllegalArgumentException if a single image is too small or too sparsely annotated to be cut
     */
    public static Split split(List<Annotated> images, double share, boolean instances, long seed) {
        if (images.isEmpty()) {
            throw new IllegalArgumentException("no annotated images given; give at least one");
        }
        if (!(share > 0 && share <= 0.5)) {
            throw new IllegalArgumentException(
                    "share of images to validate with is " + share + "; allowed is above 0, at most 0.5");
        }
        Map<String, List<Integer>> stacks = new LinkedHashMap<>();
        for (int i = 0; i < images.size(); i++) {
            stacks.computeIfAbsent(stack(images.get(i).name()), unused -> new ArrayList<>())
                    .add(i);
        }
        Draws draws = Draws.of(seed, 0);
        return stacks.size() == 1
                ? cut(images, share, instances, draws)
                : choose(images, new ArrayList<>(stacks.values()), share, instances, draws);
    }

    /** Which classes an image has; of objects, whether there are any. */
    private static BitSet kinds(Annotated image, boolean instances) {
        BitSet kinds = new BitSet();
        for (int label : image.labels()) {
            if (label >= 0 && !(instances && label == 0)) {
                kinds.set(instances ? 1 : label);
            }
        }
        return kinds;
    }

    private static Split choose(
            List<Annotated> images, List<List<Integer>> stacks, double share, boolean instances, Draws draws) {
        List<BitSet> kinds =
                images.stream().map(image -> kinds(image, instances)).toList();
        int aside = (int) Math.max(1, Math.min(stacks.size() - 1, Math.floor(share * stacks.size() + 0.5)));
        boolean[] best = null;
        int bestScore = -1;
        for (int n = 0; n < SHUFFLES; n++) {
            int[] order = shuffled(stacks.size(), draws);
            boolean[] validates = new boolean[images.size()];
            for (int k = 0; k < aside; k++) {
                stacks.get(order[k]).forEach(i -> validates[i] = true);
            }
            BitSet[] both = {new BitSet(), new BitSet()};
            for (int i = 0; i < validates.length; i++) {
                both[validates[i] ? 1 : 0].or(kinds.get(i));
            }
            // a class that is not trained is worse than one that is not validated
            int score = both[0].cardinality() * (LARGEST_LABEL >> 8) + both[1].cardinality();
            if (score > bestScore) {
                bestScore = score;
                best = validates;
            }
        }
        List<Part> training = new ArrayList<>();
        List<Part> validation = new ArrayList<>();
        for (int i = 0; i < best.length; i++) {
            (best[i] ? validation : training).add(new Part(images.get(i), i));
        }
        String what = stacks.size() == images.size() ? " images" : " stacks or images";
        return new Split(
                List.copyOf(training),
                List.copyOf(validation),
                "trained on " + (stacks.size() - aside) + what + ", validated on " + aside + " others");
    }

    private static int[] shuffled(int count, Draws draws) {
        int[] order = IntStream.range(0, count).toArray();
        for (int i = count - 1; i > 0; i--) {
            int j = draws.below(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    /** Where an image is cut. */
    private enum Border {
        LEFT,
        RIGHT,
        TOP,
        BOTTOM;

        boolean columns() {
            return this == LEFT || this == RIGHT;
        }

        boolean first() {
            return this == LEFT || this == TOP;
        }

        /** The part at this border, {@code strip} wide, or what it leaves. */
        Annotated part(Annotated image, int strip, boolean rest) {
            int length = columns() ? image.width() : image.height();
            int size = rest ? length - strip : strip;
            int from = first() != rest ? 0 : length - size;
            String name = image.name() + (columns() ? " columns " : " rows ") + from + " to " + (from + size - 1);
            return columns()
                    ? image.crop(from, 0, size, image.height(), name)
                    : image.crop(0, from, image.width(), size, name);
        }
    }

    private static Split cut(List<Annotated> images, double share, boolean instances, Draws draws) {
        Annotated first = images.get(0);
        for (Annotated image : images) {
            if (image.width() != first.width() || image.height() != first.height()) {
                throw new IllegalArgumentException(image.name() + " has another size than " + first.name()
                        + "; the planes of a stack have one size");
            }
        }
        Border best = null;
        int bestStrip = 0;
        int bestScore = 0;
        int[] order = shuffled(4, draws);
        for (int k : order) {
            Border border = Border.values()[k];
            int strip = strip(images, border, share, instances);
            int length = border.columns() ? first.width() : first.height();
            if (strip < LEAST_STRIP_PX || length - strip < LEAST_STRIP_PX) {
                continue;
            }
            BitSet[] both = {new BitSet(), new BitSet()};
            for (Annotated image : images) {
                both[0].or(kinds(border.part(image, strip, true), instances));
                both[1].or(kinds(border.part(image, strip, false), instances));
            }
            int score = both[0].isEmpty() || both[1].isEmpty()
                    ? 0
                    : both[0].cardinality() * (LARGEST_LABEL >> 8) + both[1].cardinality();
            if (score > bestScore) {
                bestScore = score;
                best = border;
                bestStrip = strip;
            }
        }
        if (best == null) {
            throw new IllegalArgumentException(first.name() + " of " + first.width() + " x " + first.height()
                    + " pixels cannot be cut into a part to train and one to validate with, each of "
                    + LEAST_STRIP_PX + " pixels with annotation; annotate more of it, or a second image");
        }
        List<Part> training = new ArrayList<>();
        List<Part> validation = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            // a plane of a stack may be annotated on one side alone
            Annotated rest = best.part(images.get(i), bestStrip, true);
            Annotated strip = best.part(images.get(i), bestStrip, false);
            if (!kinds(rest, false).isEmpty()) {
                training.add(new Part(rest, i));
            }
            if (!kinds(strip, false).isEmpty()) {
                validation.add(new Part(strip, i));
            }
        }
        String side = best.columns() ? " columns" : " rows";
        String where = best.first() ? "first " : "last ";
        return new Split(
                List.copyOf(training),
                List.copyOf(validation),
                "one image given: validated on its " + where + bestStrip + side + ", trained on the rest; figures on"
                        + " another image will differ more");
    }

    /** How wide a strip at a border holds the share of what is annotated (of objects where there are any). */
    private static int strip(List<Annotated> images, Border border, double share, boolean instances) {
        Annotated first = images.get(0);
        int length = border.columns() ? first.width() : first.height();
        long[] objects = new long[length];
        long[] all = new long[length];
        for (Annotated image : images) {
            for (int y = 0, i = 0; y < image.height(); y++) {
                for (int x = 0; x < image.width(); x++, i++) {
                    int line = border.columns() ? x : y;
                    line = border.first() ? line : length - 1 - line;
                    all[line] += image.labels()[i] >= 0 ? 1 : 0;
                    objects[line] += image.labels()[i] > 0 ? 1 : 0;
                }
            }
        }
        long[] counts = instances && IntStream.range(0, length).anyMatch(i -> objects[i] > 0) ? objects : all;
        double wanted =
                share * IntStream.range(0, length).mapToLong(i -> counts[i]).sum();
        long sum = 0;
        int strip = 0;
        while (strip < length && sum < wanted) {
            sum += counts[strip++];
        }
        return Math.max(LEAST_STRIP_PX, strip);
    }
}
