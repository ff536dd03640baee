// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import java.util.Map;

/** NumPy's names of types. */
final class NumpyTypes {
    private static final Map<String, DataType> BY_NAME = Map.ofEntries(
            Map.entry("f2", DataType.FLOAT16),
            Map.entry("f4", DataType.FLOAT32),
            Map.entry("f8", DataType.FLOAT64),
            Map.entry("i1", DataType.INT8),
            Map.entry("i2", DataType.INT16),
            Map.entry("i4", DataType.INT32),
            Map.entry("i8", DataType.INT64),
            Map.entry("u1", DataType.UINT8),
            Map.entry("u2", DataType.UINT16),
            Map.entry("u4", DataType.UINT32),
            Map.entry("u8", DataType.UINT64),
            Map.entry("b1", DataType.BOOLEAN));

    private NumpyTypes() {}

    /** The type of a code without byte order such as "f4", or null. */
    static DataType find(String code) {
        return BY_NAME.get(code);
    }

    /** The type of a description such as "&lt;f4" or "|b1". */
    static DataType parse(String description) throws CheckpointException {
        char order = description.isEmpty() ? 0 : description.charAt(0);
        DataType type = "<>|=".indexOf(order) < 0 ? null : find(description.substring(1));
        if (type == null) {
            throw new CheckpointException("an array of type " + CheckpointException.quote(description)
                    + "; allowed are little-endian numbers and booleans: "
                    + BY_NAME.keySet().stream().sorted().toList());
        }
        if (order == '>' && type.getNumOfBytes() > 1) {
            throw new CheckpointException("an array of big-endian type " + CheckpointException.quote(description)
                    + "; allowed is little-endian: save it with array.astype('<" + description.substring(1) + "')");
        }
        return type;
    }
}
