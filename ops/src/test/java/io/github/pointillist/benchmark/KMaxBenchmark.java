// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.layers.KMaxLayer;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.models.KMaxDeepLab.Auxiliary;
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

/** k-means steps and a whole kMaX-DeepLab on ResNet-50 against the formulation of the reference in the same engine. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class KMaxBenchmark {
    /** A k-means step (channels and side of the pixels), or the whole model (side of the image). */
    public enum Case {
        STEP_32_AT_641(2048, 21, false),
        STEP_16_AT_641(1024, 41, false),
        STEP_8_AT_641(512, 81, false),
        STEP_8_AT_1281(512, 161, false),
        R50_AT_641(3, 641, true);

        private final int channels;
        private final int side;
        private final boolean whole;

        Case(int channels, int side, boolean whole) {
            this.channels = channels;
            this.side = side;
            this.whole = whole;
        }
    }

    private static final int QUERIES = 128;
    private static final int CLASSES = 134;

    /** What is run. */
    @Param
    public Case what;

    private Arena arena;
    private Layer model;
    private Layer plain;
    private NDArray planes;
    private NDArray pixels;
    private NDArray centres;
    private NDArray plainCentres;

    /** Builds both with the same weights and checks that they agree. */
    @Setup(Level.Trial)
    public void setUp() {
        arena = Arena.onCpu();
        planes = PlainInputs.random(arena, what.channels, what.side);
        if (what.whole) {
            KMaxDeepLab.Config config = KMaxDeepLab.COCO_R50.withAuxiliary(Auxiliary.NONE);
            model = new KMaxDeepLab(config);
            plain = new PlainKMax(config);
        } else {
            pixels = PlainInputs.channelsLast(planes);
            plainCentres = arena.array(GoldenRule.u("centres", 256 * QUERIES), 1, 256, QUERIES);
            centres = plainCentres.transpose(0, 2, 1).duplicate();
            model = new KMaxLayer(what.channels, 256, CLASSES);
            plain = new PlainKMax.Step(what.channels, CLASSES);
        }
        fill(model);
        fill(plain);
        NDArray own = pointillist1();
        NDArray other = plain1();
        if (!what.whole) {
            other = other.transpose(0, 2, 1);
        } else {
            other = other.transpose(0, 2, 3, 1);
        }
        double largest = other.abs().max().getFloat();
        double difference = own.sub(other).abs().max().getFloat() / largest;
        if (!(difference < 2e-3)) {
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

    private NDArray pointillist1() {
        if (what.whole) {
            NDList out = ((KMaxDeepLab) model).predict(planes, Pass.inference());
            out.get(1).close();
            return out.head();
        }
        return ((KMaxLayer) model).step(centres, pixels, Pass.inference()).head();
    }

    private NDArray plain1() {
        if (what.whole) {
            return plain.apply(planes, Pass.inference());
        }
        NDList out = ((PlainKMax.Step) plain).run(plainCentres, planes, Pass.inference());
        for (int i = 1; i < out.size(); i++) {
            out.get(i).close();
        }
        return out.head();
    }

    /** This repository's formulation. */
    @Benchmark
    public void pointillist() {
        pointillist1().close();
    }

    /** The formulation of the reference. */
    @Benchmark
    public void reference() {
        plain1().close();
    }
}
