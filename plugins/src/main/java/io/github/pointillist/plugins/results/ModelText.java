// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelFile.Origin;
import io.github.pointillist.weights.Plain;
import java.util.ArrayList;
import java.util.List;

/** Cards of models in lines for people. */
public final class ModelText {
    private ModelText() {}

    /** What the weights are and expect, a line a fact; what is not known is left out. */
    public static List<String> card(ModelCard card) {
        List<String> lines = new ArrayList<>();
        lines.add(card.name() + ": " + card.title());
        add(lines, "task", card.task());
        add(lines, "architecture", card.architecture() + ", variant " + card.variant());
        if (card.classes() > 0) {
            List<String> names = card.classNames();
            String shown = String.join(", ", names.subList(0, Math.min(5, names.size())));
            add(
                    lines,
                    "classes",
                    card.classes() + (names.isEmpty() ? "" : ": " + shown + (names.size() > 5 ? ", ..." : "")));
        }
        ModelCard.Input input = card.input();
        if (input != null) {
            String size = input.widthPx() + " x " + input.heightPx();
            add(
                    lines,
                    "input",
                    size + " pixels, "
                            + (input.shortSidePx() == 0
                                    ? "resized whatever the aspect ratio"
                                    : "the centre of the image with its short side resized to " + input.shortSidePx())
                            + ", " + input.interpolation());
            add(lines, "normalisation", input.channelOrder() + ", mean " + input.mean() + ", std " + input.std());
        }
        add(lines, "accuracy", card.accuracy());
        add(lines, "licence", card.licence());
        add(lines, "citation", card.citation());
        add(lines, "source", card.source());
        add(lines, "published", card.weights());
        card.notes().forEach(note -> add(lines, "note", note));
        return lines;
    }

    /** Where the weights came from, a line a fact. */
    public static List<String> origin(ModelFile model) {
        List<String> lines = new ArrayList<>();
        Origin origin = model.origin();
        if (origin == null) {
            return lines;
        }
        add(lines, "imported from", origin.file() + ", SHA-256 " + origin.sha256());
        add(lines, "found in it", origin.layout());
        if (origin.alternatives() != null && !origin.alternatives().isEmpty()) {
            add(lines, "also in it", String.join(", ", origin.alternatives()));
        }
        if (origin.info() != null) {
            origin.info().forEach((key, value) -> {
                if (!key.startsWith("pointillist.") && value.length() <= 100) {
                    add(lines, "it says", Plain.line(key + " = " + value.strip().replaceAll("\\s*\\R\\s*", " ")));
                }
            });
        }
        if (origin.notes() != null) {
            origin.notes().forEach(note -> add(lines, "read as", note));
        }
        return lines;
    }

    private static void add(List<String> lines, String what, String value) {
        if (value != null) {
            lines.add(what + ": " + value);
        }
    }
}
