// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/**
 * The memory of several parameters that mostly hold the same values: one array per distinct content, freed when no
 * parameter holds it any more.
 */
final class SharedTable {
    private static final class Content {
        private final NDArray array;
        private int holders;

        private Content(NDArray array) {
            this.array = array;
        }
    }

    private final List<Content> contents = new ArrayList<>();

    /** The content that all start with, for one more holder. */
    NDArray first(Supplier<NDArray> make) {
        if (contents.isEmpty()) {
            contents.add(new Content(make.get()));
        }
        Content content = contents.get(0);
        content.holders++;
        return content.array;
    }

    /**
     * Gives one holder other values.
     *
     * @param held what it held until now
     * @param values what it shall hold, of the same type and shape; copied where no other holder has them
     * @return what it holds now
     */
    NDArray replace(NDArray held, NDArray values) {
        Content target = contents.stream()
                .filter(content -> content.array.contentEquals(values))
                .findFirst()
                .orElse(null);
        if (target == null) {
            // In place where nobody else holds it, so that there never are two copies.
            boolean alone = contents.stream().anyMatch(content -> content.array == held && content.holders == 1);
            if (alone) {
                held.set(new NDIndex("..."), values);
                return held;
            }
            NDArray copy = values.duplicate();
            copy.attach(held.getManager());
            target = new Content(copy);
            contents.add(target);
        }
        target.holders++;
        release(held);
        return target.array;
    }

    private void release(NDArray held) {
        for (Iterator<Content> each = contents.iterator(); each.hasNext(); ) {
            Content content = each.next();
            if (content.array == held && --content.holders == 0) {
                content.array.close();
                each.remove();
            }
        }
    }
}
