// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads NumPy's .npz and .npy files, versions 1 to 3, after numpy/lib/format.py: little-endian numbers and booleans in
 * row-major or column-major order. Arrays of objects are refused.
 */
public final class Npz {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_HEADER = 1 << 16;
    private static final int MAX_AXES = 32;
    /** All repeats are possessive: nothing is tried twice, whatever the header. */
    private static final Pattern HEADER = Pattern.compile(String.join(
            "\\s*+",
            "\\{",
            "'descr'",
            ":",
            "'([^']{1,16}+)'",
            ",",
            "'fortran_order'",
            ":",
            "(True|False)",
            ",",
            "'shape'",
            ":",
            "\\(([0-9,\\sL]*+)\\)",
            "(?:,\\s*+)?+\\}",
            ""));

    private Npz() {}

    /**
     * Reads all arrays of a file: an archive of arrays under their names, or a single array under the name "array".
     *
     * @throws CheckpointException if it is none, or damaged
     */
    public static StateDict read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Bytes bytes = Bytes.of(channel);
            Budget budget = new Budget(bytes.size());
            return isArray(bytes) ? readArray(bytes, budget) : readArchive(new ZipArchive(bytes, budget), budget);
        } catch (CheckpointException e) {
            throw new CheckpointException(file.getFileName() + ": " + e.getMessage(), e);
        }
    }

    static boolean isArray(Bytes bytes) throws IOException {
        return bytes.size() >= MAGIC.length && bytes.read(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    }

    static StateDict readArray(Bytes bytes, Budget budget) throws IOException {
        return StateDict.of(array("array", bytes, budget));
    }

    static StateDict readArchive(ZipArchive zip, Budget budget) throws IOException {
        List<TensorEntry> entries = new ArrayList<>();
        for (String name : zip.names()) {
            if (!name.endsWith(".npy")) {
                throw new CheckpointException(
                        "entry " + CheckpointException.quote(name) + " of the archive is no array");
            }
            entries.add(array(name.substring(0, name.length() - ".npy".length()), zip.open(name), budget));
        }
        return StateDict.of(entries);
    }

    private static TensorEntry array(String name, Bytes bytes, Budget budget) throws IOException {
        if (!isArray(bytes)) {
            throw new CheckpointException("array " + CheckpointException.quote(name) + " does not start as one");
        }
        int version = bytes.read(MAGIC.length, 1).get(0);
        if (version < 1 || version > 3) {
            throw new CheckpointException("array " + CheckpointException.quote(name) + " has format version " + version
                    + "; known are 1 to 3");
        }
        int start = MAGIC.length + 2 + (version == 1 ? 2 : 4);
        ByteBuffer length = bytes.read(MAGIC.length + 2, version == 1 ? 2 : 4);
        long headerBytes =
                version == 1 ? Short.toUnsignedLong(length.getShort()) : Integer.toUnsignedLong(length.getInt());
        if (headerBytes > MAX_HEADER) {
            throw new CheckpointException("array " + CheckpointException.quote(name) + " has a header of " + headerBytes
                    + " bytes; allowed are " + MAX_HEADER);
        }
        String header =
                StandardCharsets.UTF_8.decode(bytes.read(start, headerBytes)).toString();
        Matcher matcher = HEADER.matcher(header);
        if (!matcher.matches()) {
            throw new CheckpointException(
                    "array " + CheckpointException.quote(name) + " has a header that is not allowed"
                            + " (numbers and booleans only): " + CheckpointException.quote(header));
        }
        DataType type = NumpyTypes.parse(matcher.group(1));
        long[] shape = shape(name, matcher.group(3));
        try {
            long size = Strided.byteCount(shape, type.getNumOfBytes());
            ByteBuffer data = bytes.read(start + headerBytes, size);
            if (matcher.group(2).equals("True") && shape.length > 1) {
                budget.take(size);
                data = Strided.gather(data, type.getNumOfBytes(), 0, shape, Strided.columnMajor(shape));
            }
            return new TensorEntry(name, type, new Shape(shape), data);
        } catch (ArithmeticException e) {
            throw new CheckpointException(
                    "array " + CheckpointException.quote(name) + " has an impossible shape (" + e.getMessage() + ")",
                    e);
        }
    }

    private static long[] shape(String name, String text) throws CheckpointException {
        String[] parts = text.replace("L", "").strip().split(",", -1);
        int count = parts[parts.length - 1].isBlank() ? parts.length - 1 : parts.length;
        if (count > MAX_AXES) {
            throw new CheckpointException("array " + CheckpointException.quote(name) + " has " + count + " axes");
        }
        long[] shape = new long[count];
        for (int i = 0; i < count; i++) {
            try {
                shape[i] = Long.parseLong(parts[i].strip());
            } catch (NumberFormatException e) {
                throw new CheckpointException(
                        "array " + CheckpointException.quote(name) + " has the shape "
                                + CheckpointException.quote(text),
                        e);
            }
        }
        return shape;
    }
}
