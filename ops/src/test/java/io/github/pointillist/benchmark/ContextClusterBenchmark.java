// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.layers.ContextClusterLayer;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.ContextCluster;
import io.github.pointillist.models.ContextCluster.Config;
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

/** The cluster layer and the whole model against the plain dense formulation in the same engine. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ContextClusterBenchmark {
    /** What is run; stages are counted from 0. */
    public enum Case {
        TINY_STAGE0_224(ContextCluster.TINY, 0, 224),
        TINY_STAGE1_224(ContextCluster.TINY, 1, 224),
        TINY2_STAGE2_224(ContextCluster.TINY2, 2, 224),
        TINY2_STAGE3_224(ContextCluster.TINY2, 3, 224),
        TINY_STAGE0_512(ContextCluster.TINY, 0, 512),
        TINY_STAGE1_512(ContextCluster.TINY, 1, 512),
        MODEL_TINY_224(ContextCluster.TINY, -1, 224);

        private final Config config;
        private final int stage;
        private final int side;

        Case(Config config, int stage, int side) {
            this.config = config;
            this.stage = stage;
            this.side = side;
        }
    }

    @Param({
        "TINY_STAGE0_224",
        "TINY_STAGE1_224",
        "TINY2_STAGE2_224",
        "TINY2_STAGE3_224",
        "TINY_STAGE0_512",
        "TINY_STAGE1_512",
        "MODEL_TINY_224"
    })
    private Case what;

    private Arena arena;
    private Layer fast;
    private Layer plain;
    private NDArray fastInput;
    private NDArray plainInput;

    /** Builds both with the same weights and checks that they agree. */
    @Setup(Level.Trial)
    public void setUp() {
        arena = Arena.onCpu();
        Config config = what.config;
        if (what.stage < 0) {
            fast = new ContextCluster(config);
            plain = new PlainContextCluster(config);
            plainInput = PlainInputs.random(arena, 3, what.side);
            fastInput = plainInput;
        } else {
            int i = what.stage;
            int dim = config.dims().get(i);
            int centres = config.centres().get(i);
            int fold = config.fold().get(i);
            int heads = config.heads().get(i);
            fast = new ContextClusterLayer(dim, centres, fold, heads, config.headDim(), Denominator.SIMILARITY);
            plain = new PlainContextCluster.Cluster(dim, centres, fold, heads, config.headDim());
            plainInput = PlainInputs.random(arena, dim, config.sides(what.side).get(i));
            fastInput = PlainInputs.channelsLast(plainInput);
        }
        fill(fast);
        fill(plain);
        NDArray a = fast();
        NDArray b = plain();
        if (what.stage >= 0) {
            a = a.transpose(0, 3, 1, 2);
        }
        float difference = a.sub(b).abs().max().getFloat();
        if (difference > 1e-3f) {
            throw new IllegalStateException(String.format(Locale.ROOT, "results differ by %g", difference));
        }
    }

    private void fill(Layer layer) {
        layer.allocate(arena, DataType.FLOAT32);
        GoldenRule.fill(layer);
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void tearDown() {
        arena.close();
    }

    private NDArray fast() {
        return fast.apply(fastInput, Pass.inference());
    }

    private NDArray plain() {
        return plain.apply(plainInput, Pass.inference());
    }

    /** This repository's formulation. */
    @Benchmark
    public void pointillist() {
        fast().close();
    }

    /** The dense formulation. */
    @Benchmark
    public void dense() {
        plain().close();
    }
}
