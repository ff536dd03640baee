// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architectures;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sets of weights that authors publish, and the models composed from their papers. One file a family, {@code
 * cards/ID.json}: a list of cards whose {@code classNames} may be the name of a list in {@code classes/NAME.txt}.
 */
public final class OfficialCards {
    private static final List<ModelCard> ALL = read();

    private OfficialCards() {}

    /** All cards, family by family. */
    public static List<ModelCard> all() {
        return ALL;
    }

    /** The card of a variant of a family; the first where one variant has several. */
    public static Optional<ModelCard> find(String architecture, String variant) {
        return ALL.stream()
                .filter(card -> card.architecture().equals(architecture)
                        && card.variant().equals(variant))
                .findFirst();
    }

    private static List<ModelCard> read() {
        List<ModelCard> cards = new ArrayList<>();
        for (Architecture<?> architecture : Architectures.ALL) {
            String resource = "cards/" + architecture.id() + ".json";
            try (InputStream in = OfficialCards.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IllegalStateException("the family " + architecture.id() + " has no " + resource);
                }
                Reader text = new InputStreamReader(in, StandardCharsets.UTF_8);
                for (JsonElement element : JsonParser.parseReader(text).getAsJsonArray()) {
                    cards.add(card(element.getAsJsonObject()));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return List.copyOf(cards);
    }

    private static ModelCard card(JsonObject json) {
        Gson gson = new Gson();
        if (json.get("classNames") instanceof JsonPrimitive list) {
            json.add("classNames", gson.toJsonTree(classNames(list.getAsString())));
        }
        return gson.fromJson(json, ModelCard.class);
    }

    /**
     * A list of class names by its name: "imagenet-1k", "coco-80", "voc-20", "scanobjectnn-15", "ade20k-150".
     *
     * @throws IllegalArgumentException if there is no such list
     */
    static List<String> classNames(String list) {
        try (InputStream in = OfficialCards.class.getResourceAsStream("classes/" + list + ".txt")) {
            if (in == null) {
                throw new IllegalArgumentException("no list of class names is called " + list);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.split("\n"))
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
