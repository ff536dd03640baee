// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import io.github.pointillist.weights.Npz;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** The pictures and id maps of a golden case. */
final class GoldenCase {
    private final StateDict arrays;

    GoldenCase(String name) {
        try {
            arrays = Npz.read(Path.of("src/test/resources/golden/coc", name, "tensors.npz"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Raster8 picture(String key) {
        TensorEntry entry = arrays.get(key);
        return new Raster8(side(entry, 1), side(entry, 0), side(entry, 2), bytes(entry));
    }

    int[] ints(String key) {
        TensorEntry entry = arrays.get(key);
        int[] values = new int[entry.size()];
        entry.data().asIntBuffer().get(values);
        return values;
    }

    int[] colours(String key) {
        byte[] body = bytes(arrays.get(key));
        int[] colours = new int[body.length / 3];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = (body[3 * i] & 0xff) << 16 | (body[3 * i + 1] & 0xff) << 8 | (body[3 * i + 2] & 0xff);
        }
        return colours;
    }

    int[] shape(String key) {
        TensorEntry entry = arrays.get(key);
        return new int[] {side(entry, 0), side(entry, 1)};
    }

    private static int side(TensorEntry entry, int axis) {
        return (int) entry.shape().get(axis);
    }

    private static byte[] bytes(TensorEntry entry) {
        byte[] bytes = new byte[entry.data().remaining()];
        entry.data().get(bytes);
        return bytes;
    }
}
