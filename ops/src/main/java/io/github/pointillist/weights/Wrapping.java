// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What training frameworks put before the names of a model's weights: PyTorch Lightning the name of the field that holds
 * the model, torch.compile {@code _orig_mod.} (before whatever part was compiled), DistributedDataParallel {@code module.}.
 */
public final class Wrapping {
    private static final String COMPILED = "_orig_mod.";

    /** Fields in which Lightning modules and wrappers usually hold the model. */
    private static final List<String> FIELDS =
            List.of("model.", "net.", "module.", "network.", "student.", "teacher.", "ema.", "ema_model.");

    private static final int MOST_CANDIDATES = 24;

    private Wrapping() {}

    /**
     * A state dict under other names.
     *
     * @param notes what was taken off, one line each; empty for the names of the file
     */
    public record Candidate(StateDict weights, List<String> notes) {
        /** Copies the notes. */
        public Candidate {
            notes = List.copyOf(notes);
        }
    }

    /**
     * The names of a file and what they may be without wrapping, in the order in which to try them: the file's own first,
     * then those with less taken off, those that leave no entry aside before those that do. Whoever asks takes the first
     * under which all names fit a model.
     */
    public static List<Candidate> candidates(StateDict weights) {
        List<Candidate> whole = new ArrayList<>();
        List<Candidate> parts = new ArrayList<>();
        Set<Set<String>> seen = new HashSet<>();
        Deque<Candidate> next = new ArrayDeque<>(List.of(new Candidate(weights, List.of())));
        while (!next.isEmpty() && whole.size() + parts.size() < MOST_CANDIDATES) {
            Candidate candidate = next.remove();
            if (!seen.add(Set.copyOf(candidate.weights.names()))) {
                continue;
            }
            (candidate.weights.size() == weights.size() ? whole : parts).add(candidate);
            addCompiled(candidate, next);
            for (String field : FIELDS) {
                addUnder(field, candidate, next);
            }
        }
        whole.addAll(parts);
        return whole;
    }

    private static void addCompiled(Candidate from, Deque<Candidate> to) {
        Map<String, TensorEntry> renamed = new LinkedHashMap<>();
        boolean any = false;
        for (TensorEntry entry : from.weights.entries()) {
            String name = withoutCompiled(entry.name());
            any |= !name.equals(entry.name());
            if (renamed.put(name, entry.withName(name)) != null) {
                return; // the file has both names
            }
        }
        if (any) {
            to.add(with(from, renamed, "'" + COMPILED + "' of torch.compile was taken off the names in the file"));
        }
    }

    /** Wherever a part of the name begins. */
    private static String withoutCompiled(String name) {
        String plain = name.startsWith(COMPILED) ? name.substring(COMPILED.length()) : name;
        while (plain.startsWith(COMPILED)) {
            plain = plain.substring(COMPILED.length());
        }
        String inner = "." + COMPILED;
        int at = plain.indexOf(inner);
        if (at < 0) {
            return plain;
        }
        StringBuilder kept = new StringBuilder(plain.length());
        int from = 0;
        for (; at >= 0; at = plain.indexOf(inner, from)) {
            kept.append(plain, from, at);
            from = at + inner.length() - 1; // the dot after it is the one before the next part
        }
        return kept.append(plain, from, plain.length()).toString();
    }

    private static void addUnder(String field, Candidate from, Deque<Candidate> to) {
        Map<String, TensorEntry> inside = new LinkedHashMap<>();
        for (TensorEntry entry : from.weights.entries()) {
            if (entry.name().startsWith(field) && entry.name().length() > field.length()) {
                String name = entry.name().substring(field.length());
                inside.put(name, entry.withName(name));
            }
        }
        if (!inside.isEmpty()) {
            int aside = from.weights.size() - inside.size();
            String note = "'" + field + "' was taken off the names in the file";
            to.add(with(from, inside, aside == 0 ? note : note + "; " + aside + " entries beside it were left aside"));
        }
    }

    private static Candidate with(Candidate from, Map<String, TensorEntry> entries, String note) {
        List<String> notes = new ArrayList<>(from.notes);
        notes.add(note);
        return new Candidate(StateDict.of(entries.values()), notes);
    }
}
