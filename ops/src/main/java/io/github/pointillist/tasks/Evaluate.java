// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import io.github.pointillist.progress.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares a predicted label image with a true one.
 *
 * <p>Objects: average precision TP / (TP + FP + FN) at IoU thresholds as in the 2018 Data Science Bowl (Caicedo et al.,
 * Nature Methods 2019) and StarDist (Schmidt et al., MICCAI 2018), where a match has at least the threshold; panoptic,
 * segmentation and recognition quality (Kirillov et al., CVPR 2019), where a match has more than 0.5; the Aggregated
 * Jaccard Index (Kumar et al., IEEE Transactions on Medical Imaging 2017) and AJI+ (Graham et al., Medical Image
 * Analysis 2019); Dice and IoU of all objects against the background. Classes: IoU and Dice of each, their means, pixel
 * accuracy and frequency-weighted IoU (Long et al., CVPR 2015). Segments of things and stuff: panoptic quality of each class.
 *
 * <p>All figures follow from whole numbers of pixels ({@link LabelOverlap}) and do not depend on which label an object has.
 */
public final class Evaluate {
    /** What a label means. */
    public enum Mode {
        /** An object of its own. */
        INSTANCES,
        /** A class. */
        SEMANTIC,
        /** A segment, an object of a class: {@link PanopticQuality#segment}, see {@link LabelPlanes#segments}. */
        PANOPTIC
    }

    /** What belongs together in a stack. */
    public enum Planes {
        /** Each slice and frame is an image of its own, whose labels mean nothing elsewhere. */
        EACH,
        /** The slices of a frame are one volume: a label is the same object in all of them. */
        VOLUME
    }

    /**
     * What to do; every field changes the result.
     *
     * @param mode what a label means
     * @param planes what belongs together; other than for INSTANCES only EACH is allowed
     * @param ignored for SEMANTIC: labels of the truth whose pixels are left out; empty otherwise
     * @param background for SEMANTIC: whether 0 is a class; true otherwise, where it never is an object
     */
    public record Settings(Mode mode, Planes planes, List<Long> ignored, boolean background) {
        /**
         * Refuses what would change nothing.
         *
         * @throws IllegalArgumentException with one line: what was given, what is allowed
         */
        public Settings {
            ignored = ignored.stream().distinct().sorted().toList();
            String word = mode.name().toLowerCase(Locale.ROOT);
            require(
                    mode == Mode.INSTANCES || planes == Planes.EACH,
                    "planes is volume with mode " + word + "; allowed is each: classes are those of a plane");
            require(
                    mode == Mode.SEMANTIC || ignored.isEmpty(),
                    "ignore is " + ignored + " with mode " + word + "; it is for mode semantic");
            require(
                    mode == Mode.SEMANTIC || background,
                    "background is false with mode " + word + "; it is for mode semantic (0 never is an object)");
            for (long label : ignored) {
                require(label >= 0, "ignore is " + label + "; allowed are labels, whole numbers from 0");
            }
        }

        private static void require(boolean ok, String message) {
            if (!ok) {
                throw new IllegalArgumentException(message);
            }
        }

        /** Objects, plane by plane. */
        public static Settings instances() {
            return new Settings(Mode.INSTANCES, Planes.EACH, List.of(), true);
        }

        /** Segments of things and stuff. */
        public static Settings panoptic() {
            return new Settings(Mode.PANOPTIC, Planes.EACH, List.of(), true);
        }

        /** Classes; background is one. */
        public static Settings semantic() {
            return new Settings(Mode.SEMANTIC, Planes.EACH, List.of(), true);
        }
    }

    /**
     * The scores of a plane or volume.
     *
     * @param slice from 1; 0 for all slices of a volume
     * @param frame from 1
     * @param scores of this part alone
     */
    public record Part(int slice, int frame, Scores scores) {}

    /**
     * What came of a pair of label images.
     *
     * @param parts each plane or volume, slices fastest
     * @param total the sum of their counts
     */
    public record Result(List<Part> parts, Scores total) {
        /** Copies the list. */
        public Result {
            parts = List.copyOf(parts);
        }
    }

    private Evaluate() {}

    /**
     * Compares two label images plane by plane.
     *
     * @param prediction whole values from 0
     * @param truth of the same size, slices and frames
     * @param settings what to do
     * @param progress told after each plane
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop
     * @throws IllegalArgumentException if the sizes differ or a value is no label
     */
    public static Result compare(LabelPlanes prediction, LabelPlanes truth, Settings settings, Progress progress) {
        int slices = prediction.slices();
        int frames = prediction.frames();
        if (slices != truth.slices() || frames != truth.frames()) {
            throw new IllegalArgumentException(prediction.name() + " has " + slices + " slices and " + frames
                    + " frames, " + truth.name() + " " + truth.slices() + " and " + truth.frames()
                    + "; they must be equal");
        }
        List<Part> parts = new ArrayList<>();
        for (int frame = 1; frame <= frames; frame++) {
            LabelOverlap overlap = new LabelOverlap();
            for (int slice = 1; slice <= slices; slice++) {
                progress.report((frame - 1L) * slices + slice - 1, (long) frames * slices, "comparing");
                progress.check();
                overlap.add(
                        prediction.read(slice, frame),
                        prediction.name(),
                        truth.read(slice, frame),
                        truth.name(),
                        progress);
                if (settings.planes() == Planes.EACH) {
                    parts.add(new Part(slice, frame, scores(overlap, settings)));
                    overlap = new LabelOverlap();
                }
            }
            if (settings.planes() == Planes.VOLUME) {
                parts.add(new Part(0, frame, scores(overlap, settings)));
            }
        }
        progress.report(1, 1, "done");
        return new Result(parts, Scores.pooled(parts.stream().map(Part::scores).toList()));
    }

    private static Scores scores(LabelOverlap overlap, Settings settings) {
        return switch (settings.mode()) {
            case INSTANCES -> InstanceScores.of(overlap);
            case SEMANTIC -> SemanticScores.of(overlap, settings.ignored(), settings.background());
            case PANOPTIC -> PanopticQuality.of(overlap);
        };
    }
}
