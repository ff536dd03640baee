// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The pictures and id maps of a golden case: just enough of numpy's format for them. */
final class GoldenCase {
    private static final Pattern SHAPE = Pattern.compile("'shape': \\(([^)]*)\\)");

    private final Map<String, byte[]> entries = new HashMap<>();

    GoldenCase(String name) {
        try (ZipInputStream zip = new ZipInputStream(open(name))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName().replace(".npy", ""), zip.readAllBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String name) {
        String resource = "/golden/coc/" + name + "/tensors.npz";
        InputStream stream = GoldenCase.class.getResourceAsStream(resource);
        if (stream == null) {
            throw new IllegalStateException("no " + resource);
        }
        return stream;
    }

    Raster8 picture(String key) {
        int[] shape = shape(key, "|u1");
        return new Raster8(shape[1], shape[0], shape[2], body(key));
    }

    int[] ints(String key) {
        shape(key, "<i4");
        ByteBuffer body = ByteBuffer.wrap(body(key)).order(ByteOrder.LITTLE_ENDIAN);
        int[] values = new int[body.remaining() / 4];
        body.asIntBuffer().get(values);
        return values;
    }

    int[] colours(String key) {
        shape(key, "|u1");
        byte[] body = body(key);
        int[] colours = new int[body.length / 3];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = (body[3 * i] & 0xff) << 16 | (body[3 * i + 1] & 0xff) << 8 | (body[3 * i + 2] & 0xff);
        }
        return colours;
    }

    int[] shape(String key, String type) {
        String header = new String(entries.get(key), 10, headerLength(key), StandardCharsets.ISO_8859_1);
        Matcher matcher = SHAPE.matcher(header);
        if (!header.contains("'" + type + "'") || !header.contains("'fortran_order': False") || !matcher.find()) {
            throw new IllegalStateException(key + " is not a row-major array of " + type + ": " + header);
        }
        return Arrays.stream(matcher.group(1).split(",\\s*"))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    private int headerLength(String key) {
        return ByteBuffer.wrap(entries.get(key)).order(ByteOrder.LITTLE_ENDIAN).getShort(8);
    }

    private byte[] body(String key) {
        byte[] entry = entries.get(key);
        return Arrays.copyOfRange(entry, 10 + headerLength(key), entry.length);
    }
}
