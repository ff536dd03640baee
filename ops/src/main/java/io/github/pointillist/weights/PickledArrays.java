// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.weights.Pickled.Dict;
import io.github.pointillist.weights.Pickled.Global;
import io.github.pointillist.weights.Pickled.Opaque;
import io.github.pointillist.weights.Pickled.Tuple;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The few functions that pickled tensors and NumPy arrays call, as torch/_utils.py, torch/storage.py and
 * numpy/core/multiarray define them. Arrays are made only when asked for, so that the optimiser's share of a
 * checkpoint is never read.
 */
final class PickledArrays implements Unpickler.Calls {
    private static final int MAX_AXES = 32;
    private static final int MAX_SCALAR_BYTES = 4096;

    // About what objects take in memory, see Budget.
    private static final int STORAGE = 128;
    private static final int AXIS = 16;
    private static final int READER = 512;

    private static final Map<String, DataType> STORAGES = Map.of(
            "DoubleStorage", DataType.FLOAT64,
            "FloatStorage", DataType.FLOAT32,
            "HalfStorage", DataType.FLOAT16,
            "BFloat16Storage", DataType.BFLOAT16,
            "LongStorage", DataType.INT64,
            "IntStorage", DataType.INT32,
            "ShortStorage", DataType.INT16,
            "CharStorage", DataType.INT8,
            "ByteStorage", DataType.UINT8,
            "BoolStorage", DataType.BOOLEAN);

    /** Bytes a value of storages that are passed over: the old format does not say how long they are. */
    private static final Map<String, Integer> PASSED_OVER = Map.of(
            "ComplexFloatStorage", 8,
            "ComplexDoubleStorage", 16,
            "QInt8Storage", 1,
            "QUInt8Storage", 1,
            "QInt32Storage", 4,
            "QUInt4x2Storage", 1,
            "QUInt2x4Storage", 1);

    private static final Map<String, DataType> TORCH_TYPES = Map.ofEntries(
            Map.entry("float64", DataType.FLOAT64),
            Map.entry("double", DataType.FLOAT64),
            Map.entry("float32", DataType.FLOAT32),
            Map.entry("float", DataType.FLOAT32),
            Map.entry("float16", DataType.FLOAT16),
            Map.entry("half", DataType.FLOAT16),
            Map.entry("bfloat16", DataType.BFLOAT16),
            Map.entry("int64", DataType.INT64),
            Map.entry("long", DataType.INT64),
            Map.entry("int32", DataType.INT32),
            Map.entry("int", DataType.INT32),
            Map.entry("int16", DataType.INT16),
            Map.entry("short", DataType.INT16),
            Map.entry("int8", DataType.INT8),
            Map.entry("uint64", DataType.UINT64),
            Map.entry("uint32", DataType.UINT32),
            Map.entry("uint16", DataType.UINT16),
            Map.entry("uint8", DataType.UINT8),
            Map.entry("bool", DataType.BOOLEAN));

    private static final Set<String> MULTIARRAY = Set.of("numpy.core.multiarray", "numpy._core.multiarray");
    private static final Set<String> NUMERIC = Set.of("numpy.core.numeric", "numpy._core.numeric");

    private static final String UNTYPED = "UntypedStorage";

    /** Where the values of tensors are. */
    interface Storages {
        /** The bytes of the storage of this key. */
        Bytes find(String key) throws IOException;
    }

    /** A run of values in the file, shared by the tensors that view it. */
    static final class Storage {
        private final DataType type;
        private final String typeName;
        private final String key;
        private final long bytes;
        private final Storages source;
        private ByteBuffer loaded;

        /** A storage of {@code bytes} bytes; {@code type} is null where the tensor's own type counts, or none of ours. */
        Storage(DataType type, String typeName, String key, long bytes, Storages source) {
            this.type = type;
            this.typeName = typeName;
            this.key = key;
            this.bytes = bytes;
            this.source = source;
        }

        long bytes() {
            return bytes;
        }

        /**
         * The number of values; of bytes where the storage has no type.
         *
         * @throws CheckpointException if it is of a type whose size is not known
         */
        long count() throws CheckpointException {
            Integer itemBytes = itemBytes(typeName);
            if (itemBytes == null) {
                throw new CheckpointException("the file holds a storage of type " + CheckpointException.quote(typeName)
                        + ", which is not supported; leave such tensors out, or save it with PyTorch 1.6 or newer");
            }
            return bytes / itemBytes;
        }

        /** Bytes a value, or null. */
        private static Integer itemBytes(String typeName) {
            DataType type = STORAGES.get(typeName);
            return type != null
                    ? (Integer) type.getNumOfBytes()
                    : typeName.equals(UNTYPED) ? (Integer) 1 : PASSED_OVER.get(typeName);
        }

        private ByteBuffer load() throws IOException {
            if (loaded == null) {
                Bytes found = source.find(key);
                if (found.size() < bytes) {
                    throw new CheckpointException("storage " + CheckpointException.quote(key) + " should have " + bytes
                            + " bytes and has " + found.size());
                }
                loaded = found.read(0, bytes);
            }
            return loaded;
        }
    }

    /** A view of a storage: a tensor not yet read. */
    static final class Tensor {
        private final Storage storage;
        private final DataType type;
        private final long offset;
        private final long[] shape;
        private final long[] strides;

        private Tensor(Storage storage, DataType type, long offset, long[] shape, long[] strides) {
            this.storage = storage;
            this.type = type;
            this.offset = offset;
            this.shape = shape;
            this.strides = strides;
        }

        boolean isScalar() {
            return shape.length == 0;
        }

        /** Reads the values. */
        TensorEntry read(String name, Budget budget) throws IOException {
            return entry(name, type, storage.load(), offset, shape, strides, budget);
        }
    }

    /** A pickled NumPy array. */
    static final class Array {
        private DataType type;
        private long[] shape;
        private boolean columnMajor;
        private byte[] data;

        /** Reads the values. */
        TensorEntry read(String name, Budget budget) throws IOException {
            if (data == null) {
                throw new CheckpointException(CheckpointException.quote(name) + " is an array of unsupported type");
            }
            try {
                long[] strides = columnMajor ? Strided.columnMajor(shape) : Strided.rowMajor(shape);
                return entry(name, type, ByteBuffer.wrap(data), 0, shape, strides, budget);
            } catch (ArithmeticException e) {
                throw impossible(name, e);
            }
        }

        boolean isReadable() {
            return data != null;
        }
    }

    /** A NumPy type as the pickle builds it up. */
    private static final class Type {
        private final String code;
        private String order = "<";

        private Type(String code) {
            this.code = code;
        }
    }

    private final Storages storages;
    private final Budget budget;
    private final LegacyReader nested;
    private final Map<String, Storage> byKey = new HashMap<>();
    private final Map<byte[], Object> nestedObjects = new IdentityHashMap<>();

    /** Reads a storage that is pickled as bytes in the old format inside another pickle. */
    interface LegacyReader {
        /** The object in {@code bytes}. */
        Object read(byte[] bytes, Budget budget) throws IOException;
    }

    /**
     * @param storages where the values of tensors are
     * @param nested reads storages pickled as bytes; null where they are refused
     */
    PickledArrays(Storages storages, LegacyReader nested, Budget budget) {
        this.storages = storages;
        this.nested = nested;
        this.budget = budget;
    }

    /** All storages named so far, by key. */
    Map<String, Storage> storages() {
        return byKey;
    }

    @Override
    public Object persistent(Object id) throws IOException {
        List<Object> items = id instanceof Tuple ? ((Tuple) id).items : List.of();
        if (items.size() >= 2 && "module".equals(items.get(0))) {
            // The old format attaches the source text of a pickled module's class; only the class itself counts.
            return items.get(1);
        }
        if (items.size() < 5 || !"storage".equals(items.get(0)) || !(items.get(1) instanceof Global)) {
            throw malformed("a persistent id that is no tensor storage");
        }
        String typeName = ((Global) items.get(1)).name();
        String key = items.get(2) instanceof String ? (String) items.get(2) : String.valueOf(integer(items.get(2)));
        long count = integer(items.get(4));
        DataType type = STORAGES.get(typeName);
        boolean supported = type != null || typeName.equals(UNTYPED);
        if (supported && items.size() > 5 && items.get(5) != null) {
            throw malformed("a view of a storage as old versions of PyTorch wrote it, before 0.4");
        }
        Integer itemBytes = Storage.itemBytes(typeName);
        long bytes = multiply(count, itemBytes == null ? 1 : itemBytes);
        Storage known = byKey.get(key);
        if (known == null) {
            budget.object(STORAGE);
            known = new Storage(type, typeName, key, bytes, storages);
            byKey.put(key, known);
        } else if (!known.typeName.equals(typeName) || known.bytes != bytes) {
            throw malformed("storage " + CheckpointException.quote(key) + " with two types or sizes");
        }
        // What is not supported is known all the same: the old format says nowhere else how long it is.
        return supported ? known : new Opaque((Global) items.get(1));
    }

    @Override
    public Object call(Global function, List<Object> arguments) throws IOException {
        switch (function.module()) {
            case "torch._utils":
                return torchUtils(function, arguments);
            case "torch._tensor":
                if (function.name().equals("_rebuild_from_type_v2")
                        && arguments.size() >= 3
                        && arguments.get(0) instanceof Global
                        && ((Global) arguments.get(0)).module().equals("torch._utils")
                        && arguments.get(2) instanceof Tuple) {
                    return torchUtils((Global) arguments.get(0), ((Tuple) arguments.get(2)).items);
                }
                break;
            case "torch.storage":
                if (function.name().equals("_load_from_bytes") && arguments.size() == 1) {
                    return loadFromBytes(arguments.get(0));
                }
                break;
            case "torch":
                if (function.name().equals("Size") && arguments.size() == 1) {
                    return arguments.get(0);
                }
                break;
            case "collections":
                if (function.name().equals("OrderedDict")) {
                    return orderedDict(arguments);
                }
                if (function.name().equals("defaultdict")) {
                    return new Dict();
                }
                break;
            case "builtins", "__builtin__":
                if (Set.of("set", "frozenset", "list").contains(function.name())
                        && arguments.size() == 1
                        && arguments.get(0) instanceof List) {
                    return arguments.get(0);
                }
                break;
            case "_codecs":
                if (function.name().equals("encode") && !arguments.isEmpty() && arguments.get(0) instanceof String) {
                    return latin1((String) arguments.get(0));
                }
                break;
            case "numpy":
                if (function.name().equals("dtype")
                        && !arguments.isEmpty()
                        && arguments.get(0) instanceof String
                        && ((String) arguments.get(0)).length() < 16) {
                    return new Type((String) arguments.get(0));
                }
                break;
            default:
                if (MULTIARRAY.contains(function.module()) && function.name().equals("_reconstruct")) {
                    return new Array();
                }
                if (MULTIARRAY.contains(function.module()) && function.name().equals("scalar")) {
                    return scalar(arguments);
                }
                if (NUMERIC.contains(function.module()) && function.name().equals("_frombuffer")) {
                    return fromBuffer(arguments);
                }
        }
        return new Opaque(function);
    }

    @Override
    public void build(Object object, Object state) throws IOException {
        List<Object> items = state instanceof Tuple ? ((Tuple) state).items : List.of();
        if (object instanceof Type && items.size() >= 2 && items.get(1) instanceof String) {
            ((Type) object).order = (String) items.get(1);
        } else if (object instanceof Array && items.size() == 5) {
            // (version, shape, dtype, column-major, data)
            fill((Array) object, items.get(1), items.get(2), Boolean.TRUE.equals(truth(items.get(3))), items.get(4));
        }
        // Other objects of ours, such as an OrderedDict with _metadata, need no state.
    }

    private static Boolean truth(Object value) {
        return value instanceof Long
                ? (Boolean) ((Long) value != 0)
                : value instanceof Boolean ? (Boolean) value : null;
    }

    private Object torchUtils(Global function, List<Object> arguments) throws IOException {
        switch (function.name()) {
            case "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3":
                return tensor(function, arguments);
            case "_rebuild_parameter", "_rebuild_parameter_with_state":
                if (!arguments.isEmpty()) {
                    return arguments.get(0);
                }
                break;
            default:
        }
        return new Opaque(function);
    }

    private Object tensor(Global function, List<Object> arguments) throws IOException {
        if (arguments.size() < 4) {
            throw malformed("a tensor without a shape");
        }
        if (arguments.get(0) instanceof Opaque storageOfOtherType) {
            storageOfOtherType.tensor = true;
            return storageOfOtherType;
        }
        if (!(arguments.get(0) instanceof Storage)) {
            throw malformed("a tensor without a storage");
        }
        Storage storage = (Storage) arguments.get(0);
        DataType type = storage.type;
        if (function.name().equals("_rebuild_tensor_v3")) {
            Object given = arguments.size() > 6 ? arguments.get(6) : null;
            type = given instanceof Global ? TORCH_TYPES.get(((Global) given).name()) : null;
            if (type == null) {
                Opaque unsupported =
                        given instanceof Global other ? new Opaque(other) : new Opaque("tensor of unknown type");
                unsupported.tensor = true;
                return unsupported;
            }
        } else if (type == null) {
            throw malformed("a tensor without a type");
        }
        long[] shape = axes(arguments.get(2));
        long[] strides = axes(arguments.get(3));
        budget.object((long) AXIS * shape.length);
        long offset = integer(arguments.get(1));
        if (shape.length != strides.length || offset < 0) {
            throw malformed("a tensor whose shape, strides and offset do not fit together");
        }
        return new Tensor(storage, type, offset, shape, strides);
    }

    private Object loadFromBytes(Object argument) throws IOException {
        if (nested == null || !(argument instanceof byte[])) {
            throw malformed("a nested storage that is no storage");
        }
        byte[] bytes = (byte[]) argument;
        Object known = nestedObjects.get(bytes);
        if (known == null) {
            budget.object(READER);
            known = nested.read(bytes, budget);
            nestedObjects.put(bytes, known);
        }
        return known;
    }

    private Object orderedDict(List<Object> arguments) throws IOException {
        Dict dict = new Dict();
        if (!arguments.isEmpty() && arguments.get(0) instanceof List) {
            for (Object pair : (List<?>) arguments.get(0)) {
                budget.take(64);
                List<?> items = pair instanceof Tuple
                        ? ((Tuple) pair).items
                        : pair instanceof List ? (List<?>) pair : List.of();
                if (items.size() != 2) {
                    throw malformed("an OrderedDict of something that is no pair");
                }
                dict.put(items.get(0), items.get(1));
            }
        }
        return dict;
    }

    private byte[] latin1(String text) throws IOException {
        budget.take(text.length());
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Object fromBuffer(List<Object> arguments) throws IOException {
        // (buffer, dtype, shape, order)
        Array array = new Array();
        if (arguments.size() == 4) {
            fill(array, arguments.get(2), arguments.get(1), "F".equals(arguments.get(3)), arguments.get(0));
        }
        return array;
    }

    private void fill(Array array, Object shape, Object type, boolean columnMajor, Object data) throws IOException {
        DataType known = type instanceof Type ? NumpyTypes.find(((Type) type).code) : null;
        boolean raw = data instanceof byte[] || data instanceof String;
        if (known == null || !raw) {
            return;
        }
        if (((Type) type).order.equals(">") && known.getNumOfBytes() > 1) {
            throw malformed("a big-endian array; allowed is little-endian");
        }
        array.shape = axes(shape);
        array.type = known;
        array.columnMajor = columnMajor;
        array.data = data instanceof byte[] ? (byte[]) data : latin1((String) data);
    }

    private Object scalar(List<Object> arguments) throws IOException {
        Object type = arguments.isEmpty() ? null : arguments.get(0);
        Object data = arguments.size() < 2 ? null : arguments.get(1);
        byte[] bytes = data instanceof byte[] ? (byte[]) data : data instanceof String ? latin1((String) data) : null;
        if (!(type instanceof Type) || bytes == null || bytes.length > MAX_SCALAR_BYTES) {
            return new Opaque("numpy scalar");
        }
        budget.take(2L * bytes.length);
        String code = ((Type) type).code;
        boolean little = !((Type) type).order.equals(">");
        if (code.startsWith("U")) {
            Charset utf32 = Charset.forName(little ? "UTF-32LE" : "UTF-32BE");
            return new String(bytes, utf32).replace("\0", "");
        }
        if (code.startsWith("S")) {
            return new String(bytes, StandardCharsets.ISO_8859_1).replace("\0", "");
        }
        DataType known = NumpyTypes.find(code);
        if (known == null || !little || known.getNumOfBytes() != bytes.length) {
            return new Opaque("numpy scalar");
        }
        TensorEntry entry = new TensorEntry("scalar", known, new Shape(), ByteBuffer.wrap(bytes));
        if (known == DataType.BOOLEAN) {
            return entry.longs()[0] != 0;
        }
        return known.isFloating() ? (Object) entry.doubles()[0] : (Object) entry.longs()[0];
    }

    private static TensorEntry entry(
            String name, DataType type, ByteBuffer data, long offset, long[] shape, long[] strides, Budget budget)
            throws IOException {
        int itemBytes = type.getNumOfBytes();
        try {
            long count = Strided.count(shape);
            long available = data.remaining() / itemBytes;
            for (long stride : strides) {
                if (stride < 0) {
                    throw malformed("tensor " + CheckpointException.quote(name) + " with a negative stride");
                }
            }
            if (count > 0 && Strided.end(offset, shape, strides) > available) {
                throw malformed("tensor " + CheckpointException.quote(name) + " outside its storage");
            }
            if (count == 0) {
                return new TensorEntry(name, type, new Shape(shape), ByteBuffer.allocate(0));
            }
            // Also where nothing is copied here: many tensors may view one storage, and each is copied into the model.
            budget.take(Math.multiplyExact(count, itemBytes));
            if (Strided.isRowMajor(shape, strides)) {
                int from = Math.toIntExact(offset * itemBytes);
                return new TensorEntry(
                        name, type, new Shape(shape), data.slice(from, Math.toIntExact(count * itemBytes)));
            }
            ByteBuffer gathered = Strided.gather(data, itemBytes, offset, shape, strides);
            return new TensorEntry(name, type, new Shape(shape), gathered);
        } catch (ArithmeticException e) {
            throw impossible(name, e);
        }
    }

    private static CheckpointException impossible(String name, ArithmeticException e) {
        return new CheckpointException(
                "tensor " + CheckpointException.quote(name) + " has an impossible shape (" + e.getMessage() + ")", e);
    }

    private static long[] axes(Object value) throws CheckpointException {
        List<?> items = value instanceof Tuple ? ((Tuple) value).items : value instanceof List ? (List<?>) value : null;
        if (items == null || items.size() > MAX_AXES) {
            throw malformed("a shape that is no tuple of at most " + MAX_AXES + " integers");
        }
        long[] axes = new long[items.size()];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = integer(items.get(i));
            if (axes[i] < 0) {
                throw malformed("a shape or stride of " + axes[i]);
            }
        }
        return axes;
    }

    private static long integer(Object value) throws CheckpointException {
        if (value instanceof Long) {
            return (Long) value;
        }
        throw malformed(
                value instanceof BigInteger
                        ? "an integer of more than 64 bits"
                        : "something else in place of an integer");
    }

    private static long multiply(long count, int itemBytes) throws CheckpointException {
        if (count < 0 || count > Long.MAX_VALUE / itemBytes) {
            throw malformed("a storage of " + count + " values");
        }
        return count * itemBytes;
    }

    private static CheckpointException malformed(String what) {
        return new CheckpointException("the file holds " + what);
    }
}
