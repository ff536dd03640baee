// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the state dict of official variants with weights made by the golden rule, one safetensors file each, to try what
 * needs weights where no official ones are to be had.
 */
final class RuleWeightsMain {
    private RuleWeightsMain() {}

    /** Arguments: a folder, then "ARCHITECTURE" or "ARCHITECTURE/VARIANT" words; all architectures where none is given. */
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            System.err.println("give a folder, then ARCHITECTURE or ARCHITECTURE/VARIANT words");
            System.exit(2);
        }
        List<String> known = new ArrayList<>();
        for (Architecture<?> architecture : Architectures.ALL) {
            known.add(architecture.id());
            architecture.variants().keySet().forEach(variant -> known.add(architecture.id() + "/" + variant));
        }
        for (String word : List.of(args).subList(1, args.length)) {
            if (!known.contains(word)) {
                System.err.println(word + " is unknown; known are " + String.join(", ", known));
                System.exit(2);
            }
        }
        Path folder = Files.createDirectories(Path.of(args[0]));
        for (Architecture<?> architecture : Architectures.ALL) {
            write(architecture, folder, List.of(args).subList(1, args.length));
        }
    }

    private static <C extends Record> void write(Architecture<C> architecture, Path folder, List<String> wanted)
            throws IOException {
        for (Map.Entry<String, C> variant : architecture.variants().entrySet()) {
            if (wanted.isEmpty()
                    || wanted.contains(architecture.id())
                    || wanted.contains(architecture.id() + "/" + variant.getKey())) {
                Path file = folder.resolve(architecture.id() + "-" + variant.getKey() + ".safetensors");
                SafeTensors.write(weights(architecture.build(variant.getValue())), Map.of(), file);
                System.out.println(file);
            }
        }
    }

    private static StateDict weights(Layer layer) {
        try (Arena arena = Arena.onCpu()) {
            layer.allocate(arena, DataType.FLOAT32);
            // What a constructor computes stays: tables of positions and angles.
            GoldenRule.fill(layer, name -> name.contains("relative_") || name.contains("RoPE"), name -> 1);
            List<TensorEntry> entries = new ArrayList<>();
            layer.parameters().forEach((name, parameter) -> {
                NDArray array = parameter.array();
                long[] shape = parameter.shape().getShape();
                entries.add(
                        array.getDataType().isFloating()
                                ? TensorEntry.of(name, array.toFloatArray(), shape)
                                : TensorEntry.of(
                                        name, array.toType(DataType.INT64, true).toLongArray(), shape));
            });
            return StateDict.of(entries);
        }
    }
}
