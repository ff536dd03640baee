// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the unpickler makes besides null, Boolean, Long, BigInteger, Double, String, byte[] and (for lists and sets)
 * List. None of these types hashes, compares or prints its contents: a hostile pickle may hold itself.
 */
final class Pickled {
    private Pickled() {}

    /** The name of a class or function. It is never looked up. */
    record Global(String module, String name) {
        boolean is(String module, String name) {
            return this.module.equals(module) && this.name.equals(name);
        }

        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    /** A tuple. */
    static final class Tuple {
        final List<Object> items;

        Tuple(List<Object> items) {
            this.items = items;
        }
    }

    /** A dict; keys that are no text are kept apart by identity, which no choice of keys makes slow. */
    static final class Dict {
        final Map<Object, Object> items = new LinkedHashMap<>();

        void put(Object key, Object value) {
            items.put(key instanceof String ? key : new Other(key), value);
        }

        Object get(String key) {
            return items.get(key);
        }
    }

    /** A dict key compared by identity. */
    static final class Other {
        final Object key;

        Other(Object key) {
            this.key = key;
        }
    }

    /** An object of a class that is none of ours: a name and, where the pickle gave one, a state; otherwise inert. */
    static final class Opaque {
        private final Object type;
        Object state;

        /** Whether it stands for a tensor of a type that is not supported. */
        boolean tensor;

        Opaque(String type) {
            this.type = type;
        }

        /** The name is not copied: a pickle may make many objects of a long name. */
        Opaque(Global type) {
            this.type = type;
        }

        /** What it is, for a message. */
        String type() {
            return type.toString();
        }
    }
}
