// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.ModelInput;
import io.github.pointillist.image.Normalisation;
import java.util.List;

/**
 * What a set of weights is and what it expects.
 *
 * @param name short name, lower case, unique in the catalogue
 * @param architecture id of the family, see {@code models.Architectures}
 * @param variant the official name of the variant, or "custom"
 * @param title one line for people
 * @param task "classification", "multi-label classification", "semantic segmentation", "point classification" or
 *     "backbone"
 * @param classes number of classes, 0 for a backbone
 * @param classNames one name a class, or empty where they are not known
 * @param input how a picture gets into the model; null for models of point sets
 * @param licence of the weights, and of the code they came with
 * @param citation of the paper
 * @param source the reference implementation
 * @param weights where the authors publish them, or that there are none
 * @param accuracy as the authors publish it, or null
 * @param notes what else a user should know
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
        List<String> notes) {
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
     */
    public record Input(
            int widthPx,
            int heightPx,
            int shortSidePx,
            Interpolation interpolation,
            List<Float> mean,
            List<Float> std,
            String channelOrder) {
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
            new ModelInput(shortSidePx, widthPx, heightPx, interpolation, new Normalisation(mean, std));
        }

        /** What photographs of ImageNet get: short side resized, centre cut out, ImageNet's mean and deviation. */
        public static Input imageNet(int widthPx, int heightPx, int shortSidePx) {
            Normalisation imageNet = Normalisation.IMAGENET;
            return new Input(
                    widthPx, heightPx, shortSidePx, Interpolation.PIL_BICUBIC, imageNet.mean(), imageNet.std(), "RGB");
        }

        /** The values given to a picture. */
        public Normalisation normalisation() {
            return new Normalisation(mean, std);
        }
    }

    /** Checks that what is always known is there, and that every class has a name or none has. */
    public ModelCard {
        if (name == null || architecture == null || variant == null || title == null || task == null) {
            throw new IllegalArgumentException(
                    "the card lacks name, architecture, variant, title or task; give all five");
        }
        classNames = classNames == null ? List.of() : List.copyOf(classNames);
        notes = notes == null ? List.of() : List.copyOf(notes);
        if (classes < 0 || (!classNames.isEmpty() && classNames.size() != classes)) {
            throw new IllegalArgumentException("the card of " + name + " has " + classes + " classes and "
                    + classNames.size() + " names of classes; give one name a class, or none");
        }
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
                notes);
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
                notes);
    }
}
