// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import io.github.pointillist.weights.CheckpointException;
import java.util.Map;
import java.util.function.ToIntFunction;

/** What families with a table of official variants have in common. */
abstract class OfficialArchitecture<C extends Record> implements Architecture<C> {
    private final String id;
    private final Class<C> type;
    private final Map<String, C> variants;
    private final ToIntFunction<C> classes;

    /** @param classes the number of classes of a configuration */
    OfficialArchitecture(String id, Class<C> type, Map<String, C> variants, ToIntFunction<C> classes) {
        this.id = id;
        this.type = type;
        this.variants = variants;
        this.classes = classes;
    }

    @Override
    public final String id() {
        return id;
    }

    @Override
    public final Class<C> configType() {
        return type;
    }

    @Override
    public final Map<String, C> variants() {
        return variants;
    }

    @Override
    public final int classes(C config) {
        return classes.applyAsInt(config);
    }

    /** Refuses a variant that is not in the table; null passes. */
    final void checkVariant(String variant) throws CheckpointException {
        if (variant != null && !variants.containsKey(variant)) {
            throw new CheckpointException("variant is " + CheckpointException.quote(variant) + "; allowed are "
                    + String.join(", ", variants.keySet()) + ", or the path of a JSON configuration");
        }
    }
}
