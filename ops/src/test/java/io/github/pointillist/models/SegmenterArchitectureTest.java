// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import io.github.pointillist.layers.ContextClusterLayer.Denominator;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.models.UperNet.Auxiliary;
import io.github.pointillist.parity.GoldenRule;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads on backbones: variants, and how a file of either is told. */
class SegmenterArchitectureTest {
    private static final ContextClusterUperNetArchitecture COC = new ContextClusterUperNetArchitecture();
    private static final SecVitUperNetArchitecture SECVIT = new SecVitUperNetArchitecture();
    private static final UperNet.Config SMALL_HEAD =
            new UperNet.Config(4, List.of(1, 2, 3, 6), 0.1, 3, new Auxiliary(3, 0, 1, false));

    static Stream<Architecture<?>> families() {
        return Stream.of(new ContextClusterFpnArchitecture(), COC, new SecVitFpnArchitecture(), SECVIT);
    }

    private static StateDict state(Layer model) {
        List<TensorEntry> entries = new ArrayList<>();
        model.parameters()
                .forEach((name, parameter) ->
                        entries.add(GoldenRule.tensor(name, parameter.shape().getShape())));
        return StateDict.of(entries);
    }

    private static Checkpoint file(StateDict weights, Map<String, String> info) {
        return new Checkpoint(weights, info, "state_dict", "", List.of());
    }

    @ParameterizedTest
    @MethodSource("families")
    <C extends Record> void configurationsSurviveJson(Architecture<C> family) {
        Gson gson = new Gson();
        assertThat(family.task()).isEqualTo("semantic segmentation");
        assertThat(family.variants()).isNotEmpty();
        family.variants().forEach((name, config) -> {
            assertThat(gson.fromJson(gson.toJson(config), family.configType())).isEqualTo(config);
            assertThat(family.classes(config)).isEqualTo(150);
        });
    }

    /** The reference's number for the same head, and the published one of the backbone less its classifier. */
    @ParameterizedTest
    @CsvSource({
        "secvit-semantic-fpn, fpn_secvit_t_ade20k, 17679702",
        "secvit-upernet, upernet_secvit_t_ade20k, 43737068",
        "coc-upernet, upernet_coc_small_2_ade20k, 44632900"
    })
    void variantsHaveTheNumberOfParametersOfTheirParts(String family, String variant, long parameters) {
        Architecture<?> architecture = Architectures.byId(family);
        assertThat(trained(built(architecture, variant))).isEqualTo(parameters);
    }

    private static <C extends Record> Layer built(Architecture<C> family, String variant) {
        return family.build(family.variants().get(variant));
    }

    private static long trained(Layer model) {
        return model.parameters().values().stream()
                .filter(Parameter::trainable)
                .mapToLong(parameter -> parameter.shape().size())
                .sum();
    }

    @Test
    void tellsAPublishedBackboneAndTheHeadFromTheShapes() throws CheckpointException {
        SecVitUperNetArchitecture.Config config = new SecVitUperNetArchitecture.Config(
                SecVit.T.withClasses(0),
                new UperNet.Config(8, List.of(1, 2, 3, 6), 0.1, 5, new Auxiliary(6, 1, 2, true)));
        StateDict weights = state(SECVIT.build(config));
        assertThat(Architectures.of(weights).id()).isEqualTo("secvit-upernet");
        Recognised<SecVitUperNetArchitecture.Config> found = SECVIT.recognise(file(weights, Map.of()), null, null);
        assertThat(found.variant()).isEqualTo("upernet_secvit_t_ade20k");
        assertThat(found.config()).isEqualTo(config);
        assertThat(found.weights().names()).containsExactlyElementsOf(weights.names());
        StateDict withoutSecond = weights.filter(name -> !name.startsWith("auxiliary_head"));
        assertThat(SECVIT.recognise(file(withoutSecond, Map.of()), null, null)
                        .config()
                        .head()
                        .auxiliary())
                .isNull();
    }

    @Test
    void tellsSemanticFpnOnSecVit() throws CheckpointException {
        SecVitFpnArchitecture family = new SecVitFpnArchitecture();
        SecVitFpnArchitecture.Config config =
                new SecVitFpnArchitecture.Config(SecVit.T.withClasses(0), new SemanticFpn.Config(6, 4, 0.1, 2));
        StateDict weights = state(family.build(config));
        assertThat(Architectures.of(weights).id()).isEqualTo("secvit-semantic-fpn");
        assertThat(family.recognise(file(weights, Map.of()), null, null).config())
                .isEqualTo(config);
        assertThatThrownBy(() -> SECVIT.recognise(file(weights, Map.of()), null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no UPerNet on SecViT");
    }

    @Test
    void asksForThePoolingThatShapesDoNotTell() {
        UperNet.Config head = new UperNet.Config(4, List.of(1, 5), 0.1, 3, null);
        StateDict weights = state(new UperNet(new SecVit(SecVit.T.withClasses(0)), head));
        assertThatThrownBy(() -> SECVIT.recognise(file(weights, Map.of()), null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("pools to 2 sizes and does not say which; give a JSON configuration");
    }

    @Test
    void asksForTheCentresUnlessTheFileNamesItsConfiguration() throws CheckpointException {
        ContextCluster.Config backbone =
                COC.variants().get("upernet_coc_small_5_ade20k").backbone();
        StateDict weights = state(new UperNet(new ContextCluster(backbone), SMALL_HEAD));
        assertThat(Architectures.of(weights).id()).isEqualTo("coc-upernet");
        assertThatThrownBy(() -> COC.recognise(file(weights, Map.of()), null, null))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("UPerNet on Context Clusters, but does not say which; name one as the variant:")
                .hasMessageContaining("upernet_coc_medium_7_ade20k, or the path of a JSON configuration");
        Map<String, String> info = Map.of("meta.exp_name", "upernet_coc_small_5_ade20k_160k.py");
        ContextClusterUperNetArchitecture.Config wanted =
                new ContextClusterUperNetArchitecture.Config(backbone, SMALL_HEAD);
        assertThat(COC.recognise(file(weights, info), null, null).config()).isEqualTo(wanted);
        assertThat(COC.recognise(file(weights, Map.of()), "upernet_coc_small_5_ade20k", null)
                        .config())
                .isEqualTo(wanted);
        assertThatThrownBy(() -> COC.recognise(file(weights, info), "small", null))
                .hasMessageContaining("allowed are upernet_coc_small_2_ade20k");
    }

    /** 1 x 1 convolutions in the MLPs and a buffer fea_pos: then sums were divided by 1 + the number of points. */
    @Test
    void readsTheFirstReleaseOfTheBackbone() throws CheckpointException {
        ContextCluster.Config backbone =
                COC.variants().get("upernet_coc_small_2_ade20k").backbone();
        StateDict now = state(new UperNet(new ContextCluster(backbone), SMALL_HEAD));
        StateDict then = now.map(entry -> entry.name().matches(".*\\.mlp\\.fc\\d\\.weight")
                        ? new TensorEntry(
                                entry.name(),
                                entry.dtype(),
                                entry.shape().add(1).add(1),
                                entry.data())
                        : entry)
                .with(TensorEntry.of("backbone.fea_pos", new float[2], 1, 2));
        Recognised<ContextClusterUperNetArchitecture.Config> found =
                COC.recognise(file(then, Map.of()), "upernet_coc_small_2_ade20k", null);
        assertThat(found.config().backbone().denominator()).isEqualTo(Denominator.COUNT);
        assertThat(found.notes()).singleElement().asString().contains("first-release layout");
        assertThat(found.weights().names()).containsExactlyInAnyOrderElementsOf(now.names());
        found.weights().entries().forEach(entry -> assertThat(entry.shape())
                .as(entry.name())
                .isEqualTo(now.get(entry.name()).shape()));
    }

    @Test
    void refusesABackboneWithAClassifier() {
        assertThatThrownBy(() -> new SecVitUperNetArchitecture.Config(SecVit.T, UperNet.ADE20K))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed are a backbone of 0 classes and a head");
        assertThatThrownBy(() -> new SecVitUperNetArchitecture.Config(null, UperNet.ADE20K))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
