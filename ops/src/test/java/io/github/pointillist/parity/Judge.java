// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.weights.TensorEntry;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Compares computed outputs with the golden ones of one case.
 *
 * <p>Numbers: within max(1e-5 x max(1, largest magnitude), 10 x the official code's own float32 error). Decisions
 * (integers): equal, but for the near ties that the case lists, or different in at most ten times the share in which the
 * official code differs between float32 and float64. Where only a part of an output is stored, that part is compared.
 */
public final class Judge {
    private static final double TOLERANCE = 1e-5;
    private static final double OFFICIAL_FACTOR = 10;
    private static final Pattern CALL = Pattern.compile("(?:assign|cluster)(\\d+)");
    private static final Pattern PART =
            Pattern.compile("slice|channel|first|rows|of full shape|of \\(|\\d\\.\\.\\d|:\\s*\\d");
    private static final Pattern SLICE_PART = Pattern.compile("(-?\\d*):(-?\\d*)(?::(\\d*))?");

    /**
     * What came of one output.
     *
     * @param worstAbs the greatest difference of numbers; 0 for decisions
     * @param worstRel the same over the largest magnitude of the output
     * @param differing how many decisions differ, of {@code decisions}
     * @param problem why it failed, in words; null where it passed
     */
    public record Verdict(
            String key, double worstAbs, double worstRel, long differing, long decisions, String problem) {
        /** Whether the output is as good as it must be. */
        public boolean passed() {
            return problem == null;
        }

        private boolean flipped() {
            return passed() && differing > 0;
        }
    }

    private final GoldenCase golden;
    private final Map<String, Verdict> verdicts = new LinkedHashMap<>();
    private final Map<String, String> skipped = new LinkedHashMap<>();
    private boolean rejudged;

    /** A judge who has seen nothing yet. */
    public Judge(GoldenCase golden) {
        this.golden = golden;
    }

    /** What came of every judged output, in the order of judging. */
    public Map<String, Verdict> verdicts() {
        return verdicts;
    }

    /** The outputs left out on purpose, with reasons. */
    public Map<String, String> skipped() {
        return skipped;
    }

    /** Whether the kind wants an output of this key, because the case has it. */
    public boolean wants(String key) {
        return golden.outputs().containsKey(key);
    }

    /** Leaves an output out, for a reason that is printed. */
    public void skip(String key, String reason) {
        golden.output(key);
        skipped.put(key, reason);
    }

    /** Judges an output of any type. */
    public void check(String key, NDArray computed) {
        long[] shape = computed.getShape().getShape();
        if (computed.getDataType().isFloating()) {
            try (NDArray wide = computed.toType(DataType.FLOAT64, true)) {
                check(key, wide.toDoubleArray(), shape);
            }
        } else {
            try (NDArray wide = computed.toType(DataType.INT64, true)) {
                check(key, wide.toLongArray(), shape);
            }
        }
    }

    /** Judges an output given as row-major numbers. */
    public void check(String key, double[] computed, long... shape) {
        if (golden.isDecision(key)) {
            long[] whole = new long[computed.length];
            for (int i = 0; i < whole.length; i++) {
                whole[i] = (long) computed[i];
                if (whole[i] != computed[i]) {
                    fail(key, "the value " + computed[i] + " where the reference holds integers");
                    return;
                }
            }
            check(key, whole, shape);
            return;
        }
        TensorEntry reference = golden.golden(key);
        int[] part = part(key, computed.length, shape);
        if (part != null) {
            judgeNumbers(key, reference.doubles(), part, computed);
        }
    }

    /** Judges an output given as row-major integers. */
    public void check(String key, long[] computed, long... shape) {
        if (!golden.isDecision(key)) {
            check(key, Arrays.stream(computed).asDoubleStream().toArray(), shape);
            return;
        }
        int[] part = part(key, computed.length, shape);
        if (part == null) {
            return;
        }
        long[] reference = golden.golden(key).longs();
        Set<Long> differing = new HashSet<>();
        for (int i = 0; i < reference.length; i++) {
            if (reference[i] != computed[part[i]]) {
                differing.add((long) i);
            }
        }
        judgeDecisions(key, differing, reference.length);
    }

    /** Judges integers whose order along the last axis does not matter, such as nearest neighbours. */
    public void checkSets(String key, long[] computed, long... shape) {
        int[] part = part(key, computed.length, shape);
        if (part == null) {
            return;
        }
        TensorEntry stored = golden.golden(key);
        long[] reference = stored.longs();
        long[] axes = stored.shape().getShape();
        int members = (int) axes[axes.length - 1];
        long differing = 0;
        for (int row = 0; row < reference.length; row += members) {
            Map<Long, Long> counts = Arrays.stream(reference, row, row + members)
                    .boxed()
                    .collect(Collectors.groupingBy(value -> value, Collectors.counting()));
            for (int i = row; i < row + members; i++) {
                if (counts.merge(computed[part[i]], -1L, Long::sum) < 0) {
                    differing++;
                }
            }
        }
        judgeShare(key, differing, reference.length);
    }

    /**
     * Judges detections as sets: every reference row must have a computed row of its own with the same label and all
     * numbers within the tolerance, and there may be no others.
     *
     * @param rows numbers per detection, (N, columns)
     * @param labels the class of each detection
     */
    public void checkDetections(String rowsKey, String labelsKey, double[] rows, long[] labels) {
        TensorEntry stored = golden.golden(rowsKey);
        double[] reference = stored.doubles();
        long[] referenceLabels = golden.golden(labelsKey).longs();
        int columns = (int) stored.shape().get(1);
        int count = referenceLabels.length;
        if (labels.length != count || rows.length != reference.length) {
            fail(rowsKey, labels.length + " detections where the reference has " + count);
            fail(labelsKey, labels.length + " labels where the reference has " + count);
            return;
        }
        boolean[] taken = new boolean[count];
        double[] matched = new double[reference.length];
        long unmatched = 0;
        for (int i = 0; i < count; i++) {
            int best = -1;
            double bestDifference = Double.POSITIVE_INFINITY;
            for (int j = 0; j < count; j++) {
                if (!taken[j] && labels[j] == referenceLabels[i]) {
                    double difference = rowDifference(reference, i, rows, j, columns);
                    if (difference < bestDifference) {
                        best = j;
                        bestDifference = difference;
                    }
                }
            }
            if (best < 0) {
                unmatched++;
                Arrays.fill(matched, i * columns, (i + 1) * columns, Double.NaN);
            } else {
                taken[best] = true;
                System.arraycopy(rows, best * columns, matched, i * columns, columns);
            }
        }
        int[] part = new int[reference.length];
        Arrays.setAll(part, i -> i);
        judgeNumbers(rowsKey, reference, part, matched);
        judgeShare(labelsKey, unmatched, count);
    }

    private static double rowDifference(double[] a, int rowA, double[] b, int rowB, int columns) {
        double worst = 0;
        for (int c = 0; c < columns; c++) {
            worst = Math.max(worst, Math.abs(a[rowA * columns + c] - b[rowB * columns + c]));
        }
        return worst;
    }

    // ---- verdicts

    private void judgeNumbers(String key, double[] reference, int[] part, double[] computed) {
        GoldenCase.Output output = golden.output(key);
        double tolerance = Math.max(TOLERANCE * Math.max(1, output.maxAbs()), OFFICIAL_FACTOR * output.float32Diff());
        double worst = 0;
        for (int i = 0; i < reference.length; i++) {
            double value = computed[part[i]];
            boolean same = value == reference[i] || (Double.isNaN(value) && Double.isNaN(reference[i]));
            double difference = same ? 0 : Math.abs(value - reference[i]);
            worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
        }
        double relative = worst == 0 ? 0 : worst / Math.max(output.maxAbs(), Float.MIN_NORMAL);
        String problem = worst <= tolerance
                ? null
                : String.format(Locale.ROOT, "off by %.3g, allowed is %.3g", worst, tolerance);
        verdicts.put(key, new Verdict(key, worst, relative, 0, 0, problem));
    }

    private void judgeDecisions(String key, Set<Long> differing, long count) {
        if (!differing.isEmpty() && excusedByTies(key, differing)) {
            verdicts.put(key, new Verdict(key, 0, 0, differing.size(), count, null));
            return;
        }
        judgeShare(key, differing.size(), count);
    }

    private void judgeShare(String key, long differing, long count) {
        double allowed = OFFICIAL_FACTOR * golden.output(key).mismatch();
        boolean passed = differing <= allowed * count;
        String problem = passed
                ? null
                : String.format(
                        Locale.ROOT,
                        "%d of %d decisions differ, allowed are the listed near ties or %.3g %%",
                        differing,
                        count,
                        100 * allowed);
        verdicts.put(key, new Verdict(key, 0, 0, differing, count, problem));
    }

    private boolean excusedByTies(String key, Set<Long> differing) {
        Matcher matcher = CALL.matcher(key);
        if (!matcher.matches()) {
            return false;
        }
        int call = Integer.parseInt(matcher.group(1));
        Set<Long> ties = golden.nearTies().stream()
                .filter(tie -> tie.call() == call)
                .map(GoldenCase.NearTie::index)
                .collect(Collectors.toSet());
        if (decisionsAreEntries()) {
            return ties.containsAll(differing);
        }
        // A decision is the border between two sorted groups here: a flip swaps two entries across it.
        return differing.size() <= 2L * ties.size();
    }

    /** Whether every entry of the assignments is one decision, as for an argmax. */
    private boolean decisionsAreEntries() {
        long entries = golden.outputs().keySet().stream()
                .filter(key -> CALL.matcher(key).matches())
                .mapToLong(key -> golden.golden(key).size())
                .sum();
        return golden.decisions().orElse(-1L) == entries;
    }

    private void fail(String key, String problem) {
        double worst = golden.isDecision(key) ? 0 : Double.POSITIVE_INFINITY;
        verdicts.put(key, new Verdict(key, worst, worst, 0, 0, problem));
    }

    // ---- stored parts

    /** For every stored value its flat index in the computed array; null, and a verdict, where the shapes do not fit. */
    private int[] part(String key, int values, long[] computed) {
        GoldenCase.Output output = golden.output(key);
        long[] stored = golden.golden(key).shape().getShape();
        long[] starts = new long[stored.length];
        long[] steps = new long[stored.length];
        Arrays.fill(steps, 1);
        boolean fits =
                computed.length == stored.length && Arrays.stream(computed).reduce(1, Math::multiplyExact) == values;
        if (fits && !Arrays.equals(computed, stored)) {
            if (output.slice() != null) {
                fits = output.shape().equals(Arrays.stream(computed).boxed().toList());
                parseSlice(output.slice(), starts, steps);
            } else {
                // The first entries of every axis, and only where the case says that it stores a part.
                fits = PART.matcher(String.valueOf(output.meaning())).find();
            }
            for (int axis = 0; axis < stored.length; axis++) {
                fits &= stored[axis] == 0 || starts[axis] + (stored[axis] - 1) * steps[axis] < computed[axis];
            }
        }
        if (!fits) {
            fail(
                    key,
                    values + " values of shape " + Arrays.toString(computed) + " where the reference has "
                            + output.shape() + " and stores " + Arrays.toString(stored));
            return null;
        }
        return indices(stored, computed, starts, steps);
    }

    private static int[] indices(long[] stored, long[] computed, long[] starts, long[] steps) {
        int count = (int) Arrays.stream(stored).reduce(1, (a, b) -> a * b);
        int[] indices = new int[count];
        long[] at = new long[stored.length];
        for (int i = 0; i < count; i++) {
            long flat = 0;
            for (int axis = 0; axis < stored.length; axis++) {
                flat = flat * computed[axis] + starts[axis] + at[axis] * steps[axis];
            }
            indices[i] = Math.toIntExact(flat);
            for (int axis = stored.length - 1; axis >= 0; axis--) {
                if (++at[axis] < stored[axis]) {
                    break;
                }
                at[axis] = 0;
            }
        }
        return indices;
    }

    private static void parseSlice(String slice, long[] starts, long[] steps) {
        String[] parts = slice.replaceAll("[\\[\\]\\s]", "").split(",");
        for (int axis = 0; axis < parts.length && axis < steps.length; axis++) {
            Matcher matcher = SLICE_PART.matcher(parts[axis]);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("a stored slice " + slice + "; known are a:b:step parts");
            }
            starts[axis] = number(matcher.group(1), 0);
            steps[axis] = number(matcher.group(3), 1);
        }
    }

    private static long number(String text, long otherwise) {
        return text == null || text.isEmpty() ? otherwise : Long.parseLong(text);
    }

    // ---- float32, then float64 where a decision flipped

    /** Runs a case in float32, and again in float64 for what follows a decision that float32 flipped. */
    static Judge run(GoldenCase golden, CaseKind kind) throws Exception {
        Judge narrow = new Judge(golden);
        kind.run(golden, narrow, DataType.FLOAT32);
        narrow.requireAll();
        if (narrow.failures().isEmpty() || !narrow.mayHaveFlipped()) {
            return narrow;
        }
        Judge wide = new Judge(golden);
        kind.run(golden, wide, DataType.FLOAT64);
        wide.requireAll();
        for (Verdict failure : narrow.failures()) {
            narrow.verdicts.put(failure.key(), wide.verdicts.getOrDefault(failure.key(), failure));
        }
        narrow.rejudged = true;
        return narrow;
    }

    /** Whether some outputs were judged in float64. */
    public boolean rejudged() {
        return rejudged;
    }

    /** The outputs that failed. */
    public List<Verdict> failures() {
        return verdicts.values().stream().filter(verdict -> !verdict.passed()).toList();
    }

    /** A decision flipped within what is allowed, or the official code itself flips some that are not stored. */
    private boolean mayHaveFlipped() {
        return verdicts.values().stream().anyMatch(Verdict::flipped) || golden.assignmentMismatch() > 0;
    }

    private void requireAll() {
        for (String key : golden.outputs().keySet()) {
            if (!verdicts.containsKey(key) && !skipped.containsKey(key)) {
                fail(key, "not computed");
            }
        }
    }
}
