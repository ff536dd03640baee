// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Patches of a fixed size from annotated images, varied by an {@link Augmentation}.
 *
 * <p>Every other patch lies anywhere: of the images one is drawn with a probability that grows with the square root of its area,
 * and in it a place, tried again up to 8 times while it holds no annotation. The others lie around annotation: around an
 * object drawn from all objects of an image; or, for classes, around a pixel of a class, each class as often, so that rare
 * ones are seen.
 *
 * <p>Image and labels are warped together, the image by bilinear interpolation (with antialiasing where it shrinks), labels by
 * the nearest. Intensities are stretched by the percentiles of the whole image, as at inference, varied, and kept within 0 to
 * 255. Without augmentation and at scale 1 a patch is a part of the stretched image to the bit.
 *
 * <p>Outside the image its mirror image goes on. The mirror image of an object is an object of its own; of one that touches the
 * border, where nobody can tell whether it and its mirror image look like one object or two, it is not annotated. Objects are
 * numbered from 1 and are one connected part each: the parts of an object that is cut are objects of their own, but
 * parts of less than a tenth of the largest, and of less than 4 pixels of objects that have twice that, are not annotated.
 *
 * <p>Holds the images and, where they are shrunk by 2 or more, a third of their size besides. Thread-safe.
 */
public final class AnnotatedSource implements ExampleSource {
    private static final int TRIES = 8;
    private static final int PLACE = 0;
    private static final int WARP = 1;
    private static final int LOOKS = 2;
    private static final int CUTOUT = 3;

    /**
     * How patches are drawn.
     *
     * @param patchPx side in pixels of the model, 8 to 8192
     * @param lowPercent percentile of the image that becomes 0, as at inference
     * @param highPercent percentile of the image that becomes 255
     * @param instances whether labels are objects rather than classes
     * @param augmentation how they are varied
     */
    public record Drawing(
            int patchPx, double lowPercent, double highPercent, boolean instances, Augmentation augmentation) {
        /** Checks the ranges. */
        public Drawing {
            if (patchPx < 8 || patchPx > 8192) {
                throw new IllegalArgumentException(
                        "patches of " + patchPx + " pixels asked for; allowed are 8 to 8192");
            }
            if (!(lowPercent >= 0 && lowPercent <= highPercent && highPercent <= 100)) {
                throw new IllegalArgumentException("percentiles are " + lowPercent + " and " + highPercent
                        + "; allowed are 0 to 100, the first at most the second");
            }
            if (augmentation == null) {
                throw new IllegalArgumentException("no augmentation given; allowed is Augmentation.NONE");
            }
        }
    }

    private final List<SourceImage> images = new ArrayList<>();
    private final Drawing drawing;
    private final long seed;
    private final double[] imageWeights;
    private final int kinds;
    private final double[] kindWeights;

    /** Draws with the percentiles 1 and 99.8. */
    public AnnotatedSource(
            List<Annotated> images,
            double[] scalePerImage,
            int patchPx,
            Augmentation augmentation,
            boolean instances,
            long seed) {
        this(images, scalePerImage, new Drawing(patchPx, 1, 99.8, instances, augmentation), seed);
    }

    /**
     * Draws.
     *
     * @param images raw intensities, at least one, all of the same number of channels
     * @param scalePerImage model pixels per image pixel, one an image; 1/64 to 64
     * @param drawing how
     * @param seed of all that is random
     * @throws IllegalArgumentException if the numbers of images and scales or the channels differ, or an image has no
     *     annotated pixel
     */
    public AnnotatedSource(List<Annotated> images, double[] scalePerImage, Drawing drawing, long seed) {
        if (images.isEmpty() || images.size() != scalePerImage.length) {
            throw new IllegalArgumentException(images.size() + " annotated images with " + scalePerImage.length
                    + " scales given; give at least one image, and one scale an image");
        }
        this.drawing = drawing;
        this.seed = seed;
        imageWeights = new double[scalePerImage.length];
        int most = 0;
        for (int i = 0; i < imageWeights.length; i++) {
            Annotated image = images.get(i);
            double scale = scalePerImage[i];
            if (!(scale >= 1.0 / 64 && scale <= 64)) {
                throw new IllegalArgumentException(image.name() + " is to be scaled by " + scale
                        + "; allowed is 1/64 to 64; check its pixel size or the object diameter");
            }
            if (image.image().channels() != images.get(0).image().channels()) {
                throw new IllegalArgumentException(image.name() + " has "
                        + image.image().channels() + " channels, "
                        + images.get(0).name() + " has "
                        + images.get(0).image().channels() + "; give images that are all grey or all RGB");
            }
            double shrink = drawing.augmentation().warp().scale() / scale;
            this.images.add(new SourceImage(image, scale, drawing, shrink));
            double side = drawing.patchPx() / scale;
            imageWeights[i] = Math.sqrt(Math.max(1, image.width() / side * (image.height() / side)));
            most = Math.max(most, this.images.get(i).kinds());
        }
        kinds = most;
        kindWeights = new double[kinds];
        for (int kind = 0; kind < kinds; kind++) {
            for (SourceImage image : this.images) {
                kindWeights[kind] = image.anchorCount(kind) > 0 ? 1 : kindWeights[kind];
            }
        }
    }

    @Override
    public Annotated example(long index) {
        Draws draws = Draws.of(seed, index);
        int side = drawing.patchPx();
        Augmentation augmentation = drawing.augmentation();
        Spot spot = spot(draws.split(PLACE));
        SourceImage image = spot.image;
        Placement place = Placement.of(side, spot.left, spot.top, image.scale, augmentation.warp(), draws.split(WARP));
        Looks looks = new Looks(augmentation, draws.split(LOOKS));
        float[][] planes = image.pixels(place, looks.range());
        planes = looks.apply(planes, side, side);
        int[] labels;
        double[] areas = null;
        if (drawing.instances()) {
            SourceImage.Objects objects = image.objects(place);
            labels = objects.labels();
            areas = new double[objects.areas().length];
            for (int k = 0; k < areas.length; k++) {
                areas[k] = objects.areas()[k] / (place.shrink() * place.shrink());
            }
        } else {
            labels = image.classes(place);
        }
        Draws cut = draws.split(CUTOUT);
        if (cut.chance(augmentation.cutout())) {
            Looks.cutOut(planes, labels, side, cut);
        }
        if (drawing.instances()) {
            labels = ObjectParts.split(labels, side, side, areas);
        }
        return new Annotated(Looks.picture(planes, side, side), labels, image.annotated.name() + " patch " + index);
    }

    private record Spot(SourceImage image, int left, int top) {}

    private Spot spot(Draws draws) {
        if (draws.chance(0.5)) {
            for (int n = 0; n < TRIES; n++) {
                SourceImage image = images.get(draws.choose(imageWeights));
                double side = drawing.patchPx() / image.scale;
                int left = anywhere(image.annotated.width(), side, draws);
                int top = anywhere(image.annotated.height(), side, draws);
                if (!image.partly || image.annotatedAt(left, top, drawing.patchPx())) {
                    return new Spot(image, left, top);
                }
            }
        }
        return drawing.instances() ? atObject(draws) : atClass(draws);
    }

    /** A place where the patch lies inside the image; where it is too large for that, one where the image lies inside. */
    private static int anywhere(int size, double side, Draws draws) {
        double room = size - side;
        return room >= 0 ? draws.below((int) room + 1) : (int) Math.floor(draws.between(room, 0) + 0.5);
    }

    private Spot atObject(Draws draws) {
        SourceImage image = images.get(draws.choose(imageWeights));
        int kind = image.objects() > 0 ? 1 : 0;
        return around(image, image.anchor(kind, draws.below(image.anchorCount(kind))), draws);
    }

    private Spot atClass(Draws draws) {
        int kind = draws.choose(kindWeights);
        double[] weights = new double[images.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = images.get(i).anchorCount(kind);
        }
        SourceImage image = images.get(draws.choose(weights));
        return around(image, image.anchor(kind, draws.below(image.anchorCount(kind))), draws);
    }

    private Spot around(SourceImage image, int anchor, Draws draws) {
        double side = drawing.patchPx() / image.scale;
        int width = image.annotated.width();
        int height = image.annotated.height();
        return new Spot(image, near(anchor % width, width, side, draws), near(anchor / width, height, side, draws));
    }

    /** A border of the patch such that the anchor lies in its middle 70 %, or further out at the image's border. */
    private static int near(int anchor, int size, double side, Draws draws) {
        int first = (int) Math.floor(anchor - side * draws.between(0.15, 0.85) + 0.5);
        int room = (int) Math.floor(size - side);
        return Math.max(Math.min(0, room), Math.min(first, Math.max(0, room)));
    }

    @Override
    public String describe() {
        long objects = images.stream().mapToLong(SourceImage::objects).sum();
        return String.format(
                Locale.ROOT,
                "%d annotated image%s%s, patches of %d px",
                images.size(),
                images.size() == 1 ? "" : "s",
                drawing.instances() ? " with " + objects + " objects" : " with " + classCount() + " classes",
                drawing.patchPx());
    }

    private int classCount() {
        int count = 0;
        for (double weight : kindWeights) {
            count += weight > 0 ? 1 : 0;
        }
        return count;
    }
}
