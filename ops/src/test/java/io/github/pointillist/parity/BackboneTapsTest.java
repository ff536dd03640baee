// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.ConvNeXt;
import io.github.pointillist.models.ConvNeXtArchitecture;
import io.github.pointillist.models.ResNet;
import io.github.pointillist.models.ResNetArchitecture;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import io.github.pointillist.tensor.Taps;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.StrictLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** ResNet and ConvNeXt as backbones of kMaX-DeepLab and CFPT, where the reference folder is present. */
class BackboneTapsTest {
    private static final Path GOLDEN = Path.of("..", "..", "shared", "golden");

    /** Gives a backbone the names it has in a whole model. */
    private static final class Whole extends Layer {
        Whole(Layer backbone) {
            child("backbone", backbone);
        }

        @Override
        protected NDArray forward(NDArray x, Pass pass) {
            throw new IllegalStateException("only the backbone is run");
        }
    }

    @Test
    void tapsOfKmaxEqualTheReference() throws IOException {
        assertThat(judgeAll("kmax")).as("judged outputs").isGreaterThanOrEqualTo(30);
    }

    @Test
    void tapsOfCfptEqualTheReference() throws IOException {
        assertThat(judgeAll("cfpt")).as("judged outputs").isGreaterThanOrEqualTo(12);
    }

    @Test
    void everyLayoutOfABackboneGivesTheSameFeatures() throws IOException {
        present();
        GoldenCase golden = GoldenCase.read(GOLDEN.resolve("kmax/checkpoint-detectron2"));
        for (String file :
                List.of("checkpoint-detectron2.pth", "checkpoint-tf2d2.pkl", "checkpoint-imagenet-backbone.pkl")) {
            assertThat(judge(golden, Optional.of(GOLDEN.resolve("kmax").resolve(file))))
                    .as(file)
                    .isEqualTo(5);
        }
    }

    private static void present() {
        if (!Files.isDirectory(GOLDEN)) {
            System.out.println("skipped: no reference folder at " + GOLDEN);
        }
        assumeTrue(Files.isDirectory(GOLDEN), "no reference folder");
    }

    private static int judgeAll(String system) throws IOException {
        present();
        int judged = 0;
        try (Stream<Path> cases = Files.list(GOLDEN.resolve(system))) {
            for (Path dir : cases.filter(path -> Files.exists(path.resolve(GoldenCase.FILE)))
                    .sorted()
                    .toList()) {
                GoldenCase golden = GoldenCase.read(dir);
                judged += judge(golden, golden.checkpoint());
            }
        }
        return judged;
    }

    /** Judges the outputs that a backbone alone makes; returns how many there were. */
    private static int judge(GoldenCase golden, Optional<Path> file) throws IOException {
        JsonObject config = golden.config();
        JsonObject model = config.has("model") ? config.getAsJsonObject("model") : config;
        if (!model.has("backbone") || !golden.inputs().containsKey("input")) {
            return 0;
        }
        JsonObject backbone = model.getAsJsonObject("backbone");
        Judge judge = new Judge(golden);
        try (Arena arena = Arena.onCpu();
                Arena scope = Arena.onCpu()) {
            Layer built = backbone.has("dims")
                    ? load(new ConvNeXtArchitecture(), backbone, golden, file, arena)
                    : load(new ResNetArchitecture(), backbone, golden, file, arena);
            Taps taps = new Taps(scope, name -> true);
            NDArray input = golden.input("input", scope, DataType.FLOAT32);
            if (golden.inputs().containsKey("is_real_pixels")) {
                NDArray real = golden.input("is_real_pixels", scope, DataType.FLOAT32);
                input = input.mul(real.toType(DataType.FLOAT32, false).expandDims(1));
            }
            NDList maps = ((Pyramid) built).features(input, Pass.recording(taps));
            Map<String, NDArray> computed = new LinkedHashMap<>();
            for (int i = 0; i < maps.size(); i++) {
                computed.put("bb_res" + (i + 2), maps.get(i));
                computed.put("train_bb_res" + (i + 2), maps.get(i)); // these backbones train as they infer
                computed.put("c" + (i + 2), maps.get(i));
            }
            taps.all().forEach((name, value) -> {
                computed.put(
                        name.endsWith(".conv") ? "bb_stem_conv_bn" : name.endsWith("stem") ? "bb_stem" : name, value);
            });
            computed.keySet().retainAll(golden.outputs().keySet());
            if (built instanceof ResNet) {
                computed.keySet().removeIf(key -> key.startsWith("train"));
            }
            computed.forEach(judge::check);
        }
        assertThat(judge.failures()).as(golden.name()).isEmpty();
        return judge.verdicts().size();
    }

    private static <C extends Record> Layer load(
            Architecture<C> architecture, JsonObject json, GoldenCase golden, Optional<Path> file, Arena arena)
            throws IOException {
        C config = architecture.fromJson(json);
        Layer model = architecture.build(config);
        if (file.isPresent()) {
            model.allocate(arena, DataType.FLOAT32);
            Checkpoint checkpoint = Checkpoint.read(file.get());
            assertThat(architecture.recognises(checkpoint.weights())).isTrue();
            StrictLoader.load(
                    architecture.recognise(checkpoint, null, config).weights(), model, architecture::ignorable);
        } else {
            Whole whole = new Whole(model);
            whole.allocate(arena, DataType.FLOAT32);
            GoldenRule.fill(whole, golden.keep(), golden.scale());
        }
        return model;
    }

    @Test
    void configurationsOfTheReferencesAreReadAsTheyAre() throws IOException {
        present();
        JsonObject kmax = GoldenCase.read(GOLDEN.resolve("kmax/r50-coco-65x65")).config();
        assertThat(new ResNetArchitecture().fromJson(kmax.getAsJsonObject("backbone")))
                .isEqualTo(ResNet.R50.named(ResNet.Naming.DETECTRON2).withNorm(1e-3, 0.01));
        JsonObject tiny =
                GoldenCase.read(GOLDEN.resolve("kmax/convnext_t-coco-65x97")).config();
        assertThat(new ConvNeXtArchitecture().fromJson(tiny.getAsJsonObject("backbone")))
                .isEqualTo(ConvNeXt.TINY.padded(ConvNeXt.Padding.KMAX).withClasses(0));
        JsonObject cfpt =
                GoldenCase.read(GOLDEN.resolve("cfpt/retinanet_r18_256x320")).config();
        assertThat(new ResNetArchitecture()
                        .fromJson(cfpt.getAsJsonObject("model").getAsJsonObject("backbone")))
                .isEqualTo(ResNet.R18.withClasses(0));
    }
}
