// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.FasterVit;
import io.github.pointillist.models.SecFasterVit;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Whole classifiers of the FasterViT family against the plain formulation in the same engine. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FasterVitBenchmark {
    /** What is run. */
    public enum Case {
        FASTER_VIT_0_224(FasterVit.V0),
        SEC_FASTER_VIT_0_224(SecFasterVit.S0);

        private final FasterVit.Config config;

        Case(FasterVit.Config config) {
            this.config = config;
        }

        private FasterVit build() {
            return config.clusters().isEmpty() ? new FasterVit(config) : new SecFasterVit(config);
        }
    }

    @Param({"FASTER_VIT_0_224", "SEC_FASTER_VIT_0_224"})
    private Case what;

    private Arena arena;
    private Layer fast;
    private Layer plain;
    private NDArray input;

    /** Builds both with the same weights and checks that they agree. */
    @Setup(Level.Trial)
    public void setUp() {
        arena = Arena.onCpu();
        fast = filled(what.build());
        plain = filled(new PlainFasterVit(what.config));
        input = arena.array(GoldenRule.u("input", 3 * 224 * 224), 1, 3, 224, 224);
        try (NDArray a = fast.apply(input, Pass.inference());
                NDArray b = plain.apply(input, Pass.inference())) {
            float difference = a.sub(b).abs().max().getFloat();
            if (!(difference < 1e-3f)) {
                throw new IllegalStateException(String.format(Locale.ROOT, "results differ by %g", difference));
            }
        }
    }

    private Layer filled(Layer layer) {
        layer.allocate(arena, DataType.FLOAT32);
        GoldenRule.fill(layer);
        return layer;
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void tearDown() {
        arena.close();
    }

    /** This repository's formulation. */
    @Benchmark
    public void pointillist() {
        fast.apply(input, Pass.inference()).close();
    }

    /** The plain formulation. */
    @Benchmark
    public void plain() {
        plain.apply(input, Pass.inference()).close();
    }
}
