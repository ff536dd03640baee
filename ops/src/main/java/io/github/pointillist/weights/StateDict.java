// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Named arrays in order, outside native memory. Immutable. */
public final class StateDict {
    private final Map<String, TensorEntry> entries;

    private StateDict(Map<String, TensorEntry> entries) {
        this.entries = Collections.unmodifiableMap(entries);
    }

    /**
     * The given entries in the given order.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    public static StateDict of(Collection<TensorEntry> entries) {
        Map<String, TensorEntry> map = new LinkedHashMap<>();
        for (TensorEntry entry : entries) {
            if (map.putIfAbsent(entry.name(), entry) != null) {
                throw new IllegalArgumentException("two entries are named " + CheckpointException.quote(entry.name()));
            }
        }
        return new StateDict(map);
    }

    /** The given entries in the given order. */
    public static StateDict of(TensorEntry... entries) {
        return of(List.of(entries));
    }

    /** All entries by name, in order. */
    public Map<String, TensorEntry> asMap() {
        return entries;
    }

    /** All entries in order. */
    public Collection<TensorEntry> entries() {
        return entries.values();
    }

    /** All names in order. */
    public Collection<String> names() {
        return entries.keySet();
    }

    /** The number of entries. */
    public int size() {
        return entries.size();
    }

    /** Whether an entry has this name. */
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /** The entry of this name, if there is one. */
    public Optional<TensorEntry> find(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /**
     * The entry of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public TensorEntry get(String name) {
        TensorEntry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no entry is named " + CheckpointException.quote(name) + "; there are "
                    + size() + ": "
                    + entries.keySet().stream()
                            .limit(10)
                            .map(CheckpointException::quote)
                            .toList());
        }
        return entry;
    }

    /**
     * The same arrays under other names.
     *
     * @throws IllegalArgumentException if two entries get the same name
     */
    public StateDict rename(UnaryOperator<String> newName) {
        return of(entries().stream()
                .map(entry -> entry.withName(newName.apply(entry.name())))
                .toList());
    }

    /** The entries whose names pass. */
    public StateDict filter(Predicate<String> keep) {
        return of(entries().stream().filter(entry -> keep.test(entry.name())).toList());
    }

    /** The entries whose names start with {@code prefix}, without it. */
    public StateDict under(String prefix) {
        return filter(name -> name.startsWith(prefix)).rename(name -> name.substring(prefix.length()));
    }

    /** Every entry replaced by what {@code change} makes of it. */
    public StateDict map(UnaryOperator<TensorEntry> change) {
        return of(entries().stream().map(change).toList());
    }

    /** These entries and the given one, which replaces one of the same name in its place. */
    public StateDict with(TensorEntry entry) {
        Map<String, TensorEntry> map = new LinkedHashMap<>(entries);
        map.put(entry.name(), entry);
        return new StateDict(map);
    }

    @Override
    public String toString() {
        return "StateDict of " + size() + " entries";
    }
}
