// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import io.github.pointillist.weights.Pickled.Dict;
import io.github.pointillist.weights.PickledArrays.Storage;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The formats of torch.save, after torch/serialization.py: the zip archive and the older run of pickles. */
final class TorchFile {
    private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;
    private static final String PICKLE = "/data.pkl";

    private TorchFile() {}

    /** Whether the archive holds a pickle where torch.save puts it. */
    static boolean isTorchArchive(ZipArchive zip) {
        return zip.names().stream().anyMatch(TorchFile::isPickle);
    }

    private static boolean isPickle(String name) {
        return name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length();
    }

    /** The object in an archive as torch.save writes it since PyTorch 1.6. */
    static Object readArchive(ZipArchive zip, Budget budget) throws IOException {
        List<String> pickles = zip.names().stream().filter(TorchFile::isPickle).toList();
        if (pickles.size() != 1) {
            throw new CheckpointException("the archive holds " + pickles.size() + " pickles; one is allowed");
        }
        String root = pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
        String code = root + "/code/";
        if (zip.contains(root + "/constants.pkl") || zip.names().stream().anyMatch(name -> name.startsWith(code))) {
            throw new CheckpointException("this is a TorchScript program, not a checkpoint: save model.state_dict()"
                    + " with torch.save instead");
        }
        if (zip.contains(root + "/byteorder")) {
            String order = StandardCharsets.ISO_8859_1
                    .decode(zip.open(root + "/byteorder").readAll())
                    .toString();
            if (!order.equals("little")) {
                throw new CheckpointException("the byte order is " + CheckpointException.quote(order)
                        + "; allowed is 'little': save it on a little-endian machine");
            }
        }
        PickledArrays calls =
                new PickledArrays(key -> zip.open(root + "/data/" + key), TorchFile::readNestedStorage, budget);
        return new Unpickler(zip.open(pickles.get(0)), 0, calls, budget).load();
    }

    /** A pickle that starts a file: the older format of torch.save, or a plain pickle such as detectron2's. */
    static Object readPickle(Bytes file, Budget budget) throws IOException {
        Map<String, Bytes> storages = new HashMap<>();
        PickledArrays calls = new PickledArrays(key -> find(storages, key), TorchFile::readNestedStorage, budget);
        Unpickler unpickler = new Unpickler(file, 0, calls, budget);
        Object first = unpickler.load();
        return LEGACY_MAGIC.equals(first) ? readLegacy(file, unpickler, calls, storages) : first;
    }

    /** A storage that is pickled as the bytes of a file in the older format, as pickle.dump does it. */
    private static Object readNestedStorage(byte[] bytes, Budget budget) throws IOException {
        Bytes file = Bytes.of(bytes);
        Map<String, Bytes> storages = new HashMap<>();
        PickledArrays calls = new PickledArrays(key -> find(storages, key), null, budget);
        Unpickler unpickler = new Unpickler(file, 0, calls, budget);
        if (!LEGACY_MAGIC.equals(unpickler.load())) {
            throw new CheckpointException("a nested storage is not in the format of torch.save");
        }
        Object storage = readLegacy(file, unpickler, calls, storages);
        if (!(storage instanceof Storage)) {
            throw new CheckpointException("a nested storage is no storage");
        }
        return storage;
    }

    private static Object readLegacy(Bytes file, Unpickler unpickler, PickledArrays calls, Map<String, Bytes> storages)
            throws IOException {
        Object protocol = unpickler.load();
        if (!Long.valueOf(LEGACY_PROTOCOL).equals(protocol)) {
            throw new CheckpointException(
                    "the file is of an unknown protocol of torch.save; known is " + LEGACY_PROTOCOL);
        }
        Object system = unpickler.load();
        if (system instanceof Dict && Boolean.FALSE.equals(((Dict) system).get("little_endian"))) {
            throw new CheckpointException("the file was saved on a big-endian machine; allowed is little-endian");
        }
        Object root = unpickler.load();
        Object keys = unpickler.load();
        if (!(keys instanceof List)) {
            throw new CheckpointException("the file has no list of storages");
        }
        long position = unpickler.position();
        for (Object key : (List<?>) keys) {
            Storage storage = key instanceof String ? calls.storages().get((String) key) : null;
            if (storage == null) {
                throw new CheckpointException("the file lists a storage that no tensor has");
            }
            long count = file.read(position, Long.BYTES).getLong(0);
            if (count != storage.count()) {
                throw new CheckpointException("storage " + CheckpointException.quote((String) key) + " should have "
                        + storage.count() + " values and has " + count);
            }
            position += Long.BYTES;
            if (storages.put((String) key, file.slice(position, storage.bytes())) != null) {
                throw new CheckpointException("the file lists a storage twice");
            }
            position += storage.bytes();
        }
        return root;
    }

    private static Bytes find(Map<String, Bytes> storages, String key) throws CheckpointException {
        Bytes found = storages.get(key);
        if (found == null) {
            throw new CheckpointException("storage " + CheckpointException.quote(key) + " is missing");
        }
        return found;
    }
}
