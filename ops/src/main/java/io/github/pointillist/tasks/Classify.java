// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import ai.djl.ndarray.NDArray;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.image.Images;
import io.github.pointillist.image.ModelInput;
import io.github.pointillist.image.Raster8;
import io.github.pointillist.image.Resize;
import io.github.pointillist.models.ImageClassifier;
import io.github.pointillist.models.InputSizes;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Classifies images or parts of them with a loaded model: the whole image, regions of interest, labelled objects, or
 * windows that slide over it.
 *
 * <p>Intensities become the model's input as {@link Photograph} describes, over the whole plane, so that regions of one
 * plane are comparable; each region is then cut out, brought to the model's size and normalised as the model's card
 * says. Regions are computed one by one: a result does not depend on what else was asked.
 */
public final class Classify implements AutoCloseable {
    /** How a region gets to the size of the model's input. */
    public enum Fit {
        /** As the model's card says: mostly, the short side is resized and the centre cut out. */
        CARD,
        /** Resized to the model's size whatever the aspect ratio: all is seen, distorted. */
        SQUASH,
        /** The long side is resized to the model's size and the rest filled with the mean colour: all is seen. */
        PAD
    }

    /** What scores are. */
    public enum Scores {
        /** As the model was trained. */
        AUTOMATIC,
        /** Classes exclude each other: the softmax of the logits, which sums to 1. */
        SOFTMAX,
        /** Classes are independent: the sigmoid of each logit. */
        SIGMOID
    }

    /**
     * What to do; every field changes the result and goes into the run manifest.
     *
     * @param model name of an installed model, or a model folder or checkpoint file
     * @param variant for a checkpoint file: official variant or JSON configuration; null to tell it from the file
     * @param fit how a region gets to the model's size
     * @param inputSizePx side of the model's input for models that take several sizes; 0 is that of the card
     * @param scores what scores are
     * @param top most classes listed a region; 0 lists all, {@link #AUTOMATIC} is 5 for softmax and all for sigmoid
     * @param threshold least score listed, 0 to 1; {@link #AUTOMATIC} is 0 for softmax and 0.5 for sigmoid
     * @param blankOutside whether pixels of a region's box that lie outside its mask get the mean colour
     * @param device "auto", "cpu", "gpu0", ...
     */
    public record Settings(
            String model,
            String variant,
            Fit fit,
            int inputSizePx,
            Scores scores,
            int top,
            double threshold,
            boolean blankOutside,
            String device) {
        /** Stands for the value that follows from the model. */
        public static final int AUTOMATIC = -1;

        private static final int LARGEST_INPUT_PX = 4096;

        /** Checks the ranges. */
        public Settings {
            require(model != null && !model.isBlank(), "model", model, "an installed model, a folder or a checkpoint");
            require(
                    inputSizePx >= 0 && inputSizePx <= LARGEST_INPUT_PX,
                    "input size",
                    inputSizePx,
                    "0 for the card's, up to " + LARGEST_INPUT_PX);
            require(top >= AUTOMATIC, "top", top, "1 or more, 0 for all, or -1 for automatic");
            require(
                    threshold == AUTOMATIC || (threshold >= 0 && threshold <= 1),
                    "threshold",
                    threshold,
                    "0 to 1, or -1 for automatic");
        }

        private static void require(boolean ok, String name, Object given, String allowed) {
            if (!ok) {
                throw new IllegalArgumentException(name + " is " + given + "; allowed: " + allowed);
            }
        }

        /** What follows from the model alone. */
        public static Settings defaults(String model) {
            return new Settings(model, null, Fit.CARD, 0, Scores.AUTOMATIC, AUTOMATIC, AUTOMATIC, false, "auto");
        }
    }

    /**
     * A part of the image plane.
     *
     * @param name for the table
     * @param left first column
     * @param top first row
     * @param width columns, at least 1; parts outside the image are left out
     * @param height rows, at least 1
     * @param mask row-major (height, width), true inside; null for the whole box
     */
    public record Region(String name, int left, int top, int width, int height, boolean[] mask) {
        /** Checks the sizes. */
        public Region {
            if (width < 1 || height < 1 || (mask != null && mask.length != width * height)) {
                throw new IllegalArgumentException("region " + name + " is " + width + " x " + height
                        + " pixels; it must be at least 1 x 1, with one mask value a pixel or none");
            }
        }

        /** The whole plane. */
        public static Region whole(int width, int height) {
            return new Region("image", 0, 0, width, height, null);
        }

        /**
         * Windows over a plane, row by row. They begin every {@code stepPx} pixels; the last of a row or column ends at
         * the border, so that every pixel is seen. A plane smaller than a window has one, as large as the plane.
         *
         * @param windowPx side, at least 1
         * @param stepPx 1 to {@code windowPx}
         */
        public static List<Region> windows(int width, int height, int windowPx, int stepPx) {
            if (windowPx < 1 || stepPx < 1 || stepPx > windowPx) {
                throw new IllegalArgumentException("windows of " + windowPx + " pixels every " + stepPx
                        + "; allowed are 1 or more, and a step from 1 to the window's side");
            }
            int w = Math.min(width, windowPx);
            int h = Math.min(height, windowPx);
            List<Region> regions = new ArrayList<>();
            for (int y : starts(height, h, stepPx)) {
                for (int x : starts(width, w, stepPx)) {
                    regions.add(new Region("window " + x + "," + y, x, y, w, h, null));
                }
            }
            return regions;
        }

        private static int[] starts(int side, int window, int step) {
            int n = (side - window + step - 1) / step + 1;
            int[] starts = new int[n];
            for (int i = 0; i < n; i++) {
                starts[i] = Math.min(i * step, side - window);
            }
            return starts;
        }

        /**
         * The box of every label above 0, in the order of the labels.
         *
         * @param labels row-major (height, width)
         * @param marginPx the box is wider by this on every side
         */
        public static List<Region> objects(int[] labels, int width, int height, int marginPx) {
            if (marginPx < 0) {
                throw new IllegalArgumentException("margin is " + marginPx + "; allowed is 0 or more pixels");
            }
            TreeMap<Integer, int[]> boxes = new TreeMap<>();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] > 0) {
                    int x = i % width;
                    int y = i / width;
                    int[] box = boxes.computeIfAbsent(labels[i], label -> new int[] {x, y, x, y});
                    box[0] = Math.min(box[0], x);
                    box[2] = Math.max(box[2], x);
                    box[3] = y;
                }
            }
            List<Region> regions = new ArrayList<>();
            boxes.forEach((label, box) -> {
                int left = Math.max(0, box[0] - marginPx);
                int top = Math.max(0, box[1] - marginPx);
                int w = Math.min(width, box[2] + 1 + marginPx) - left;
                int h = Math.min(height, box[3] + 1 + marginPx) - top;
                boolean[] mask = new boolean[w * h];
                for (int i = 0; i < mask.length; i++) {
                    mask[i] = labels[(top + i / w) * width + left + i % w] == label;
                }
                regions.add(new Region("object " + label, left, top, w, h, mask));
            });
            return regions;
        }
    }

    /**
     * A class and its score.
     *
     * @param index from 0
     * @param name from the card, "class 7" where it has none
     * @param score 0 to 1
     * @param logit what the network gave
     */
    public record Score(int index, String name, double score, double logit) {}

    /**
     * What came of one region.
     *
     * @param scores the classes listed, the highest score first; of equal ones the lower index
     * @param all the score of every class
     */
    public record Classified(Region region, List<Score> scores, double[] all) {}

    /**
     * What came of one plane.
     *
     * @param regions in the order given
     * @param notes what was done to the input, one line each
     */
    public record Result(List<Classified> regions, List<String> notes) {}

    private final Settings settings;
    private final LoadedModel model;
    private final ImageClassifier classifier;
    private final ModelInput input;
    private final boolean sigmoid;
    private final int top;
    private final double threshold;

    private Classify(Settings settings, LoadedModel model) {
        this.settings = settings;
        this.model = model;
        this.classifier = model.as(
                ImageClassifier.class,
                "gives no classes to images: its task is " + model.card().task());
        if (classifier.classes() == 0) {
            throw new IllegalArgumentException("model " + model.card().name() + " ("
                    + model.card().title() + ") is a backbone without a classifier; choose a model with classes");
        }
        this.input = input();
        this.sigmoid =
                settings.scores() == Scores.AUTOMATIC ? classifier.multiLabel() : settings.scores() == Scores.SIGMOID;
        this.top = settings.top() == Settings.AUTOMATIC ? (sigmoid ? 0 : 5) : settings.top();
        this.threshold = settings.threshold() == Settings.AUTOMATIC ? (sigmoid ? 0.5 : 0) : settings.threshold();
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model is no classifier
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static Classify open(Settings settings) throws IOException {
        LoadedModel model =
                ModelStore.standard().load(settings.model(), settings.variant(), Devices.parse(settings.device()));
        try {
            return new Classify(settings, model);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** How a region gets to the size of the input. */
    private ModelInput input() {
        ModelCard.Input card = model.card().input();
        InputSizes sizes = classifier.inputSizes();
        int width = card.widthPx();
        int height = card.heightPx();
        int shortSide = card.shortSidePx();
        if (settings.inputSizePx() > 0) {
            width = settings.inputSizePx();
            height = settings.inputSizePx();
            shortSide = (int) ((long) shortSide * height / card.heightPx());
        }
        try {
            sizes.check(height, width);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "input size is " + width + " x " + height + "; model "
                            + model.card().name() + " takes " + sizes,
                    e);
        }
        return new ModelInput(
                settings.fit() == Fit.CARD ? shortSide : 0, width, height, card.interpolation(), card.normalisation());
    }

    /** What the weights are and expect. */
    public ModelCard card() {
        return model.card();
    }

    /** The model's SHA-256 and what was done to read it. */
    public MapClusters.ModelNote modelNote() {
        List<String> lines = new ArrayList<>(List.of(model.card().variant()));
        lines.addAll(model.notes());
        return new MapClusters.ModelNote(model.sha256(), lines);
    }

    /** Whether classes are independent of each other. */
    public boolean isMultiLabel() {
        return sigmoid;
    }

    /** Side of a window that the model sees pixel by pixel: the shorter side of its input. */
    public int usualWindowPx() {
        return Math.min(input.widthPx(), input.heightPx());
    }

    /**
     * Classifies regions of one plane.
     *
     * @param image (x, y) or (x, y, c)
     * @param regions at least partly inside
     * @throws IllegalArgumentException if a region lies outside the image
     * @throws java.util.concurrent.CancellationException if {@code progress} says so
     */
    public Result classify(
            RandomAccessibleInterval<? extends RealType<?>> image, List<Region> regions, Progress progress) {
        Photograph photograph = Photograph.of(image, Images.toRaster(image));
        List<Classified> results = new ArrayList<>();
        for (int i = 0; i < regions.size(); i++) {
            progress.report(i, regions.size(), "classifying");
            progress.check();
            results.add(classify(photograph.picture(), regions.get(i)));
        }
        progress.report(1, 1, "classifying");
        List<String> notes = new ArrayList<>(photograph.notes());
        notes.add(fitting());
        model.card().notes().stream()
                .filter(note -> note.startsWith(ModelCard.ASSUMED))
                .forEach(notes::add);
        return new Result(results, notes);
    }

    private String fitting() {
        String size = input.widthPx() + " x " + input.heightPx();
        String how =
                switch (settings.fit()) {
                    case PAD -> "resized in proportion to fit " + size + " and filled up with the mean colour";
                    case SQUASH -> "resized to " + size + " whatever its aspect ratio";
                    case CARD ->
                        input.shortSidePx() == 0
                                ? "resized to " + size + " whatever its aspect ratio"
                                : "short side resized to " + input.shortSidePx() + ", the central " + size + " kept";
                };
        return String.format(
                Locale.ROOT,
                "each region: %s (%s), then %s minus mean %s over std %s",
                how,
                input.interpolation(),
                model.card().input().channelOrder(),
                input.normalisation().mean(),
                input.normalisation().std());
    }

    private Classified classify(Raster8 picture, Region region) {
        int left = Math.max(0, region.left());
        int up = Math.max(0, region.top());
        int right = Math.min(picture.width(), region.left() + region.width());
        int down = Math.min(picture.height(), region.top() + region.height());
        if (left >= right || up >= down) {
            throw new IllegalArgumentException("region " + region.name() + " lies outside the image of "
                    + picture.width() + " x " + picture.height() + " pixels");
        }
        Raster8 cut = picture.crop(left, up, right - left, down - up);
        if (settings.blankOutside() && region.mask() != null) {
            blank(cut, region, left - region.left(), up - region.top());
        }
        Raster8 fitted = settings.fit() == Fit.PAD ? padded(cut) : input.fit(cut);
        Raster8 ordered = Photograph.inOrder(fitted, model.card().input().channelOrder());
        double[] logits;
        try (Arena scope = Arena.open(model.device())) {
            float[] values = input.normalisation().apply(ordered);
            NDArray tensor = scope.array(values, 1, 3, input.heightPx(), input.widthPx());
            float[] out = model.layer().apply(tensor, Pass.inference()).toFloatArray();
            logits = new double[out.length];
            for (int i = 0; i < out.length; i++) {
                logits[i] = out[i];
            }
        }
        double[] scores = sigmoid ? sigmoid(logits) : softmax(logits);
        return new Classified(region, listed(scores, logits), scores);
    }

    private byte[] meanColour() {
        byte[] colour = new byte[3];
        boolean rgb = model.card().input().channelOrder().equals("RGB");
        for (int c = 0; c < 3; c++) {
            colour[c] = (byte) Math.round(255 * input.normalisation().mean().get(rgb ? c : 2 - c));
        }
        return colour;
    }

    private void blank(Raster8 cut, Region region, int dx, int dy) {
        byte[] colour = meanColour();
        for (int y = 0; y < cut.height(); y++) {
            for (int x = 0; x < cut.width(); x++) {
                if (!region.mask()[(y + dy) * region.width() + x + dx]) {
                    System.arraycopy(colour, 0, cut.data(), (y * cut.width() + x) * 3, 3);
                }
            }
        }
    }

    private Raster8 padded(Raster8 cut) {
        double scale = Math.min((double) input.widthPx() / cut.width(), (double) input.heightPx() / cut.height());
        int width = Math.max(1, Math.min(input.widthPx(), (int) Math.round(cut.width() * scale)));
        int height = Math.max(1, Math.min(input.heightPx(), (int) Math.round(cut.height() * scale)));
        Raster8 resized = Resize.resize(cut, width, height, input.interpolation());
        Raster8 whole = Raster8.of(input.widthPx(), input.heightPx(), 3);
        byte[] colour = meanColour();
        for (int i = 0; i < whole.data().length; i++) {
            whole.data()[i] = colour[i % 3];
        }
        int left = (input.widthPx() - width) / 2;
        int up = (input.heightPx() - height) / 2;
        for (int y = 0; y < height; y++) {
            System.arraycopy(
                    resized.data(), y * width * 3, whole.data(), ((y + up) * whole.width() + left) * 3, width * 3);
        }
        return whole;
    }

    private static double[] sigmoid(double[] logits) {
        return Arrays.stream(logits).map(x -> 1 / (1 + Math.exp(-x))).toArray();
    }

    static double[] softmax(double[] logits) {
        double max = Arrays.stream(logits).max().orElse(0);
        double[] exp = Arrays.stream(logits).map(x -> Math.exp(x - max)).toArray();
        double sum = Arrays.stream(exp).sum();
        return Arrays.stream(exp).map(x -> x / sum).toArray();
    }

    private List<Score> listed(double[] scores, double[] logits) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            if (Double.isNaN(scores[i])) {
                throw new IllegalStateException("the model gave no number for class " + i
                        + "; its weights are damaged, or were trained with another normalisation");
            }
            if (scores[i] >= threshold) {
                order.add(i);
            }
        }
        order.sort((a, b) -> Double.compare(logits[b], logits[a]));
        return order.stream()
                .limit(top == 0 ? Integer.MAX_VALUE : top)
                .map(i -> new Score(i, model.card().className(i), scores[i], logits[i]))
                .toList();
    }

    /**
     * The class of every pixel: of the windows or regions that cover it the scores are averaged, and the class with the
     * highest mean wins.
     *
     * @return row-major (height, width): class index + 1; 0 where no region lies, or where no class reaches the least
     *     score listed
     */
    public int[] classMap(Result result, int width, int height) {
        int[] xs = edges(result.regions().stream().mapToInt(r -> r.region().left()), width, result, true);
        int[] ys = edges(result.regions().stream().mapToInt(r -> r.region().top()), height, result, false);
        int[] map = new int[width * height];
        for (int j = 0; j + 1 < ys.length; j++) {
            for (int i = 0; i + 1 < xs.length; i++) {
                int label = winner(result, xs[i], ys[j]);
                for (int y = ys[j]; y < ys[j + 1]; y++) {
                    Arrays.fill(map, y * width + xs[i], y * width + xs[i + 1], label);
                }
            }
        }
        return map;
    }

    private static int[] edges(IntStream starts, int side, Result result, boolean across) {
        IntStream ends = result.regions().stream()
                .mapToInt(r -> across
                        ? r.region().left() + r.region().width()
                        : r.region().top() + r.region().height());
        IntStream all = IntStream.concat(starts, ends);
        return IntStream.concat(all, IntStream.of(0, side))
                .map(edge -> Math.max(0, Math.min(side, edge)))
                .sorted()
                .distinct()
                .toArray();
    }

    private int winner(Result result, int x, int y) {
        double[] sum = null;
        int count = 0;
        for (Classified one : result.regions()) {
            Region r = one.region();
            if (x >= r.left() && x < r.left() + r.width() && y >= r.top() && y < r.top() + r.height()) {
                sum = sum == null ? new double[one.all().length] : sum;
                for (int c = 0; c < sum.length; c++) {
                    sum[c] += one.all()[c];
                }
                count++;
            }
        }
        int best = -1;
        for (int c = 0; sum != null && c < sum.length; c++) {
            if (sum[c] / count >= threshold && (best < 0 || sum[c] > sum[best])) {
                best = c;
            }
        }
        return best + 1;
    }

    @Override
    public void close() {
        model.close();
    }
}
