// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.github.pointillist.catalog.LoadedModel;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelCard.Segmentation;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.engine.Devices;
import io.github.pointillist.image.Interpolation;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextClusterFpnArchitecture;
import io.github.pointillist.models.ConvNeXt;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.SemanticFpn;
import io.github.pointillist.models.SemanticSegmenter;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.samples.InclusionSample;
import io.github.pointillist.samples.NucleiScene;
import io.github.pointillist.tasks.PanopticDecoder;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.training.kmax.KMaxLoss;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.zip.CRC32;

/**
 * Trains a segmentation model on annotated images, from a model that knows something already or from nothing, and installs
 * it. The same images, settings and seed give the same weights on the CPU with the same number of threads.
 */
public final class TrainSegmenter {
    /** The base that begins from random weights: a small Context Cluster with a Semantic FPN head. */
    public static final String NEW = "new";

    /** The small network of the bundled models, 1.9 million parameters. */
    public static final ContextClusterFpnArchitecture.Config SMALL = new ContextClusterFpnArchitecture.Config(
            new ContextCluster.Config(
                    List.of(2, 2, 3, 2),
                    List.of(32, 64, 112, 160),
                    List.of(2, 2, 2, 2),
                    List.of(8, 4, 2, 1),
                    List.of(4, 4, 8, 8),
                    24,
                    List.of(4, 4, 4, 4),
                    Denominator.SIMILARITY,
                    0),
            new SemanticFpn.Config(64, 64, 0, 4));

    /** A small kMaX-DeepLab with six k-means steps, for segments of things and stuff. */
    public static final KMaxDeepLab.Config SMALL_PANOPTIC = new KMaxDeepLab.Config(
            null,
            new ConvNeXt.Config(List.of(1, 1, 3, 1), List.of(32, 48, 80, 112), ConvNeXt.Padding.KMAX, 0),
            KMaxDeepLab.Features.FOUR,
            List.of(
                    new KMaxDeepLab.Stage(1, 32, true),
                    new KMaxDeepLab.Stage(2, 24, true),
                    new KMaxDeepLab.Stage(1, 24, false),
                    new KMaxDeepLab.Stage(1, 24, false)),
            List.of(2, 2, 2),
            80,
            64,
            InclusionSample.CLASSES.size(),
            KMaxDeepLab.Auxiliary.SMALL,
            0,
            193,
            193);

    /** What the four outputs of a model that finds objects are called. */
    public static final List<String> OBJECT_OUTPUTS = List.of("foreground", "centre", "row offset", "column offset");

    private static final String ARCHITECTURE = "coc-semantic-fpn";
    private static final String CLASSIFIER = "decode_head.conv_seg.";
    private static final int STRIDE = 4;
    private static final int WINDOW_PX = 256;
    private static final int OVERLAP_PX = 64;
    private static final double DIAMETER_PX = 32;
    /** Grey images are shown as they are, and twice with what is dark lifted. */
    private static final List<Float> LIFTS = List.of(0f, 10f, 60f);

    private static final double LOW_PERCENT = 1;
    private static final double HIGH_PERCENT = 99.8;
    private static final double FOREGROUND = 0.5;
    private static final double CENTRE = 0.3;
    private static final int VALIDATION_PATCHES = 24;
    private static final int PATCHES_A_WINDOW = 4;
    private static final int TIMED_STEPS = 4;
    private static final int LEAST_STEPS = 10;
    private static final String PLAN = "plan.json";
    private static final long SIMULATED_SEED = 0x6e75636c6569L;

    /**
     * How to train.
     *
     * @param name of the new model
     * @param base installed or bundled model, model folder or checkpoint to begin from, or {@value #NEW}
     * @param kind objects, classes, or segments of things and stuff, which are trained on simulated sections from
     *     {@value #NEW} alone
     * @param classNames for SEMANTIC one name a class, the background's first, 2 or more; else empty
     * @param classValues for SEMANTIC: the labels that the model is to give these classes, 0 or more and ascending; empty
     *     for 0, 1, 2, ...
     * @param objectDiameterPx for INSTANCES: usual diameter of an object in pixels of the images, 0 to take the median of
     *     the annotated ones
     * @param augmentation of the images
     * @param simulated share of patches that show simulated nuclei instead, 0 to 1; only for INSTANCES; 1 needs no images
     * @param steps updates; 0 for as many as fit into {@code minutes}
     * @param minutes that training may take, above 0 where {@code steps} is 0
     * @param batch patches in an update
     * @param rate largest learning rate, 0 for 1.5e-3 from {@value #NEW} and 5e-4 else
     * @param seed of everything random
     * @param device "auto", "cpu", "gpu0", ...
     */
    public record Settings(
            String name,
            String base,
            Kind kind,
            List<String> classNames,
            List<Integer> classValues,
            double objectDiameterPx,
            Augmentation augmentation,
            double simulated,
            long steps,
            double minutes,
            int batch,
            double rate,
            long seed,
            String device) {
        /** Checks the ranges. */
        public Settings {
            classNames = List.copyOf(classNames);
            classValues = List.copyOf(classValues);
            require(
                    classValues.isEmpty() || classValues.size() == classNames.size(),
                    "class values",
                    classValues,
                    "one a class, or none");
            require(name != null && !name.isBlank(), "name", name, "a name for the new model");
            require(base != null && !base.isBlank(), "base", base, "a model, or " + NEW);
            require(kind != null, "kind", kind, "INSTANCES and SEMANTIC");
            require(
                    kind == Kind.SEMANTIC ? classNames.size() >= 2 : classNames.isEmpty(),
                    "class names",
                    classNames,
                    "two names or more for SEMANTIC, none for INSTANCES");
            require(
                    objectDiameterPx == 0 || (objectDiameterPx >= 2 && objectDiameterPx <= 4096),
                    "object diameter",
                    objectDiameterPx,
                    "2 to 4096 pixels, or 0 to measure it");
            require(augmentation != null, "augmentation", augmentation, "none, light and microscopy");
            require(
                    kind == Kind.PANOPTIC
                            ? simulated == 1
                            : simulated >= 0 && simulated <= 1 && (simulated == 0 || kind == Kind.INSTANCES),
                    "simulated",
                    simulated,
                    "0 to 1 for INSTANCES, 0 for SEMANTIC, 1 for PANOPTIC");
            require(kind != Kind.PANOPTIC || base.equals(NEW), "base", base, NEW + " for PANOPTIC");
            require(steps >= 0, "steps", steps, "1 or more, or 0 to go by minutes");
            require(steps > 0 || (minutes > 0 && minutes < 100_000), "minutes", minutes, "above 0 where steps is 0");
            require(batch >= 1 && batch <= 256, "batch", batch, "1 to 256");
            require(rate >= 0 && rate < 1, "rate", rate, "above 0, below 1, or 0 for the usual one");
        }

        private static void require(boolean ok, String name, Object given, String allowed) {
            if (!ok) {
                throw new IllegalArgumentException(name + " is " + given + "; allowed: " + allowed);
            }
        }
    }

    /** Hears how a run goes. */
    public interface Listener {
        /** A line of the curve as it comes; of a run that goes on first those from before. */
        void logged(Logged line);

        /** What was found or done, in one line. */
        default void note(String line) {}

        /**
         * The first step comes now.
         *
         * @param done steps done before, above 0 where a stopped run goes on
         * @param steps in all
         * @param before metrics of the base on the validation images; empty where it has other outputs, or there are none
         */
        default void begins(long done, long steps, Map<String, Double> before) {}

        /**
         * All is done but for installing, which comes next: what is written here is there when the model is. A run that is
         * killed from now on is finished by the same again.
         */
        default void finished(Outcome outcome) throws IOException {}
    }

    /**
     * What came out.
     *
     * @param model the model as installed
     * @param history the curve
     * @param bestStep step of the installed weights
     * @param steps trained in all
     * @param before metrics of the base on the validation images; empty where it has other outputs, or there are none
     * @param after the same of the installed weights; empty without validation images
     * @param baseSha256 of the weights of the base; null for {@value #NEW}
     * @param notes what was done, one line each
     */
    public record Outcome(
            ModelFile model,
            List<Logged> history,
            long bestStep,
            long steps,
            Map<String, Double> before,
            Map<String, Double> after,
            String baseSha256,
            List<String> notes) {
        /** Whether the base did better on the validation images: by the first metric, or, where it is equal, by the loss. */
        public boolean baseWasBetter() {
            if (before.isEmpty() || after.isEmpty()) {
                return false;
            }
            String first = after.keySet().iterator().next();
            int compared = Double.compare(before.getOrDefault(first, Double.NEGATIVE_INFINITY), after.get(first));
            return compared > 0 || (compared == 0 && before.get(Trainer.VALIDATION) < after.get(Trainer.VALIDATION));
        }
    }

    /**
     * What must stay the same when a run goes on.
     *
     * @param steps that fitted into
     * @param minutes 0 in a plan of an earlier version
     */
    private record Plan(long steps, double minutes) {}

    private final Settings settings;
    private final List<Annotated> training;
    private final List<Annotated> validation;
    private final double pixelSizeUm;
    private final Listener listener;
    private final List<String> notes = new ArrayList<>();

    private TrainSegmenter(
            Settings settings,
            List<Annotated> training,
            List<Annotated> validation,
            double pixelSizeUm,
            Listener listener) {
        this.settings = settings;
        this.training = List.copyOf(training);
        this.validation = List.copyOf(validation);
        this.pixelSizeUm = pixelSizeUm;
        this.listener = listener;
        if (training.isEmpty() && settings.simulated() < 1) {
            throw new IllegalArgumentException("there are no annotated images to train on; give some, or train on"
                    + " simulated nuclei alone (simulated 1)");
        }
    }

    /**
     * Trains and installs.
     *
     * @param training raw intensities with labels as {@code settings.kind()} says; all with the same number of channels
     * @param validation images that are not trained on; may be empty: then the last weights are taken
     * @param pixelSizeUm of all images, 0 if unknown or different; goes into the card
     * @param folder for checkpoints: a run that was stopped goes on from there; null for none
     * @param listener is told each line of the curve and each note
     * @throws IllegalArgumentException if settings or labels are not allowed; the message is one line
     * @throws IOException if the base cannot be read, the name is taken, or files cannot be written
     * @throws java.util.concurrent.CancellationException if {@code progress} asks to stop; nothing is installed, the
     *     checkpoint stays
     */
    public static Outcome train(
            Settings settings,
            List<Annotated> training,
            List<Annotated> validation,
            double pixelSizeUm,
            Path folder,
            Progress progress,
            Listener listener)
            throws IOException {
        return new TrainSegmenter(settings, training, validation, pixelSizeUm, listener).run(folder, progress);
    }

    /** Deletes what a run that is installed has left in its folder of checkpoints. */
    public static void forget(Path folder) throws IOException {
        for (String name : List.of(Trainer.STATE, PLAN)) {
            Files.deleteIfExists(folder.resolve(name));
            Files.deleteIfExists(folder.resolve(name + ".part"));
        }
    }

    /** Whether a folder holds a checkpoint, of a run that was stopped or killed. */
    public static boolean hasState(Path folder) {
        return folder != null && Files.isRegularFile(folder.resolve(Trainer.STATE));
    }

    private void note(String line) {
        notes.add(line);
        listener.note(line);
    }

    private Outcome run(Path folder, Progress progress) throws IOException {
        ModelStore store = ModelStore.standard();
        if (!hasState(folder)) {
            store.checkFree(settings.name());
        }
        Device device = Devices.parse(settings.device());
        if (settings.kind() == Kind.PANOPTIC) {
            return panoptic(store, device, folder, progress);
        }
        int outputs = settings.kind() == Kind.INSTANCES
                ? OBJECT_OUTPUTS.size()
                : settings.classNames().size();
        try (LoadedModel base = settings.base().equals(NEW) ? null : store.load(settings.base(), null, device);
                Arena arena = Arena.open(device)) {
            if (base != null) {
                base.as(
                        SemanticSegmenter.class,
                        "does not segment images; allowed is a model for segmentation, or " + NEW);
            }
            Segmentation own = base == null ? null : base.card().segmentation();
            Segmentation segmentation = segmentation(own);
            noteScale(segmentation);
            Record config = base == null
                    ? new ContextClusterFpnArchitecture().withClasses(SMALL, outputs)
                    : base.configWith(outputs);
            Layer model = base == null
                    ? new ContextClusterFpnArchitecture().build((ContextClusterFpnArchitecture.Config) config)
                    : base.buildWith(outputs);
            model.allocate(arena, DataType.FLOAT32);
            Objective objective = objective(segmentation);
            ModelCard card = card(base, segmentation, outputs);
            boolean sameOutputs = sameOutputs(base, segmentation);
            List<Annotated> patches = validationPatches(segmentation);
            begin(model, base, sameOutputs);
            TrainingSettings plan = plan(
                    folder,
                    patches.size(),
                    () -> timed(model, objective, card.input(), source(segmentation), progress));
            begin(model, base, sameOutputs);
            Trainer.Run run = new Trainer.Run(
                    model,
                    card.input().normalisation(),
                    STRIDE,
                    objective,
                    plan,
                    source(segmentation),
                    patches,
                    description(base, config, segmentation));
            Map<String, Double> before = sameOutputs ? Trainer.measure(run, progress) : Map.of();
            try (Trainer trainer = new Trainer(run, folder)) {
                if (trainer.step() < plan.steps()) {
                    store.checkFree(settings.name()); // a model of a finished run may be its own
                }
                if (trainer.step() > 0) {
                    note("goes on from step " + trainer.step() + " of " + plan.steps() + " of a run that was stopped");
                }
                listener.begins(trainer.step(), plan.steps(), before);
                trainer.history().forEach(listener::logged);
                trainer.run(progress, listener::logged);
                return install(store, card, config, model, trainer, plan, before, base == null ? null : base.sha256());
            }
        }
    }

    private Outcome panoptic(ModelStore store, Device device, Path folder, Progress progress) throws IOException {
        KMaxDeepLab.Config config = SMALL_PANOPTIC;
        Set<Integer> things = IntStream.range(InclusionSample.FIRST_THING, config.classes())
                .boxed()
                .collect(Collectors.toSet());
        ModelCard card = panopticCard(config);
        PanopticDecoder.Options decoding = PanopticDecoder.Options.ADE20K;
        PanopticObjective objective = new PanopticObjective(KMaxLoss.SMALL, config.classes(), things, decoding);
        try (Arena arena = Arena.open(device)) {
            KMaxDeepLab model = new KMaxDeepLab(config);
            model.allocate(arena, DataType.FLOAT32);
            ExampleSource held = new SimulatedInclusions(config.widthPx(), ~settings.seed());
            List<Annotated> patches = LongStream.range(0, VALIDATION_PATCHES)
                    .mapToObj(held::example)
                    .toList();
            ExampleSource source = new SimulatedInclusions(config.widthPx(), settings.seed() ^ SIMULATED_SEED);
            fill(model);
            TrainingSettings plan =
                    plan(folder, patches.size(), () -> timed(model, objective, card.input(), source, progress));
            fill(model);
            Trainer.Run run = new Trainer.Run(
                    model,
                    card.input().normalisation(),
                    STRIDE,
                    objective,
                    plan,
                    source,
                    patches,
                    "panoptic; " + config);
            try (Trainer trainer = new Trainer(run, folder)) {
                if (trainer.step() < plan.steps()) {
                    store.checkFree(settings.name()); // a model of a finished run may be its own
                }
                if (trainer.step() > 0) {
                    note("goes on from step " + trainer.step() + " of " + plan.steps() + " of a run that was stopped");
                }
                listener.begins(trainer.step(), plan.steps(), Map.of());
                trainer.history().forEach(listener::logged);
                trainer.run(progress, listener::logged);
                return install(store, card, config, model, trainer, plan, Map.of(), null);
            }
        }
    }

    private ModelCard panopticCard(KMaxDeepLab.Config config) {
        List<Integer> things = IntStream.range(InclusionSample.FIRST_THING, config.classes())
                .boxed()
                .toList();
        PanopticDecoder.Options usual = PanopticDecoder.Options.ADE20K;
        List<Float> half = List.of(0.5f, 0.5f, 0.5f);
        return new ModelCard(
                settings.name(),
                "kmax-deeplab",
                "custom",
                "tissue and things in it, trained here on simulated sections",
                "panoptic segmentation",
                config.classes(),
                InclusionSample.CLASSES,
                new ModelCard.Input(
                        config.widthPx(), config.heightPx(), 0, Interpolation.PIL_BILINEAR, half, half, "RGB"),
                null,
                null,
                null,
                "trained by Pointillist",
                null,
                List.of(),
                null,
                new ModelCard.Panoptic(
                        things,
                        0,
                        usual.pixel(),
                        usual.thing(),
                        usual.stuff(),
                        usual.overlap(),
                        usual.classPower(),
                        usual.maskPower()));
    }

    /** Whether the outputs of the base mean what those of the new model mean. */
    private boolean sameOutputs(LoadedModel base, Segmentation segmentation) {
        Segmentation own = base == null ? null : base.card().segmentation();
        return own != null
                && own.kind() == segmentation.kind()
                && (own.kind() == Kind.INSTANCES
                        || (base.card().classNames().equals(settings.classNames())
                                && own.classValues().equals(segmentation.classValues())));
    }

    /** All that the weights depend on but for what the trainer knows itself. */
    private String description(LoadedModel base, Record config, Segmentation segmentation) {
        return String.join(
                "; ",
                "base " + settings.base() + (base == null ? "" : " " + base.sha256()),
                settings.kind() + " " + settings.classNames(),
                segmentation.toString(),
                "object diameter in images "
                        + (settings.kind() == Kind.INSTANCES && !training.isEmpty() ? imageDiameterPx() : 0),
                "augmentation " + augmentationName(),
                settings.augmentation().toString(),
                "simulated " + settings.simulated(),
                config.toString(),
                "data " + Long.toHexString(fingerprint()));
    }

    private String augmentationName() {
        return Augmentation.NAMES.stream()
                .filter(name -> Augmentation.named(name).equals(settings.augmentation()))
                .findFirst()
                .orElse("of its own");
    }

    private void noteScale(Segmentation segmentation) {
        if (settings.kind() != Kind.INSTANCES) {
            note("images are taken at their own size");
            return;
        }
        if (training.isEmpty()) {
            note(String.format(Locale.ROOT, "objects have %.4g pixels in the model", segmentation.objectDiameterPx()));
            return;
        }
        double diameter = imageDiameterPx();
        note(String.format(
                Locale.ROOT,
                "objects of %.4g pixels (%s) have %.4g in the model: images are resized by %.4g",
                diameter,
                settings.objectDiameterPx() > 0 ? "given" : "the median of those annotated",
                segmentation.objectDiameterPx(),
                segmentation.objectDiameterPx() / diameter));
    }

    private Segmentation segmentation(Segmentation own) {
        boolean instances = settings.kind() == Kind.INSTANCES;
        double unit = own != null && own.objectDiameterPx() > 0 ? own.objectDiameterPx() : DIAMETER_PX;
        double pixelSize = instances && pixelSizeUm > 0 && !training.isEmpty()
                ? pixelSizeUm * imageDiameterPx() / unit
                : pixelSizeUm;
        boolean grey = training.isEmpty() || training.get(0).image().channels() == 1;
        return new Segmentation(
                settings.kind(),
                pixelSize,
                instances ? unit : 0,
                own == null ? WINDOW_PX : own.windowPx(),
                own == null ? OVERLAP_PX : own.overlapPx(),
                own == null ? LOW_PERCENT : own.lowPercent(),
                own == null ? HIGH_PERCENT : own.highPercent(),
                grey,
                instances ? (own != null && own.kind() == Kind.INSTANCES ? own.foregroundThreshold() : FOREGROUND) : 0,
                instances ? (own != null && own.kind() == Kind.INSTANCES ? own.centreThreshold() : CENTRE) : 0,
                classValues(),
                instances && training.isEmpty() ? NucleiScene.SMALLEST_OUTLINE_PX : 0,
                // Own objects may differ from their ground by other things than brightness.
                instances && training.isEmpty() ? Segmentation.PROMINENT : 0);
    }

    /** Empty where they are 0, 1, 2, ... */
    private List<Integer> classValues() {
        List<Integer> values = settings.classValues();
        boolean usual = IntStream.range(0, values.size()).allMatch(k -> values.get(k) == k);
        return usual ? List.of() : values;
    }

    private Objective objective(Segmentation segmentation) {
        return settings.kind() == Kind.INSTANCES
                ? InstanceObjective.usual(segmentation)
                : SemanticObjective.usual(settings.classNames().size());
    }

    private void fill(Layer model) {
        Initialisation.fill(model, settings.seed());
        model.parameters().values().stream()
                .filter(parameter -> !isFloat(parameter)) // counts of batches
                .forEach(parameter ->
                        set(parameter, new long[(int) parameter.shape().size()]));
    }

    /** Random weights, then those of the base where name and shape are the same. */
    private void begin(Layer model, LoadedModel base, boolean sameOutputs) {
        fill(model);
        if (settings.kind() == Kind.INSTANCES) {
            // outputs begin near their usual values: little foreground, few centres (Lin et al., ICCV 2017, section
            // 4.1)
            set(model.parameters().get(CLASSIFIER + "bias"), new float[] {-1, -4, 0, 0});
        }
        if (base == null) {
            return;
        }
        int taken = 0;
        Map<String, Parameter> known = base.layer().parameters();
        for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
            Parameter parameter = entry.getValue();
            Parameter source = known.get(entry.getKey());
            boolean fits = source != null
                    && source.shape().equals(parameter.shape())
                    && source.array().getDataType() == parameter.array().getDataType()
                    && (sameOutputs || !entry.getKey().startsWith(CLASSIFIER));
            if (fits && isFloat(parameter)) {
                set(parameter, source.array().toFloatArray());
            } else if (fits) {
                set(parameter, source.array().toLongArray());
            }
            taken += fits ? 1 : 0;
        }
        String line = "began from " + settings.base() + ": " + taken + " of "
                + model.parameters().size() + " arrays, the others new";
        if (!notes.contains(line)) {
            note(line);
        }
    }

    private static void set(Parameter parameter, float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Float.BYTES * values.length).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(values);
        parameter.set(bytes, DataType.FLOAT32);
    }

    private static void set(Parameter parameter, long[] values) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(Long.BYTES * values.length).order(ByteOrder.nativeOrder());
        bytes.asLongBuffer().put(values);
        parameter.set(bytes, DataType.INT64);
    }

    private static boolean isFloat(Parameter parameter) {
        return parameter.array().getDataType() == DataType.FLOAT32;
    }

    /** Seconds a step. */
    private interface Timing {
        double seconds() throws IOException;
    }

    /** The settings of the run; where time decides, the number of steps that was found when the run began. */
    private TrainingSettings plan(Path folder, int validationPatches, Timing timing) throws IOException {
        long steps = settings.steps();
        if (steps == 0) {
            Path file = folder == null ? null : folder.resolve(PLAN);
            if (file != null && Files.exists(file)) {
                Plan plan = read(file);
                if (plan.minutes != settings.minutes()) {
                    throw new IllegalArgumentException("minutes is " + settings.minutes() + ", and the run in " + folder
                            + " was begun with " + plan.minutes + " (" + plan.steps
                            + " steps); go on with these minutes, choose another folder, or delete this one");
                }
                steps = plan.steps;
            } else {
                // ten validations, each batch about a third of a step
                long validating = 10L * validationPatches / settings.batch() / 3;
                steps = Math.max(LEAST_STEPS, Math.round(settings.minutes() * 60 / timing.seconds()) - validating);
                if (file != null) {
                    Files.createDirectories(folder);
                    Path part = folder.resolve(PLAN + ".part");
                    Plan plan = new Plan(steps, settings.minutes());
                    Files.writeString(
                            part, new GsonBuilder().setPrettyPrinting().create().toJson(plan) + "\n");
                    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            note(String.format(
                    Locale.ROOT,
                    "%d steps, as many as fit into %.4g minutes here; the same again: steps %d",
                    steps,
                    settings.minutes(),
                    steps));
        }
        boolean fresh = settings.base().equals(NEW);
        double rate = settings.rate() > 0 ? settings.rate() : fresh ? 1.5e-3 : 5e-4;
        TrainingSettings usual = TrainingSettings.usual(steps, settings.seed());
        return new TrainingSettings(
                steps,
                settings.batch(),
                rate,
                usual.warmUpSteps(),
                usual.lastRate(),
                usual.weightDecay(),
                usual.clipNorm(),
                steps < 2000 ? 0.99 : usual.average(),
                usual.validateEvery(),
                usual.saveEvery(),
                settings.seed());
    }

    private static Plan read(Path file) throws IOException {
        try {
            Plan plan = new Gson().fromJson(Files.readString(file), Plan.class);
            if (plan != null && plan.steps > 0) {
                return plan;
            }
        } catch (JsonParseException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
        throw new IOException(file + " is damaged: it names no steps");
    }

    /** Runs a few steps for their time; the weights are made anew afterwards. */
    private double timed(
            Layer model, Objective objective, ModelCard.Input input, ExampleSource source, Progress progress)
            throws IOException {
        progress.report(0, 1, "measuring the time of a step");
        TrainingSettings few =
                new TrainingSettings(TIMED_STEPS, settings.batch(), 1e-6, 0, 1, 0, 0, 0, TIMED_STEPS, TIMED_STEPS, 1);
        Trainer.Run run =
                new Trainer.Run(model, input.normalisation(), STRIDE, objective, few, source, List.of(), "timing");
        for (int round = 0; ; round++) {
            long start = System.nanoTime();
            try (Trainer trainer = new Trainer(run, null)) {
                trainer.run(progress, line -> {});
            }
            double seconds = (System.nanoTime() - start) / 1e9 / TIMED_STEPS;
            if (round == 1) { // the first warms up
                return seconds;
            }
        }
    }

    private ExampleSource source(Segmentation segmentation) {
        SimulatedNuclei nuclei = settings.simulated() == 0
                ? null
                : new SimulatedNuclei(
                        segmentation.windowPx(),
                        segmentation.objectDiameterPx(),
                        segmentation.lowPercent(),
                        segmentation.highPercent(),
                        settings.seed() ^ SIMULATED_SEED);
        if (settings.simulated() == 1) {
            return nuclei;
        }
        ExampleSource own = annotated(training, segmentation, settings.augmentation(), settings.seed());
        return nuclei == null
                ? own
                : new MixedSource(
                        List.of(own, nuclei),
                        new double[] {1 - settings.simulated(), settings.simulated()},
                        settings.seed());
    }

    private ExampleSource annotated(
            List<Annotated> images, Segmentation segmentation, Augmentation augmentation, long seed) {
        double[] scales = new double[images.size()];
        Arrays.fill(
                scales, settings.kind() == Kind.INSTANCES ? segmentation.objectDiameterPx() / imageDiameterPx() : 1);
        return new AnnotatedSource(
                images,
                scales,
                new AnnotatedSource.Drawing(
                        segmentation.windowPx(),
                        segmentation.lowPercent(),
                        segmentation.highPercent(),
                        settings.kind() == Kind.INSTANCES,
                        augmentation),
                seed);
    }

    private List<Annotated> validationPatches(Segmentation segmentation) {
        ExampleSource source;
        if (!validation.isEmpty()) {
            source = annotated(validation, segmentation, Augmentation.NONE, 1);
        } else if (settings.simulated() == 1) {
            source = new SimulatedNuclei(
                    segmentation.windowPx(),
                    segmentation.objectDiameterPx(),
                    segmentation.lowPercent(),
                    segmentation.highPercent(),
                    ~settings.seed());
        } else {
            return List.of();
        }
        List<Annotated> patches = new ArrayList<>();
        for (int i = 0; i < validationCount(segmentation); i++) {
            patches.add(source.example(i));
        }
        return patches;
    }

    /** Four for each window that the images hold, so that small ones are not looked at again and again. */
    private int validationCount(Segmentation segmentation) {
        if (validation.isEmpty()) {
            return VALIDATION_PATCHES;
        }
        double side = segmentation.windowPx()
                / (settings.kind() == Kind.INSTANCES ? segmentation.objectDiameterPx() / imageDiameterPx() : 1);
        double windows = 0;
        for (Annotated image : validation) {
            windows += Math.ceil(image.width() / side) * Math.ceil(image.height() / side);
        }
        return (int) Math.min(VALIDATION_PATCHES, PATCHES_A_WINDOW * windows);
    }

    /** The usual diameter of an object in the images: given, or the median of those annotated. */
    private double imageDiameterPx() {
        if (settings.objectDiameterPx() > 0) {
            return settings.objectDiameterPx();
        }
        List<Double> diameters = new ArrayList<>();
        for (Annotated image : training) {
            Map<Integer, Integer> areas = new LinkedHashMap<>();
            for (int label : image.labels()) {
                if (label > 0) {
                    areas.merge(label, 1, Integer::sum);
                }
            }
            areas.values().forEach(area -> diameters.add(Math.sqrt(4 * area / Math.PI)));
        }
        if (diameters.isEmpty()) {
            throw new IllegalArgumentException(
                    "no object is annotated in the training images; label some, or give the" + " object diameter");
        }
        diameters.sort(null);
        return diameters.get(diameters.size() / 2);
    }

    private long fingerprint() {
        CRC32 crc = new CRC32();
        for (List<Annotated> images : List.of(training, validation)) {
            for (Annotated image : images) {
                ByteBuffer bytes =
                        ByteBuffer.allocate(8 + Float.BYTES * (image.image().data().length + image.labels().length));
                bytes.putInt(image.width()).putInt(image.height());
                bytes.asFloatBuffer().put(image.image().data());
                bytes.position(8 + Float.BYTES * image.image().data().length);
                bytes.asIntBuffer().put(image.labels());
                crc.update(bytes.array());
            }
        }
        return crc.getValue();
    }

    private ModelCard card(LoadedModel base, Segmentation segmentation, int outputs) {
        boolean instances = settings.kind() == Kind.INSTANCES;
        List<String> names = instances ? OBJECT_OUTPUTS : settings.classNames();
        ModelCard.Input input = base == null || base.card().input() == null
                ? new ModelCard.Input(
                        segmentation.windowPx(),
                        segmentation.windowPx(),
                        0,
                        Interpolation.PIL_BILINEAR,
                        Normalisation.IMAGENET.mean(),
                        Normalisation.IMAGENET.std(),
                        "RGB",
                        LIFTS)
                : base.card().input();
        ModelCard own = base == null ? null : base.card();
        return new ModelCard(
                settings.name(),
                own == null ? ARCHITECTURE : own.architecture(),
                "custom",
                (instances ? "objects" : String.join(", ", settings.classNames())) + ", trained here",
                instances ? "instance segmentation" : "semantic segmentation",
                outputs,
                names,
                input,
                own == null ? null : own.licence(),
                own == null ? null : own.citation(),
                own == null ? null : own.source(),
                "trained by Pointillist",
                null,
                List.of(),
                segmentation);
    }

    private Outcome install(
            ModelStore store,
            ModelCard card,
            Record config,
            Layer model,
            Trainer trainer,
            TrainingSettings plan,
            Map<String, Double> before,
            String baseSha256)
            throws IOException {
        List<Logged> history = trainer.history();
        notes.add(data());
        notes.add(plan.toString());
        long best = trainer.bestStep() > 0 ? trainer.bestStep() : plan.steps();
        Map<String, Double> after = history.stream()
                .filter(line -> line.step() == best)
                .findFirst()
                .map(Logged::metrics)
                .orElse(Map.of());
        if (!before.isEmpty()) {
            notes.add("validation of " + settings.base() + ": " + before);
        }
        if (!after.isEmpty()) {
            notes.add("weights of step " + best + " of " + plan.steps() + ", validation: " + after);
        }
        ModelCard noted = card.withNotes(notes);
        ModelFile.Origin origin = new ModelFile.Origin(
                "training", null, "trained by Pointillist", List.of(), Map.of("steps", Long.toString(best)), notes);
        try (ModelStore.Prepared prepared = store.prepare(noted, config, stateDict(model), origin)) {
            Outcome outcome = new Outcome(
                    prepared.model(), history, best, plan.steps(), before, after, baseSha256, List.copyOf(notes));
            listener.finished(outcome);
            prepared.install();
            return outcome;
        }
    }

    private String data() {
        return String.format(
                Locale.ROOT,
                "data: %d images to train on, %d to validate, %.0f %% simulated %s, seed %d",
                training.size(),
                validation.size(),
                100 * settings.simulated(),
                settings.kind() == Kind.PANOPTIC ? "sections" : "nuclei",
                settings.seed());
    }

    private static StateDict stateDict(Layer model) {
        List<TensorEntry> entries = new ArrayList<>();
        model.parameters().forEach((name, parameter) -> {
            Shape shape = parameter.shape();
            entries.add(
                    parameter.array().getDataType() == DataType.FLOAT32
                            ? TensorEntry.of(name, parameter.array().toFloatArray(), shape.getShape())
                            : TensorEntry.of(name, parameter.array().toLongArray(), shape.getShape()));
        });
        return StateDict.of(entries);
    }
}
