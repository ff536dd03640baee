// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.ModelInput;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.weights.Plain;
import java.util.List;
import java.util.Objects;

/**
 * What a set of weights is and what it expects.
 *
 * @param name short name, lower case, unique in the catalogue
 * @param architecture id of the family, see {@code models.Architectures}
 * @param variant the official name of the variant, or "custom"
 * @param title one line for people
 * @param task "classification", "multi-label classification", "semantic segmentation", "panoptic segmentation", "point
 *     classification" or "backbone"
 * @param classes number of classes, 0 for a backbone
 * @param classNames one name a class, or empty where they are not known
 * @param input how a picture gets into the model; null for models of point sets
 * @param licence of the weights, and of the code they came with
 * @param citation of the paper
 * @param source the reference implementation
 * @param weights where the authors publish them, or that there are none
 * @param accuracy as the authors publish it, or null
 * @param notes what else a user should know
 * @param segmentation how a segmentation model sees images and what its outputs mean; null for other models, and for
 *     published semantic ones, which see the whole image as {@code input} says
 * @param panoptic what the classes of a panoptic model are and when its masks are segments; null for other models
 */
public record ModelCard(
        String name,
        String architecture,
        String variant,
        String title,
        String task,
        int classes,
        List<String> classNames,
        Input input,
        String licence,
        String citation,
        String source,
        String weights,
        String accuracy,
        List<String> notes,
        Segmentation segmentation,
        Panoptic panoptic) {
    /** How the note begins that says that the input is assumed rather than known. */
    public static final String ASSUMED = "no official card fits";

    /**
     * How a picture gets into the model.
     *
     * @param widthPx width of the model's input
     * @param heightPx height of the model's input
     * @param shortSidePx the shorter side is resized to this and the centre cut out; 0 resizes to width x height at once
     * @param interpolation whose resizing
     * @param mean one per channel, of values scaled to 0 to 1
     * @param std one per channel, above 0
     * @param channelOrder "RGB" or "BGR"
     * @param lifts for grey pictures: how much each channel lifts what is dark, see {@link Normalisation}; empty (or null)
     *     where all channels show the same
     */
    public record Input(
            int widthPx,
            int heightPx,
            int shortSidePx,
            Interpolation interpolation,
            List<Float> mean,
            List<Float> std,
            String channelOrder,
            List<Float> lifts) {
        /** The same where all channels show the same of a grey picture. */
        public Input(
                int widthPx,
                int heightPx,
                int shortSidePx,
                Interpolation interpolation,
                List<Float> mean,
                List<Float> std,
                String channelOrder) {
            this(widthPx, heightPx, shortSidePx, interpolation, mean, std, channelOrder, List.of());
        }

        /** Checks the values. */
        public Input {
            if (interpolation == null || mean == null || std == null || channelOrder == null) {
                throw new IllegalArgumentException(
                        "the model's input lacks interpolation, mean, std or channelOrder; give all four");
            }
            if (!channelOrder.equals("RGB") && !channelOrder.equals("BGR")) {
                throw new IllegalArgumentException("channelOrder is " + channelOrder + "; allowed are RGB and BGR");
            }
            mean = List.copyOf(mean);
            std = List.copyOf(std);
            lifts = lifts == null ? List.of() : List.copyOf(lifts);
            new ModelInput(shortSidePx, widthPx, heightPx, interpolation, new Normalisation(mean, std, lifts));
        }

        /** What photographs of ImageNet get: short side resized, centre cut out, ImageNet's mean and deviation. */
        public static Input imageNet(int widthPx, int heightPx, int shortSidePx) {
            Normalisation imageNet = Normalisation.IMAGENET;
            return new Input(
                    widthPx, heightPx, shortSidePx, Interpolation.PIL_BICUBIC, imageNet.mean(), imageNet.std(), "RGB");
        }

        /** The values given to a picture. */
        public Normalisation normalisation() {
            return new Normalisation(mean, std, lifts);
        }
    }

    /**
     * How a segmentation model sees an image of any size: resampled to the scale it was trained at, intensities
     * stretched between two percentiles of the plane to 0 to 255 and then normalised as {@link Input} says, in square
     * windows that overlap. Windows follow from this and the image alone.
     *
     * @param kind what the outputs mean
     * @param pixelSizeUm micrometres a pixel of the model's input, 0 where it was trained on none in particular
     * @param objectDiameterPx usual diameter of an object in pixels of the model's input, above 0 for INSTANCES, where it
     *     is also the unit of the offsets; 0 where there is none
     * @param windowPx side of a window in pixels of the model's input
     * @param overlapPx what neighbouring windows share at least, below {@code windowPx} / 2
     * @param lowPercent percentile that becomes 0
     * @param highPercent percentile that becomes 255
     * @param grey whether colour is turned into grey first
     * @param foregroundThreshold for INSTANCES: least probability of the foreground, in (0, 1)
     * @param centreThreshold for INSTANCES: least probability of a centre, in (0, 1)
     * @param classValues for SEMANTIC: the label of each class, 0 or more and ascending; empty (or null) for 0, 1, 2, ...
     * @param smallestRadiusPx for INSTANCES: radius, in pixels of the image, of the smallest outline that the labels of training
     *     have; specks are drawn no smaller. 0 where there is no such bound
     * @param leastProminence for INSTANCES: how much objects as a whole must stand out from the ground around them, in standard
     *     deviations, not to be taken for noise; {@value #PROMINENT} for bodies brighter or darker than their ground. 0 where
     *     objects differ from it by other things
     */
    public record Segmentation(
            Kind kind,
            double pixelSizeUm,
            double objectDiameterPx,
            int windowPx,
            int overlapPx,
            double lowPercent,
            double highPercent,
            boolean grey,
            double foregroundThreshold,
            double centreThreshold,
            List<Integer> classValues,
            double smallestRadiusPx,
            double leastProminence) {
        /** About what a model sees in noise of any kind. */
        public static final double PROMINENT = 2.4;

        private static final double LARGEST_SPECK = 100;
        private static final int LARGEST_WINDOW = 2048;
        private static final int LARGEST_OBJECT = 10_000;
        private static final int LARGEST_PIXEL = 1_000_000;
        private static final double MOST_PROMINENT = 10;

        /** What the outputs of a model mean. */
        public enum Kind {
            /** One logit a class; the classes exclude each other. */
            SEMANTIC,
            /**
             * Four outputs: the logits of foreground and of an object's centre, and the way from a pixel to the centre of
             * its object, rows then columns, in units of the object diameter.
             */
            INSTANCES,
            /** Segments of things and stuff: how such a model sees images is told by {@link Panoptic} instead. */
            PANOPTIC
        }

        /** The same whose objects may differ from their ground by anything. */
        public Segmentation(
                Kind kind,
                double pixelSizeUm,
                double objectDiameterPx,
                int windowPx,
                int overlapPx,
                double lowPercent,
                double highPercent,
                boolean grey,
                double foregroundThreshold,
                double centreThreshold,
                List<Integer> classValues,
                double smallestRadiusPx) {
            this(
                    kind,
                    pixelSizeUm,
                    objectDiameterPx,
                    windowPx,
                    overlapPx,
                    lowPercent,
                    highPercent,
                    grey,
                    foregroundThreshold,
                    centreThreshold,
                    classValues,
                    smallestRadiusPx,
                    0);
        }

        /** The same whose classes have the labels 0, 1, 2, ..., without a smallest outline. */
        public Segmentation(
                Kind kind,
                double pixelSizeUm,
                double objectDiameterPx,
                int windowPx,
                int overlapPx,
                double lowPercent,
                double highPercent,
                boolean grey,
                double foregroundThreshold,
                double centreThreshold) {
            this(
                    kind,
                    pixelSizeUm,
                    objectDiameterPx,
                    windowPx,
                    overlapPx,
                    lowPercent,
                    highPercent,
                    grey,
                    foregroundThreshold,
                    centreThreshold,
                    List.of(),
                    0);
        }

        /** Checks the ranges. */
        public Segmentation {
            classValues = classValues == null ? List.of() : List.copyOf(classValues);
            checkClassValues(kind, classValues);
            boolean instances = kind == Kind.INSTANCES;
            if (!(smallestRadiusPx >= 0 && smallestRadiusPx <= LARGEST_SPECK)) {
                throw new IllegalArgumentException("segmentation: the smallest outline has a radius of "
                        + smallestRadiusPx + " px; allowed is 0 to " + LARGEST_SPECK);
            }
            if (windowPx > LARGEST_WINDOW || objectDiameterPx > LARGEST_OBJECT || pixelSizeUm > LARGEST_PIXEL) {
                throw new IllegalArgumentException("segmentation: windows of " + windowPx + " px, objects of "
                        + objectDiameterPx + " px, pixels of " + pixelSizeUm + " um; allowed are up to "
                        + LARGEST_WINDOW + " px, " + LARGEST_OBJECT + " px and " + LARGEST_PIXEL + " um");
            }
            if (!(leastProminence >= 0 && leastProminence <= MOST_PROMINENT)) {
                throw new IllegalArgumentException("segmentation: the least prominence is " + leastProminence
                        + "; allowed is 0 to " + MOST_PROMINENT);
            }
            if (kind == null
                    || kind == Kind.PANOPTIC
                    || !(pixelSizeUm >= 0)
                    || !(objectDiameterPx >= 0)
                    || (instances && objectDiameterPx == 0)
                    || windowPx < 1
                    || overlapPx < 0
                    || overlapPx >= (windowPx + 1) / 2
                    || !(lowPercent >= 0 && lowPercent <= highPercent && highPercent <= 100)
                    || (instances && !(inside(foregroundThreshold) && inside(centreThreshold)))) {
                throw new IllegalArgumentException("segmentation is " + kind + ", pixels of " + pixelSizeUm
                        + " um, objects of " + objectDiameterPx + " px, windows of " + windowPx + " px that share "
                        + overlapPx + ", percentiles " + lowPercent + " and " + highPercent + ", thresholds "
                        + foregroundThreshold + " and " + centreThreshold
                        + "; sizes must be 0 or more (the diameter above"
                        + " 0 for INSTANCES), windows share less than half, percentiles are 0 to 100 in order,"
                        + " thresholds between 0 and 1");
            }
        }

        private static void checkClassValues(Kind kind, List<Integer> values) {
            boolean ascending = values.isEmpty() || values.get(0) >= 0;
            for (int k = 1; k < values.size(); k++) {
                ascending &= values.get(k) > values.get(k - 1);
            }
            if (!ascending || (kind == Kind.INSTANCES && !values.isEmpty())) {
                throw new IllegalArgumentException("the labels of the classes are " + values
                        + "; allowed are labels of 0 or more in ascending order, and none for INSTANCES");
            }
        }

        /** The label of a class, the class itself where the card gives none. */
        public int classValue(int index) {
            return classValues.isEmpty() ? index : classValues.get(index);
        }

        private static boolean inside(double probability) {
            return probability > 0 && probability < 1;
        }
    }

    /**
     * When a mask of a panoptic model is a segment.
     *
     * @param things classes that are countable, ascending; the others are stuff
     * @param shortSidePx the shorter side of an image becomes this, unless it would then not fit into the input, and the
     *     rest is padded with zeros; 0 for a model that sees images at their own pixels, in windows as large as its input
     * @param pixelThreshold least probability of a mask in a pixel, above 1/3
     * @param thingThreshold least probability of the class of a thing
     * @param stuffThreshold the same for stuff
     * @param overlapThreshold least share of a mask that better ones leave free
     * @param classPower exponent of the class probability in the order of masks
     * @param maskPower exponent of the mask probability in the order of masks
     */
    public record Panoptic(
            List<Integer> things,
            int shortSidePx,
            double pixelThreshold,
            double thingThreshold,
            double stuffThreshold,
            double overlapThreshold,
            double classPower,
            double maskPower) {
        /** Checks that classes are named; thresholds are checked where they are used. */
        public Panoptic {
            if (things == null || things.stream().anyMatch(k -> k == null || k < 0)) {
                throw new IllegalArgumentException("things are " + things + "; give classes, from 0");
            }
            if (shortSidePx < 0) {
                throw new IllegalArgumentException("shortSidePx is " + shortSidePx + "; allowed is 0 or more");
            }
            things = List.copyOf(things);
        }
    }

    /** The same for a model that is not panoptic. */
    public ModelCard(
            String name,
            String architecture,
            String variant,
            String title,
            String task,
            int classes,
            List<String> classNames,
            Input input,
            String licence,
            String citation,
            String source,
            String weights,
            String accuracy,
            List<String> notes,
            Segmentation segmentation) {
        this(
                name,
                architecture,
                variant,
                title,
                task,
                classes,
                classNames,
                input,
                licence,
                citation,
                source,
                weights,
                accuracy,
                notes,
                segmentation,
                null);
    }

    /** Checks that what is always known is there, and that every class has a name or none has. */
    public ModelCard {
        if (name == null || architecture == null || variant == null || title == null || task == null) {
            throw new IllegalArgumentException(
                    "the card lacks name, architecture, variant, title or task; give all five");
        }
        // Files of strangers become cards, and cards are shown on terminals.
        name = Plain.line(name);
        architecture = Plain.line(architecture);
        variant = Plain.line(variant);
        title = Plain.line(title);
        task = Plain.line(task);
        licence = Plain.line(licence);
        citation = Plain.line(citation);
        source = Plain.line(source);
        weights = Plain.line(weights);
        accuracy = Plain.line(accuracy);
        classNames = plain("classNames", classNames);
        notes = plain("notes", notes);
        if (classes < 0 || (!classNames.isEmpty() && classNames.size() != classes)) {
            throw new IllegalArgumentException("the card of " + name + " has " + classes + " classes and "
                    + classNames.size() + " names of classes; give one name a class, or none");
        }
        if (segmentation != null
                && !segmentation.classValues().isEmpty()
                && segmentation.classValues().size() != classes) {
            throw new IllegalArgumentException("the card of " + name + " has " + classes + " classes and "
                    + segmentation.classValues().size() + " labels of classes; give one label a class, or none");
        }
    }

    private static List<String> plain(String what, List<String> texts) {
        if (texts != null && texts.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException(what + " has a null; allowed is text");
        }
        return texts == null ? List.of() : texts.stream().map(Plain::line).toList();
    }

    /** The name of a class, "class 7" where it has none. */
    public String className(int index) {
        return classNames.isEmpty() ? "class " + index : classNames.get(index);
    }

    /** The same under another name. */
    public ModelCard withName(String other) {
        return new ModelCard(
                other,
                architecture,
                variant,
                title,
                task,
                classes,
                classNames,
                input,
                licence,
                citation,
                source,
                weights,
                accuracy,
                notes,
                segmentation,
                panoptic);
    }

    /** The same with other notes. */
    public ModelCard withNotes(List<String> others) {
        return new ModelCard(
                name,
                architecture,
                variant,
                title,
                task,
                classes,
                classNames,
                input,
                licence,
                citation,
                source,
                weights,
                accuracy,
                others,
                segmentation,
                panoptic);
    }

    /** The same with other classes. */
    public ModelCard withClasses(int count, List<String> names) {
        return new ModelCard(
                name,
                architecture,
                variant,
                title,
                task,
                count,
                names,
                input,
                licence,
                citation,
                source,
                weights,
                accuracy,
                notes,
                segmentation,
                panoptic);
    }
}
