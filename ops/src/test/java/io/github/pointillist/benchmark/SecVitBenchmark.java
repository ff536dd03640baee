// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.layers.Rope;
import io.github.pointillist.layers.SecAttention;
import io.github.pointillist.models.SecVit;
import io.github.pointillist.models.Swin;
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

/**
 * The attention of SecViT-T at 224 pixels, and the whole SecViT-T, Swin-T and SEC-Swin-T, against the formulation of the
 * reference in the same engine.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SecVitBenchmark {
    private static final int SIDE = 224;

    /** What is run; stages are counted from 0. */
    public enum Case {
        ATTENTION_STAGE0,
        ATTENTION_STAGE1,
        ATTENTION_STAGE2,
        MODEL_SECVIT_T,
        MODEL_SWIN_T,
        MODEL_SEC_SWIN_T
    }

    @Param
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
        switch (what) {
            case MODEL_SECVIT_T -> models(new SecVit(SecVit.T), new PlainSecVit(SecVit.T));
            case MODEL_SWIN_T -> models(new Swin(Swin.T), new PlainSwin(Swin.T));
            case MODEL_SEC_SWIN_T -> models(new Swin(Swin.SEC_T), new PlainSwin(Swin.SEC_T));
            default -> attention(what.ordinal());
        }
        fill(fast);
        fill(plain);
        NDArray a = fast();
        NDArray b = plain();
        if (a.getShape().dimension() == 4) {
            a = a.transpose(0, 3, 1, 2);
        }
        // Relative: the sums in SecViT grow from block to block.
        float difference = a.sub(b).abs().max().getFloat() / b.abs().max().getFloat();
        if (!(difference < 1e-4f)) {
            throw new IllegalStateException(String.format(Locale.ROOT, "results differ by %g", difference));
        }
    }

    private void models(Layer ours, Layer yardstick) {
        fast = ours;
        plain = yardstick;
        plainInput = PlainInputs.random(arena, 3, SIDE);
        fastInput = plainInput;
    }

    private void attention(int stage) {
        int dim = SecVit.T.dims().get(stage);
        int heads = SecVit.T.heads().get(stage);
        int clusters = SecVit.T.clusters().get(stage);
        Rope rope = new Rope(dim / heads);
        rope.allocate(arena, DataType.FLOAT32);
        fast = new SecAttention(dim, heads, clusters, rope);
        plain = new PlainSecVit.Attention(dim, heads, clusters);
        plainInput = PlainInputs.random(arena, dim, SecVit.T.sides(SIDE).get(stage));
        fastInput = PlainInputs.channelsLast(plainInput);
    }

    private void fill(Layer layer) {
        layer.allocate(arena, DataType.FLOAT32);
        GoldenRule.fill(layer, name -> name.endsWith("RoPE.angle"), name -> 1);
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

    /** The formulation of the reference. */
    @Benchmark
    public void reference() {
        plain().close();
    }
}
