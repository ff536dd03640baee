// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The cases of GKGNet and of Vision GNN with and without groups. */
final class GkgNetCases {
    static final List<CaseKind> ALL = List.of(new Classifier());

    private static final Pattern TABLE = Pattern.compile("(\\S*relative_pos)\\[0, 0:(\\d+), 0:(\\d+)\\].*");
    private static final Pattern PART = Pattern.compile("(?:backbone\\.)?(backbone|gcn_label)\\.(\\d+)(\\..*)");

    private GkgNetCases() {}

    private static final class Classifier implements CaseKind {
        @Override
        public boolean accepts(GoldenCase golden) {
            return golden.system().equals("gkgnet") && golden.outputs().containsKey("logits");
        }

        @Override
        public void run(GoldenCase golden, Judge judge, DataType type) throws IOException {
            boolean labels = golden.config().has("k_label_gcn");
            String family = labels ? "gkgnet" : golden.config().get("blocks").isJsonArray() ? "pyramid-vig" : "vig";
            run(golden, judge, type, Architectures.byId(family));
        }

        private static <C extends Record> void run(
                GoldenCase golden, Judge judge, DataType type, Architecture<C> architecture) throws IOException {
            C config = architecture.fromJson(golden.config());
            try (Arena arena = Arena.onCpu();
                    Arena scope = Arena.onCpu()) {
                Layer model = architecture.build(config);
                model.allocate(arena, type);
                Map<String, NDArray> computed = new LinkedHashMap<>();
                tables(golden, model, computed);
                Optional<Path> file = checkpoint(golden);
                if (file.isPresent()) {
                    StrictLoader.load(
                            architecture
                                    .recognise(Checkpoint.read(file.get()), null, config)
                                    .weights(),
                            model,
                            architecture::ignorable);
                } else {
                    GoldenRule.fill(model, golden.keep(), golden.scale());
                }
                Taps taps = new Taps(scope, name -> true);
                NDArray logits = model.apply(golden.input("input", scope, type), Pass.recording(taps));
                computed.put("logits", logits);
                computed.put("scores", Activation.sigmoid(logits));
                outputs(taps, computed);
                for (String key : golden.outputs().keySet()) {
                    NDArray output = computed.get(key);
                    if (output == null) {
                        continue; // the judge says that it is missing
                    }
                    if (key.contains("edge")) {
                        // The reference stores the whole or the first rows; which key is nearer is a decision, too.
                        judge.checkSets(
                                key, output.toLongArray(), output.getShape().getShape());
                    } else {
                        judge.check(key, output);
                    }
                }
            }
        }

        /** The tables of relative positions as built, before a file replaces them. */
        private static void tables(GoldenCase golden, Layer model, Map<String, NDArray> computed) {
            for (GoldenCase.Output output : golden.outputs().values()) {
                Matcher table = TABLE.matcher(String.valueOf(output.meaning()));
                if (output.key().startsWith("relpos") && table.matches()) {
                    long rows = output.shape().get(0);
                    long columns = output.shape().get(1);
                    NDArray part = model.parameters()
                            .get(table.group(1))
                            .array()
                            .get(new NDIndex("0, 0:{}, 0:{}", rows, columns))
                            .duplicate();
                    computed.put(output.key(), part);
                }
            }
        }

        /** Checkpoints of these cases lie beside their folders and are named by what saved them. */
        private static Optional<Path> checkpoint(GoldenCase golden) {
            Optional<Path> named = golden.checkpoint();
            Matcher inNotes =
                    Pattern.compile("(checkpoint-[A-Za-z0-9_-]+(?:\\.[a-z]+)+)").matcher(golden.notes());
            if (named.isPresent() || !inNotes.find()) {
                return named;
            }
            Path file = golden.dir().toAbsolutePath().normalize().resolveSibling(inNotes.group(1));
            if (!Files.isRegularFile(file)) {
                throw new IllegalStateException("there is no " + file.getFileName() + " beside " + golden.name());
            }
            return Optional.of(file);
        }

        /** Taps under the keys of the cases; blocks are numbered from 0, stages and classes' blocks from 1. */
        private static void outputs(Taps taps, Map<String, NDArray> computed) {
            int blocks = 0;
            int stages = 0;
            int last = -2;
            for (Map.Entry<String, NDArray> tap : taps.all().entrySet()) {
                String name = tap.getKey();
                NDArray value = tap.getValue();
                Matcher part = PART.matcher(name);
                if (name.endsWith("stem") || name.equals("gap")) {
                    computed.put(name.substring(name.lastIndexOf('.') + 1), value);
                } else if (part.matches()) {
                    int index = Integer.parseInt(part.group(2));
                    switch (part.group(1) + " " + part.group(3)) {
                        case "backbone .0.graph_conv.edges" -> {
                            // A reducer between two blocks begins a stage.
                            stages += index == last + 1 ? 0 : 1;
                            last = index;
                            computed.put("edges_block" + blocks, value);
                            computed.put("edges_block_last", value);
                            computed.putIfAbsent("edges_stage" + stages + "_first", value);
                        }
                        case "backbone .0.out" -> computed.put("grapher" + blocks, value);
                        case "backbone .out" -> {
                            blocks++;
                            computed.put("block" + blocks, value);
                            computed.put("block_last", value);
                            computed.put("stage" + stages, value);
                        }
                        case "gcn_label .0.graph_conv.edges" -> {
                            computed.put("label_edges" + (index + 1), value);
                            computed.put("edge_index", value);
                        }
                        case "gcn_label .0.out" -> {
                            computed.put("label" + (index + 1), value);
                            computed.put("label_final", value);
                        }
                        default -> throw new IllegalStateException("a tap " + name + " of no known place");
                    }
                }
            }
            computed.put("block_mid", computed.get("block" + blocks / 2));
        }
    }
}
