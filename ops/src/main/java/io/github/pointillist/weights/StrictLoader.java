// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Copies a state dict into a model, or says everything that does not fit and changes nothing. */
public final class StrictLoader {
    private static final int LISTED = 10;

    private StrictLoader() {}

    /**
     * What was left alone.
     *
     * @param ignored entries of the state dict that the model does not have
     * @param keptAsBuilt parameters of the model that the state dict does not have
     */
    public record Report(List<String> ignored, List<String> keptAsBuilt) {
        /** Copies the lists. */
        public Report {
            ignored = List.copyOf(ignored);
            keptAsBuilt = List.copyOf(keptAsBuilt);
        }
    }

    /**
     * Copies every entry into the parameter of the same name, converted to the parameter's type.
     *
     * @param layer a model that has its memory ({@link Layer#allocate})
     * @throws CheckpointException if a name is missing, unexpected, or has another shape; the model is then unchanged
     */
    public static Report load(StateDict weights, Layer layer) throws CheckpointException {
        return load(weights, layer, name -> false);
    }

    /**
     * The same, but names that pass {@code ignorable} may be missing on either side. An entry that both sides have is
     * copied even then, and must have the right shape.
     */
    public static Report load(StateDict weights, Layer layer, Predicate<String> ignorable) throws CheckpointException {
        Report report = check(weights, layer, ignorable);
        layer.parameters().forEach((name, parameter) -> weights.find(name).ifPresent(entry -> set(parameter, entry)));
        return report;
    }

    /**
     * Compares names and shapes, which a model has before it has its memory.
     *
     * @throws CheckpointException if a name is missing, unexpected, or has another shape
     */
    public static Report check(StateDict weights, Layer layer, Predicate<String> ignorable) throws CheckpointException {
        Map<String, Parameter> parameters = layer.parameters();
        List<String> ignored = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        parameters.forEach((name, parameter) -> {
            if (!weights.contains(name)) {
                (ignorable.test(name) ? kept : missing).add(name);
            } else if (!sameShape(weights.get(name).shape(), parameter.shape())) {
                misshapen.add(name + " " + weights.get(name).shape() + " for " + parameter.shape());
            }
        });
        for (String name : weights.names()) {
            if (!parameters.containsKey(name)) {
                if (ignorable.test(name)) {
                    ignored.add(name);
                } else {
                    unexpected.add(CheckpointException.quote(name));
                }
            }
        }
        if (!missing.isEmpty() || !unexpected.isEmpty() || !misshapen.isEmpty()) {
            throw new CheckpointException(("the weights do not fit the model:" + part("missing", missing)
                            + part("unexpected", unexpected) + part("of another shape", misshapen))
                    .replaceAll(";$", ""));
        }
        return new Report(ignored, kept);
    }

    /** PyTorch also takes one value in a vector for a scalar, as its versions before 0.4 saved counters. */
    private static boolean sameShape(Shape given, Shape wanted) {
        return given.equals(wanted) || (wanted.dimension() == 0 && given.dimension() == 1 && given.get(0) == 1);
    }

    private static String part(String what, List<String> names) {
        if (names.isEmpty()) {
            return "";
        }
        String listed = String.join(", ", names.subList(0, Math.min(LISTED, names.size())));
        return " " + names.size() + " " + what + " (" + listed + (names.size() > LISTED ? ", ..." : "") + ");";
    }

    private static void set(Parameter parameter, TensorEntry entry) {
        DataType type = entry.dtype();
        Shape shape = entry.shape();
        if (type == DataType.UINT16 || type == DataType.UINT32 || type == DataType.UINT64) {
            // The engine has no arithmetic on these.
            TensorEntry signed = TensorEntry.of(entry.name(), entry.longs(), shape.getShape());
            parameter.set(signed.data(), signed.dtype());
            return;
        }
        // The engine ends the process when it is to make an array of bfloat16.
        TensorEntry known = type == DataType.BFLOAT16 ? entry.toFloat32() : entry;
        ByteBuffer data = known.data();
        parameter.set(data, known.dtype());
    }
}
