// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.Container;
import io.github.pointillist.models.Container.Config;
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

/** The blocks and the whole model against the plain formulation in the same engine, for images of 224 x 224. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ContainerBenchmark {
    /** What is run: a block of a stage, counted from 0, or a whole model. */
    public enum Case {
        CONV_BLOCK_STAGE0(Container.LIGHT, 0, 56),
        CONV_BLOCK_STAGE2(Container.LIGHT, 2, 14),
        MIX_BLOCK_STAGE3(Container.LIGHT, 3, 7),
        MIX_BLOCK_STAGE1(Container.FULL, 1, 28),
        MODEL_LIGHT(Container.LIGHT, -1, 224),
        MODEL_FULL(Container.FULL, -1, 224);

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
        "CONV_BLOCK_STAGE0",
        "CONV_BLOCK_STAGE2",
        "MIX_BLOCK_STAGE3",
        "MIX_BLOCK_STAGE1",
        "MODEL_LIGHT",
        "MODEL_FULL"
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
            fast = new Container(config);
            plain = new PlainContainer(config);
            plainInput = PlainInputs.random(arena, 3, what.side);
            fastInput = plainInput;
        } else {
            int dim = config.dims().get(what.stage);
            int ratio = config.mlpRatios().get(what.stage);
            boolean mixed = config.contexts().get(what.stage) == Container.Context.MIXED;
            int heads = config.heads().get(what.stage);
            fast = mixed ? new Container.MixBlock(dim, heads, ratio) : new Container.ConvBlock(dim, ratio);
            plain = new PlainContainer.Block(dim, mixed ? heads : 0, ratio);
            plainInput = PlainInputs.random(arena, dim, what.side);
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
        if (difference > 1e-3f * Math.max(1, b.abs().max().getFloat())) {
            throw new IllegalStateException(String.format(Locale.ROOT, "results differ by %g", difference));
        }
    }

    private void fill(Layer layer) {
        layer.allocate(arena, DataType.FLOAT32);
        // With plain weights the queries of the full model are so long that its attention magnifies any rounding.
        GoldenRule.fill(layer, name -> false, name -> name.endsWith("conv1.weight") ? 0.25 : 1);
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

    /** The plain formulation. */
    @Benchmark
    public void dense() {
        plain().close();
    }
}
