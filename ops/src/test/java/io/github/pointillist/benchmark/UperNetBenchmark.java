// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.SecVit;
import io.github.pointillist.models.UperNet;
import io.github.pointillist.models.UperNet.Config;
import io.github.pointillist.parity.GivenMaps;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.List;
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

/** The head of UPerNet alone, over maps as SecViT-T gives them, against the formulation of the reference. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class UperNetBenchmark {
    /** Channels of the head, and the side of the image. */
    public enum Case {
        HEAD_128_AT_256(128, 256),
        HEAD_512_AT_256(512, 256),
        HEAD_512_AT_512(512, 512);

        private final int channels;
        private final int side;

        Case(int channels, int side) {
            this.channels = channels;
            this.side = side;
        }
    }

    @Param
    private Case what;

    private Arena arena;
    private Layer fast;
    private Layer plain;
    private NDArray image;

    /** Builds both with the same weights and checks that they agree. */
    @Setup(Level.Trial)
    public void setUp() {
        arena = Arena.onCpu();
        List<Integer> dims = SecVit.T.dims();
        NDList channelsLast = new NDList();
        NDList planes = new NDList();
        for (int i = 0; i < dims.size(); i++) {
            NDArray map = PlainInputs.random(arena, dims.get(i), what.side / (4 << i));
            planes.add(map);
            // As the backbones of either formulation leave them in memory.
            channelsLast.add(PlainInputs.channelsLast(map).transpose(0, 3, 1, 2));
        }
        Config config = new Config(what.channels, List.of(1, 2, 3, 6), 0.1, 150, null);
        fast = new UperNet(new GivenMaps(channelsLast), config);
        plain = new PlainUperNet(new GivenMaps(planes), config);
        fill(fast);
        fill(plain);
        image = planes.head();
        float difference = fast().sub(plain()).abs().max().getFloat();
        if (!(difference < 1e-4f)) {
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
        return fast.apply(image, Pass.inference());
    }

    private NDArray plain() {
        return plain.apply(image, Pass.inference());
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
