// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.image.Normalisation;
import io.github.pointillist.image.RasterF;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Trains a network for dense prediction. Step t sees the examples (t - 1) B to t B - 1 of its source and nothing else that
 * is random, so a run depends on its settings alone: one that was killed and resumed from its last checkpoint ends with
 * the same weights, bit for bit on the CPU with the same number of threads.
 */
public final class Trainer implements AutoCloseable {
    /** Name of the checkpoint in the folder of a run. */
    public static final String STATE = "training.safetensors";

    private static final String TOTAL = "loss";
    static final String VALIDATION = "validation loss";
    /** Batches kept ready. */
    private static final int AHEAD = 2;

    private static final int THREADS = 1;
    private static final long LOSS_SEED = 0x6c6f7373L;
    private static final int MOST_FAILURES = 20;
    /** Checkpoints also come by time; saving does not change the run. */
    private static final long SAVE_SECONDS = 30;

    private static final int NAMED = 4;

    private final Run run;
    private final Layer model;
    private final Normalisation normalisation;
    private final int stride;
    private final Objective objective;
    private final TrainingSettings settings;
    private final ExampleSource source;
    private final Path folder;
    private final String fingerprint;
    private long saveNanos = TimeUnit.SECONDS.toNanos(SAVE_SECONDS);

    private final Arena arena;
    private final Map<String, Parameter> trained = new LinkedHashMap<>();
    private final Map<String, NDArray> average = new LinkedHashMap<>();
    private final AdamW optimiser;
    private final List<Logged> history = new ArrayList<>();
    private final Map<String, Double> sums = new LinkedHashMap<>();
    private final Map<String, float[]> best = new LinkedHashMap<>();
    private long step;
    private long bestStep;
    private double bestMetric = Double.NEGATIVE_INFINITY;
    private int failures;

    /**
     * What is trained and how.
     *
     * @param model with its starting weights in memory; its outputs are (B, {@code objective.outputs()}, h, w)
     * @param normalisation of patches of values from 0 to 255
     * @param stride pixels between outputs
     * @param objective what it learns
     * @param settings steps, rates, seed
     * @param source of patches of one size
     * @param validation patches of one size that the source never gives; may be empty
     * @param description of model and data in one line, compared on resuming
     */
    public record Run(
            Layer model,
            Normalisation normalisation,
            int stride,
            Objective objective,
            TrainingSettings settings,
            ExampleSource source,
            List<Annotated> validation,
            String description) {
        /** Takes a copy of the list. */
        public Run {
            validation = List.copyOf(validation);
        }
    }

    /**
     * Prepares a run; if its folder holds a checkpoint of the same run, from there.
     *
     * @param folder where checkpoints go; null for none
     * @throws IOException if the checkpoint cannot be read
     * @throws IllegalArgumentException if the checkpoint is of another run
     */
    public Trainer(Run run, Path folder) throws IOException {
        this.run = run;
        this.model = run.model;
        this.normalisation = run.normalisation;
        this.stride = run.stride;
        this.objective = run.objective;
        this.settings = run.settings;
        this.source = run.source;
        this.folder = folder;
        this.fingerprint = run.description + "; " + objective.describe() + "; " + settings + "; " + source.describe();
        this.arena = Arena.open(model.arena().device());
        model.parameters().forEach((name, parameter) -> {
            if (parameter.trainable()) {
                trained.put(name, parameter);
            }
        });
        this.optimiser = new AdamW(trained, arena, settings.weightDecay());
        averaged().forEach((name, parameter) -> {
            NDArray copy = arena.zeros(DataType.FLOAT32, parameter.shape());
            copy.set(new NDIndex("..."), parameter.array());
            average.put(name, copy);
        });
        if (folder != null && Files.exists(folder.resolve(STATE))) {
            restore(TrainingState.read(folder.resolve(STATE)));
        }
    }

    /** Everything in floating point, running statistics too. */
    private Map<String, Parameter> averaged() {
        Map<String, Parameter> floats = new LinkedHashMap<>(model.parameters());
        floats.values().removeIf(parameter -> parameter.array().getDataType() != DataType.FLOAT32);
        return floats;
    }

    /** Arrays of the engine that this trainer keeps. */
    int heldArrays() {
        return arena.arrays();
    }

    /** Updates done so far: above 0 where the run was resumed. */
    public long step() {
        return step;
    }

    /** The curve so far. */
    public List<Logged> history() {
        return List.copyOf(history);
    }

    /** The step that the weights of {@link #run} are of. */
    public long bestStep() {
        return bestStep;
    }

    /** How often checkpoints come by time, for tests. */
    void saveEvery(long nanos) {
        saveNanos = nanos;
    }

    /**
     * Trains to the last step. Then the model holds the averaged weights, of the best validation if there was one.
     *
     * @param listener is told every line of the curve as it comes
     * @throws CancellationException if {@code progress} asks to stop; the checkpoint is then of the last step done
     * @throws IllegalStateException if the loss is not finite {@value #MOST_FAILURES} times in a row
     */
    public void run(Progress progress, Consumer<Logged> listener) throws IOException {
        long begun = System.nanoTime();
        long first = step;
        long logged = history.isEmpty() ? 0 : history.get(history.size() - 1).step();
        long saved = begun;
        try (ExampleQueue queue =
                new ExampleQueue(source, step * settings.batch(), AHEAD * settings.batch(), THREADS)) {
            while (step < settings.steps()) {
                if (progress.cancelled()) {
                    save();
                    throw new CancellationException("cancelled at step " + step + " of " + settings.steps());
                }
                trainable(true);
                Map<String, Double> loss = update(queue);
                loss.forEach((name, value) -> sums.merge(name, value, Double::sum));
                boolean last = step == settings.steps();
                if (step % settings.validateEvery() == 0 || last) {
                    trainable(false);
                    long since = step - logged;
                    sums.replaceAll((name, value) -> value / since);
                    Logged line = new Logged(step, settings.rate(step), new LinkedHashMap<>(sums), validate(progress));
                    history.add(line);
                    listener.accept(line);
                    sums.clear();
                    logged = step;
                }
                if (last || step % settings.saveEvery() == 0 || System.nanoTime() - saved >= saveNanos) {
                    save();
                    saved = System.nanoTime();
                }
                progress.report(step, settings.steps(), message(loss.get(TOTAL), begun, first));
            }
        } finally {
            trainable(false);
        }
        use(best.isEmpty() ? current(average) : best);
    }

    private void trainable(boolean on) {
        trained.values().forEach(parameter -> {
            if (parameter.array().hasGradient() != on) {
                parameter.array().setRequiresGradient(on);
            }
        });
    }

    private String message(double loss, long begun, long first) {
        double seconds = (System.nanoTime() - begun) / 1e9;
        double left = seconds / (step - first) * (settings.steps() - step);
        String metric = "";
        if (!history.isEmpty()) {
            Double value = history.get(history.size() - 1)
                    .metrics()
                    .get(objective.metrics().get(0));
            metric = value == null
                    ? ""
                    : String.format(
                            Locale.ROOT, ", %s %.3f", objective.metrics().get(0), value);
        }
        return String.format(Locale.ROOT, "loss %.4f%s, %s left", loss, metric, duration(left));
    }

    private static String duration(double seconds) {
        return seconds < 90 ? Math.round(seconds) + " s" : Math.round(seconds / 60) + " min";
    }

    /** One update. Returns the parts of the loss and their sum. */
    private Map<String, Double> update(ExampleQueue queue) {
        List<Annotated> examples = new ArrayList<>();
        for (int i = 0; i < settings.batch(); i++) {
            examples.add(queue.next());
        }
        step++;
        // What layers draw at random, such as dropout, depends on the step alone.
        Engine.getInstance().setRandomSeed((int) (settings.seed() * 1_000_003 + step));
        Map<String, Double> values = new LinkedHashMap<>();
        try (Arena scope = arena.child();
                Gradients gradients = Gradients.note()) {
            Map<String, NDArray> parts = objective.loss(new Objective.Batch(
                    model,
                    input(examples, normalisation, scope),
                    examples,
                    stride,
                    scope,
                    Draws.of(settings.seed() ^ LOSS_SEED, step)));
            NDArray total = Losses.sum(new NDList(List.copyOf(parts.values())));
            gradients.backward(total);
            parts.forEach((name, part) -> values.put(name, (double) part.getFloat()));
            values.put(TOTAL, (double) total.getFloat());
        }
        double norm = optimiser.gradientNorm();
        boolean finite = Double.isFinite(norm) && Double.isFinite(values.get(TOTAL));
        failures = finite ? 0 : failures + 1;
        if (failures == MOST_FAILURES) {
            throw new IllegalStateException("the loss was not finite in " + MOST_FAILURES
                    + " steps in a row, up to step " + step + "; try a smaller learning rate than " + settings.rate());
        }
        double clip = settings.clipNorm();
        double scale = !finite ? 0 : clip > 0 && norm > clip ? clip / norm : 1;
        optimiser.update(step, settings.rate(step), scale);
        follow();
        return values;
    }

    /** Moves the average. */
    private void follow() {
        double kept = settings.average(step);
        averaged().forEach((name, parameter) -> {
            NDArray mean = average.get(name);
            try (NDArray difference = mean.sub(parameter.array())) {
                difference.muli(1 - kept);
                mean.subi(difference);
            }
        });
    }

    /** (B, C, H, W), normalised. */
    private static NDArray input(List<Annotated> examples, Normalisation normalisation, Arena scope) {
        RasterF first = examples.get(0).image();
        int channels = normalisation.channels();
        int size = channels * first.width() * first.height();
        float[] values = new float[examples.size() * size];
        for (int b = 0; b < examples.size(); b++) {
            System.arraycopy(normalisation.apply(examples.get(b).image()), 0, values, b * size, size);
        }
        return scope.array(values, examples.size(), channels, first.height(), first.width());
    }

    /** Measures the averaged weights on the validation patches and keeps them if they are the best so far. */
    private Map<String, Double> validate(Progress progress) {
        if (run.validation.isEmpty()) {
            return Map.of();
        }
        Map<String, float[]> own = current(arrays());
        use(current(average));
        Map<String, Double> metrics;
        try {
            metrics = measure(run, arena, () -> progress.report(step, settings.steps(), "validation"));
        } finally {
            use(own);
        }
        double first = metrics.get(objective.metrics().get(0));
        if (first > bestMetric || (first == bestMetric && metrics.get(VALIDATION) <= lossOfBest())) {
            bestMetric = first;
            bestStep = step;
            best.clear();
            best.putAll(current(average));
        }
        return metrics;
    }

    /** Of equally good weights those of the lower loss are kept. */
    private double lossOfBest() {
        return history.stream()
                .filter(line -> line.step() == bestStep)
                .mapToDouble(line -> line.metrics().get(VALIDATION))
                .findFirst()
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** Measures the weights that the model has now on the validation patches; empty without any. */
    static Map<String, Double> measure(Run run, Progress progress) {
        try (Arena arena = Arena.open(run.model.arena().device())) {
            return measure(run, arena, () -> {
                progress.check();
                progress.report(0, run.settings.steps(), "validation");
            });
        }
    }

    private static Map<String, Double> measure(Run run, Arena arena, Runnable eachBatch) {
        if (run.validation.isEmpty()) {
            return Map.of();
        }
        Objective.Counts counts = run.objective.counts();
        double loss = 0;
        int batches = 0;
        int size = run.settings.batch();
        for (int from = 0; from < run.validation.size(); from += size) {
            List<Annotated> examples = run.validation.subList(from, Math.min(run.validation.size(), from + size));
            try (Arena scope = arena.child()) {
                Map<String, NDArray> parts = run.objective.validate(
                        new Objective.Batch(
                                run.model,
                                input(examples, run.normalisation, scope),
                                examples,
                                run.stride,
                                scope,
                                Draws.of(LOSS_SEED, from)),
                        counts);
                for (NDArray part : parts.values()) {
                    loss += part.getFloat();
                }
                batches++;
            }
            eachBatch.run();
        }
        Map<String, Double> metrics = new LinkedHashMap<>();
        List<Double> values = run.objective.measure(counts);
        for (int i = 0; i < values.size(); i++) {
            metrics.put(run.objective.metrics().get(i), values.get(i));
        }
        metrics.put(VALIDATION, loss / batches);
        return metrics;
    }

    private Map<String, NDArray> arrays() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        averaged().forEach((name, parameter) -> arrays.put(name, parameter.array()));
        return arrays;
    }

    private static Map<String, float[]> current(Map<String, NDArray> arrays) {
        Map<String, float[]> values = new LinkedHashMap<>();
        arrays.forEach((name, array) -> values.put(name, array.toFloatArray()));
        return values;
    }

    private void use(Map<String, float[]> values) {
        Map<String, Parameter> parameters = model.parameters();
        values.forEach((name, floats) -> {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(Float.BYTES * floats.length).order(ByteOrder.nativeOrder());
            bytes.asFloatBuffer().put(floats);
            parameters.get(name).set(bytes, DataType.FLOAT32);
        });
    }

    private void save() throws IOException {
        if (folder == null) {
            return;
        }
        List<TensorEntry> entries = new ArrayList<>();
        model.parameters().forEach((name, parameter) -> {
            long[] shape = parameter.shape().getShape();
            NDArray array = parameter.array();
            entries.add(
                    array.getDataType() == DataType.FLOAT32
                            ? TensorEntry.of(TrainingState.MODEL + name, array.toFloatArray(), shape)
                            : TensorEntry.of(TrainingState.MODEL + name, array.toLongArray(), shape));
        });
        optimiser.slots().forEach((name, slot) -> {
            long[] shape = slot.parameter().shape().getShape();
            entries.add(
                    TensorEntry.of(TrainingState.FIRST_MOMENT + name, slot.m().toFloatArray(), shape));
            entries.add(
                    TensorEntry.of(TrainingState.SECOND_MOMENT + name, slot.v().toFloatArray(), shape));
        });
        average.forEach((name, array) -> entries.add(TensorEntry.of(
                TrainingState.AVERAGE + name,
                array.toFloatArray(),
                array.getShape().getShape())));
        best.forEach((name, values) -> entries.add(TensorEntry.of(
                TrainingState.BEST + name, values, average.get(name).getShape().getShape())));
        Files.createDirectories(folder);
        new TrainingState(step, fingerprint, bestStep, bestMetric, history, sums, StateDict.of(entries))
                .write(folder.resolve(STATE));
    }

    private void restore(TrainingState state) {
        if (!state.fingerprint().equals(fingerprint)) {
            throw new IllegalArgumentException("the checkpoint in " + folder + " is of another run: "
                    + difference(state.fingerprint(), fingerprint)
                    + "; choose another folder or the same settings, or delete the checkpoint");
        }
        step = state.step();
        bestStep = state.bestStep();
        bestMetric = state.bestMetric();
        history.addAll(state.history());
        sums.putAll(state.sums());
        StateDict arrays = state.arrays();
        model.parameters().forEach((name, parameter) -> {
            TensorEntry entry = arrays.get(TrainingState.MODEL + name);
            parameter.set(entry.data(), entry.dtype());
        });
        try {
            optimiser.slots().forEach((name, slot) -> {
                copy(arrays.get(TrainingState.FIRST_MOMENT + name), slot.m());
                copy(arrays.get(TrainingState.SECOND_MOMENT + name), slot.v());
            });
            average.forEach((name, array) -> copy(arrays.get(TrainingState.AVERAGE + name), array));
        } catch (UncheckedIOException e) {
            throw new IllegalArgumentException("the checkpoint in " + folder + " does not fit this model", e);
        }
        arrays.under(TrainingState.BEST).entries().forEach(entry -> best.put(entry.name(), entry.floats()));
    }

    /** The first few words in which two descriptions differ. */
    private static String difference(String before, String now) {
        List<String> was = words(before);
        List<String> is = words(now);
        List<String> gone = new ArrayList<>(was);
        gone.removeAll(is);
        is.removeAll(was);
        return "it had " + named(gone) + ", now there is " + named(is);
    }

    private static List<String> words(String description) {
        return new ArrayList<>(List.of(description.split("[;,]\\s*|[\\[\\]]")));
    }

    private static String named(List<String> words) {
        return words.isEmpty()
                ? "nothing else"
                : String.join(", ", words.subList(0, Math.min(NAMED, words.size())))
                        + (words.size() > NAMED ? ", ..." : "");
    }

    private void copy(TensorEntry entry, NDArray into) {
        try (Arena scope = arena.child()) {
            into.set(
                    new NDIndex("..."),
                    scope.array(entry.floats(), into.getShape().getShape()));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
