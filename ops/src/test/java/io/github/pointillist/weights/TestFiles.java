// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Small files of weights for tests. */
public final class TestFiles {
    private static final Map<DataType, String> NUMPY = Map.of(
            DataType.FLOAT64, "<f8",
            DataType.FLOAT32, "<f4",
            DataType.FLOAT16, "<f2",
            DataType.INT64, "<i8",
            DataType.INT32, "<i4",
            DataType.UINT8, "|u1",
            DataType.BOOLEAN, "|b1");

    private TestFiles() {}

    /** A .npy file of version 1. */
    public static byte[] npy(TensorEntry entry) {
        String shape = java.util.Arrays.stream(entry.shape().getShape())
                .mapToObj(axis -> axis + ",")
                .collect(Collectors.joining(" "));
        return npy(1, NUMPY.get(entry.dtype()), false, "(" + shape + ")", bytes(entry));
    }

    /** A .npy file with any header. */
    public static byte[] npy(int version, String type, boolean columnMajor, String shape, byte[] data) {
        String header = "{'descr': '" + type + "', 'fortran_order': " + (columnMajor ? "True" : "False") + ", 'shape': "
                + shape + ", }\n";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) version)
                .put((byte) 0);
        if (version == 1) {
            file.putShort((short) text.length);
        } else {
            file.putInt(text.length);
        }
        file.put(text).put(data);
        byte[] exact = new byte[file.position()];
        file.flip().get(exact);
        return exact;
    }

    /** A compressed .npz file. */
    public static byte[] npz(StateDict arrays) {
        return zip(arrays.entries().stream().collect(Collectors.toMap(e -> e.name() + ".npy", TestFiles::npy)));
    }

    /** A compressed zip file. */
    public static byte[] zip(Map<String, byte[]> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] bytes(TensorEntry entry) {
        byte[] bytes = new byte[entry.data().remaining()];
        entry.data().get(bytes);
        return bytes;
    }
}
