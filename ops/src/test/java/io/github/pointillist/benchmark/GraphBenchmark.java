// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.pooling.Pool;
import io.github.pointillist.layers.GroupKnnGraph;
import io.github.pointillist.layers.GroupKnnGraph.Neighbours;
import io.github.pointillist.models.GkgNet;
import io.github.pointillist.models.VisionGnn;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
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
 * The group k-NN graph convolution and whole graph models against the official formulation in the same engine. Run as a
 * program it prints the peak of resident memory of one formulation.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class GraphBenchmark {
    /** What is run: a graph convolution (channels, side, reduction, dilation) or a model. */
    public enum Case {
        S_STAGE0_448(80, 112, 4, 1),
        S_STAGE1_448(160, 56, 2, 1),
        S_STAGE2_448(400, 28, 1, 2),
        S_STAGE3_448(640, 14, 1, 3),
        S_STAGE0_576(80, 144, 4, 1),
        S_STAGE0_224(80, 56, 4, 1),
        GKGNET_T_224(GkgNet.TINY.withSidePx(224)),
        GKGNET_S_448(GkgNet.SMALL.withSidePx(448)),
        GKGNET_S_576(GkgNet.SMALL),
        VIG_TI(VisionGnn.TI),
        PYRAMID_VIG_TI(VisionGnn.PYRAMID_TI);

        private final Object config;
        private final int channels;
        private final int side;
        private final int reduction;
        private final int dilation;

        Case(int channels, int side, int reduction, int dilation) {
            this.config = null;
            this.channels = channels;
            this.side = side;
            this.reduction = reduction;
            this.dilation = dilation;
        }

        Case(Object config) {
            this.config = config;
            this.channels = 3;
            this.side = config instanceof GkgNet.Config gkgnet ? gkgnet.sidePx() : 224;
            this.reduction = 1;
            this.dilation = 1;
        }
    }

    private static final int GROUPS = 2;
    private static final int NEIGHBOURS = 9;

    /** What is run. */
    @Param({
        "S_STAGE0_448",
        "S_STAGE1_448",
        "S_STAGE2_448",
        "S_STAGE3_448",
        "S_STAGE0_576",
        "S_STAGE0_224",
        "GKGNET_T_224",
        "GKGNET_S_448",
        "GKGNET_S_576",
        "VIG_TI",
        "PYRAMID_VIG_TI"
    })
    public Case what;

    /** The graph convolution of a stage with its table of positions, both ways. */
    private static final class Stage extends Layer {
        private final Case stage;
        private final Neighbours neighbours;
        private final GroupKnnGraph graph;
        private final PlainVisionGnn plain;
        private final Parameter positions;

        Stage(Case stage) {
            this.stage = stage;
            this.neighbours = new Neighbours(NEIGHBOURS, stage.dilation, GROUPS);
            this.graph = child("graph", new GroupKnnGraph(stage.channels, neighbours));
            this.plain = PlainVisionGnn.of(graph);
            long points = (long) stage.side * stage.side;
            long cells = points / stage.reduction / stage.reduction;
            this.positions = buffer("relative_pos", 1, points, cells);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            Shape s = x.getShape(); // (B, H, W, C)
            NDArray keys = x;
            if (stage.reduction > 1) {
                Shape window = new Shape(stage.reduction, stage.reduction);
                keys = Pool.avgPool2d(x.transpose(0, 3, 1, 2), window, window, new Shape(0, 0), false, true)
                        .transpose(0, 2, 3, 1);
            }
            return graph.apply(
                    x.reshape(s.get(0), -1, s.get(3)), keys.reshape(s.get(0), -1, s.get(3)), positions, pass);
        }

        NDArray plain(NDArray planes) {
            return scoped(
                            new NDList(planes),
                            Pass.inference(),
                            inner -> new NDList(plain.layer(planes, positions, neighbours, stage.reduction, "")))
                    .head();
        }
    }

    private Arena arena;
    private Layer model;
    private Layer plainModel;
    private NDArray input;
    private NDArray plainInput;

    /**
     * Builds the model, which both formulations share, and checks that they agree: in float64, since in float32 nearly
     * equal distances fall either way and a single other neighbour changes much.
     */
    @Setup(Level.Trial)
    public void setUp() {
        build(DataType.FLOAT64);
        NDArray a = fast();
        NDArray b = plain();
        if (what.config == null) {
            b = b.transpose(0, 2, 3, 1).reshape(a.getShape());
        }
        double difference = a.sub(b).abs().max().getDouble();
        arena.close();
        if (difference > 1e-9) {
            throw new IllegalStateException(String.format(Locale.ROOT, "results differ by %g", difference));
        }
        build(DataType.FLOAT32);
    }

    private void build(DataType type) {
        arena = Arena.onCpu();
        if (what.config == null) {
            model = new Stage(what);
        } else if (what.config instanceof GkgNet.Config config) {
            GkgNet gkgnet = new GkgNet(config);
            model = gkgnet;
            plainModel = new PlainVisionGnn(gkgnet);
        } else {
            VisionGnn vig = new VisionGnn((VisionGnn.Config) what.config);
            model = vig;
            plainModel = new PlainVisionGnn(vig);
        }
        model.allocate(arena, type);
        boolean stage = what.config == null;
        GoldenRule.fill(
                model,
                name -> !stage && name.endsWith("relative_pos"),
                name -> name.endsWith(".fc2.1.weight") || name.endsWith(".fc2.1.bias") ? 0.0625 : 1);
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[what.channels * what.side * what.side];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1.7, 1.7);
        }
        plainInput = arena.array(values, 1, what.channels, what.side, what.side).toType(type, false);
        input = stage
                ? plainInput
                        .transpose(0, 2, 3, 1)
                        .flatten()
                        .reshape(1, what.side, what.side, what.channels) // as it is inside the model
                : plainInput;
        if (plainModel != null) {
            plainModel.allocate(arena, type);
        }
    }

    /** Frees everything. */
    @TearDown(Level.Trial)
    public void tearDown() {
        arena.close();
    }

    private NDArray fast() {
        return model.apply(input, Pass.inference());
    }

    private NDArray plain() {
        return model instanceof Stage stage ? stage.plain(plainInput) : plainModel.apply(plainInput, Pass.inference());
    }

    /** This repository's formulation. */
    @Benchmark
    public void pointillist() {
        fast().close();
    }

    /** The official formulation. */
    @Benchmark
    public void official() {
        plain().close();
    }

    /**
     * Prints resident memory with the model built, and its peak over three forwards.
     *
     * @param args a case, and "pointillist" or "official"
     */
    public static void main(String[] args) throws IOException {
        GraphBenchmark benchmark = new GraphBenchmark();
        benchmark.what = Case.valueOf(args[0]);
        benchmark.build(DataType.FLOAT32);
        long built = kilobytes("VmRSS:");
        for (int i = 0; i < 3; i++) {
            if (args[1].equals("official")) {
                benchmark.official();
            } else {
                benchmark.pointillist();
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%s %s: %d MB with the model built, %d MB at the peak%n",
                args[0],
                args[1],
                built / 1024,
                kilobytes("VmHWM:") / 1024);
        benchmark.tearDown();
    }

    private static long kilobytes(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(-1);
    }
}
