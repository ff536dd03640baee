// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prints arrays held and resident memory over 1,000 forwards of CoC-tiny at 224 x 224. */
public final class MemoryOverForwards {
    private MemoryOverForwards() {}

    /** Runs it. */
    public static void main(String[] args) throws IOException {
        int forwards = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        try (Arena arena = Arena.onCpu();
                Arena inputs = Arena.onCpu()) {
            ContextCluster model = new ContextCluster(ContextCluster.TINY);
            model.allocate(arena, DataType.FLOAT32);
            NDArray image = inputs.zeros(DataType.FLOAT32, new Shape(1, 3, 224, 224));
            System.out.println("forwards, arrays of the model, arrays of the caller, resident MB");
            for (int i = 0; i <= forwards; i++) {
                if (i % (forwards / 10) == 0) {
                    System.out.printf(
                            "%d, %d, %d, %d%n", i, arena.arrays(), inputs.arrays(), residentKilobytes() / 1024);
                }
                model.apply(image, Pass.inference()).close();
            }
        }
    }

    private static long residentKilobytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return -1;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(-1);
    }
}
