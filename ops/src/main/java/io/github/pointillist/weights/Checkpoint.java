// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import com.google.gson.Gson;
import io.github.pointillist.weights.Pickled.Dict;
import io.github.pointillist.weights.Pickled.Opaque;
import io.github.pointillist.weights.Pickled.Tuple;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A file of weights as authors save and publish it. What the file is, is told from its contents, never from its name:
 * both formats of torch.save (.pth, .pt, .pth.tar), a plain pickle of NumPy arrays (detectron2's .pkl), .safetensors,
 * .npz and .npy. Nothing in a file is ever executed: see {@link Unpickler}.
 *
 * @param weights the chosen state dict, without a "module." that all its names start with
 * @param info what else the file says in plain scalars ("epoch", "arch", "meta.mmdet_version", "args.model"); lists of
 *     strings such as class names as JSON
 * @param layout in words: the format and where in the file the weights were, e.g. "torch.save: state_dict_ema"
 * @param sha256 of the file, in hexadecimal
 * @param alternatives the other state dicts in the file, each of which {@link #read(Path, String)} can choose
 */
public record Checkpoint(
        StateDict weights, Map<String, String> info, String layout, String sha256, List<String> alternatives) {
    private static final String AVERAGED = "state_dict_ema";

    /**
     * Where official code puts its weights, the preferred first. timm's averaged weights come before the others since
     * its users evaluate those (Context Clusters' cluster_visualize.py does); DeiT's "model_ema" comes after "model",
     * which the official evaluation reads.
     */
    private static final List<String> KNOWN =
            List.of(AVERAGED, "state_dict", "model", "net", "model_state_dict", "model_ema", "ema", "teacher");

    /** FasterViT saves through timm as well, but its official loader never reads the averaged weights. */
    private static final String ARCH_WITHOUT_AVERAGED = "faster_vit";

    private static final String DATA_PARALLEL = "module.";
    private static final int MAX_WRAPPERS = 3;
    private static final int MOST_LISTED = 5;
    private static final String UNSUPPORTED = "; left out, since the type is not supported: ";
    private static final int MAX_INFO_CHARS = 500;
    private static final int MAX_INFO_LIST = 10_000;
    private static final int HEAD_BYTES = 512;
    private static final int TAR_MAGIC_AT = 257;

    /** How dicts, lists, tuples and calls start in protocols 0 and 1, which have no mark of their own. */
    private static final Pattern OLD_PICKLE =
            Pattern.compile("(?s)(?:\\([dl]p\\d++\n|[}\\]][qr(.]|\\(?c[A-Za-z_][\\w.]*+\n[A-Za-z_][\\w.]*+\n).*");

    /** The same file with its weights under other names. */
    public Checkpoint withWeights(StateDict others) {
        return new Checkpoint(others, info, layout, sha256, alternatives);
    }

    /** Copies the collections. */
    public Checkpoint {
        info = Collections.unmodifiableMap(new LinkedHashMap<>(info));
        alternatives = List.copyOf(alternatives);
    }

    /**
     * Reads a file and chooses the state dict that the official code would evaluate.
     *
     * @throws CheckpointException if the file is none of the known formats, damaged, or holds no state dict that can
     *     be told apart; the message says which keys were found
     * @throws IOException if the file cannot be read
     */
    public static Checkpoint read(Path file) throws IOException {
        return read(file, null);
    }

    /**
     * Reads a file and takes the state dict under a key of its own choice.
     *
     * @param preferred a key at the top of the file such as "model_ema"; null for the default choice
     */
    public static Checkpoint read(Path file, String preferred) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Bytes bytes = Bytes.of(channel);
            return read(bytes, preferred, sha256(bytes));
        } catch (CheckpointException e) {
            throw new CheckpointException(file.getFileName() + ": " + e.getMessage(), e);
        }
    }

    private static Checkpoint read(Bytes file, String preferred, String sha256) throws IOException {
        Budget budget = new Budget(file.size());
        String head = StandardCharsets.ISO_8859_1
                .decode(file.read(0, Math.min(HEAD_BYTES, file.size())))
                .toString();
        if (head.startsWith("PK\3\4")) {
            ZipArchive zip = new ZipArchive(file, budget);
            if (TorchFile.isTorchArchive(zip)) {
                return choose(TorchFile.readArchive(zip, budget), preferred, "torch.save", sha256, budget);
            }
            if (zip.names().stream().anyMatch(name -> name.endsWith(".npy"))) {
                return plain(Npz.readArchive(zip, budget), Map.of(), preferred, "NumPy archive", sha256);
            }
            throw new CheckpointException("a zip archive without data.pkl (torch.save) or .npy entries (NumPy); it has "
                    + listed(zip.names()));
        }
        if (Npz.isArray(file)) {
            return plain(Npz.readArray(file, budget), Map.of(), preferred, "NumPy array", sha256);
        }
        // Before the pickles: the length that a safetensors file begins with may look like the mark of one.
        if (SafeTensors.isOne(file)) {
            SafeTensors.Contents contents = SafeTensors.read(file);
            return plain(contents.weights(), contents.metadata(), preferred, "safetensors", sha256);
        }
        if ((head.length() > 1 && head.charAt(0) == 0x80 && head.charAt(1) <= 5) || isOldPickle(head, file)) {
            return choose(TorchFile.readPickle(file, budget), preferred, "pickle", sha256, budget);
        }
        throw new CheckpointException(unknown(head));
    }

    /** A pickle ends with a full stop; only the run of pickles of torch.save, which has a mark, goes on behind it. */
    private static boolean isOldPickle(String head, Bytes file) throws IOException {
        return OLD_PICKLE.matcher(head).matches()
                && file.read(file.size() - 1, 1).get(0) == '.';
    }

    private static String unknown(String head) {
        String allowed = "; allowed are files of torch.save (.pth, .pt), .safetensors, .npz, .npy";
        if (head.isEmpty()) {
            return "the file is empty" + allowed;
        }
        if (head.startsWith("ustar", TAR_MAGIC_AT)) {
            return "a tar archive, as PyTorch wrote it before 0.1.10; load it in PyTorch and save it anew" + allowed;
        }
        if (head.startsWith("\u001f\u008b")) {
            return "a gzip archive; unpack it first" + allowed;
        }
        if (head.startsWith("\u0089HDF")) {
            return "an HDF5 file, as Keras writes it" + allowed;
        }
        if (head.startsWith("version https://git-lfs")) {
            return "a Git LFS pointer, not the file itself; run git lfs pull" + allowed;
        }
        if (head.stripLeading().startsWith("<")) {
            return "a web page, not a checkpoint; the download went wrong" + allowed;
        }
        return "not a known format" + allowed;
    }

    private static Checkpoint plain(
            StateDict weights, Map<String, String> info, String preferred, String layout, String sha256)
            throws CheckpointException {
        if (preferred != null) {
            throw new CheckpointException("the file holds one state dict only, so none can be chosen by "
                    + CheckpointException.quote(preferred));
        }
        return new Checkpoint(unwrapped(weights), info, layout + parallel(weights), sha256, List.of());
    }

    // ---- finding the weights

    private static Checkpoint choose(Object root, String preferred, String format, String sha256, Budget budget)
            throws IOException {
        if (!(root instanceof Dict)) {
            return plain(loose(root, budget), Map.of(), preferred, format + ": bare tensors", sha256);
        }
        Map<String, Dict> found = new LinkedHashMap<>();
        // Each dict is looked through once, however often the file names it.
        Map<Dict, Optional<Dict>> looked = new IdentityHashMap<>();
        ((Dict) root).items.forEach((key, value) -> {
            if (key instanceof String && value instanceof Dict) {
                looked.computeIfAbsent((Dict) value, Checkpoint::holder)
                        .ifPresent(dict -> found.put((String) key, dict));
            }
        });
        boolean bare = hasTensors((Dict) root) && found.keySet().stream().noneMatch(KNOWN::contains);
        if (preferred == null && bare) {
            StateDict weights = weights((Dict) root, budget);
            return new Checkpoint(
                    unwrapped(weights),
                    Map.of(),
                    format + ": bare state dict" + parallel(weights) + unsupported((Dict) root),
                    sha256,
                    List.copyOf(found.keySet()));
        }
        String chosen = preferred != null ? preferred : preferredByOfficialCode((Dict) root, found.keySet());
        if (chosen == null || !found.containsKey(chosen)) {
            throw new CheckpointException("no state dict "
                    + (preferred == null ? "at " + KNOWN : "at " + CheckpointException.quote(preferred))
                    + "; the file has " + listed(((Dict) root).items.keySet())
                    + (found.isEmpty() ? "" : ", of which these hold tensors: " + listed(found.keySet())));
        }
        StateDict weights = weights(found.get(chosen), budget);
        List<String> others =
                found.keySet().stream().filter(key -> !key.equals(chosen)).toList();
        Info info = new Info(budget);
        info.add((Dict) root);
        return new Checkpoint(
                unwrapped(weights),
                info.values,
                format + ": " + chosen + parallel(weights) + unsupported(found.get(chosen)),
                sha256,
                others);
    }

    private static String preferredByOfficialCode(Dict root, Set<String> found) {
        Object arch = root.get("arch");
        boolean skipAveraged = arch instanceof String
                && ((String) arch).startsWith(ARCH_WITHOUT_AVERAGED)
                && found.contains("state_dict");
        return KNOWN.stream()
                .filter(found::contains)
                .filter(key -> !(skipAveraged && key.equals(AVERAGED)))
                .findFirst()
                .orElse(null);
    }

    /** This dict if it holds tensors, else one inside under a known name: some wrap their wrappers. */
    private static Optional<Dict> holder(Dict dict) {
        Dict inside = dict;
        for (int depth = 0; depth < MAX_WRAPPERS && inside != null; depth++) {
            if (hasTensors(inside)) {
                return Optional.of(inside);
            }
            inside = (Dict) KNOWN.stream()
                    .map(inside::get)
                    .filter(Dict.class::isInstance)
                    .findFirst()
                    .orElse(null);
        }
        return Optional.empty();
    }

    private static boolean hasTensors(Dict dict) {
        return dict.items.entrySet().stream()
                .anyMatch(item -> item.getKey() instanceof String && isTensor(item.getValue()));
    }

    private static boolean isTensor(Object value) {
        return value instanceof PickledArrays.Tensor
                || (value instanceof PickledArrays.Array && ((PickledArrays.Array) value).isReadable());
    }

    private static TensorEntry read(String name, Object tensor, Budget budget) throws IOException {
        return tensor instanceof PickledArrays.Tensor
                ? ((PickledArrays.Tensor) tensor).read(name, budget)
                : ((PickledArrays.Array) tensor).read(name, budget);
    }

    private static StateDict weights(Dict dict, Budget budget) throws IOException {
        List<TensorEntry> entries = new ArrayList<>();
        for (Map.Entry<Object, Object> item : dict.items.entrySet()) {
            if (item.getKey() instanceof String && isTensor(item.getValue())) {
                entries.add(read((String) item.getKey(), item.getValue(), budget));
            }
        }
        return StateDict.of(entries);
    }

    /** What is left out since nothing here knows its type, for people; else nothing. */
    private static String unsupported(Dict dict) {
        List<String> left = dict.items.entrySet().stream()
                .filter(item -> item.getKey() instanceof String
                        && item.getValue() instanceof Opaque
                        && ((Opaque) item.getValue()).tensor)
                .map(item -> CheckpointException.quote((String) item.getKey()) + " of "
                        + CheckpointException.quote(((Opaque) item.getValue()).type()))
                .limit(MOST_LISTED + 1)
                .toList();
        return left.isEmpty()
                ? ""
                : UNSUPPORTED
                        + String.join(", ", left.subList(0, Math.min(MOST_LISTED, left.size())))
                        + (left.size() > MOST_LISTED ? ", ..." : "");
    }

    /** The part of {@link #layout} that says which tensors were left out, since their type is not supported; else nothing. */
    public String leftOut() {
        int at = layout.indexOf(UNSUPPORTED);
        return at < 0 ? "" : layout.substring(at);
    }

    private static StateDict loose(Object root, Budget budget) throws IOException {
        if (isTensor(root)) {
            return StateDict.of(read("tensor", root, budget));
        }
        List<?> items =
                root instanceof List ? (List<?>) root : root instanceof Tuple ? ((Tuple) root).items : List.of();
        List<TensorEntry> entries = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            if (isTensor(items.get(i))) {
                entries.add(read(Integer.toString(i), items.get(i), budget));
            }
        }
        if (entries.isEmpty()) {
            throw new CheckpointException(
                    root instanceof Opaque
                            ? "a pickled object of " + CheckpointException.quote(((Opaque) root).type())
                                    + ", not a state dict: save model.state_dict() instead of the model"
                            : "no dict of tensors in the file");
        }
        return StateDict.of(entries);
    }

    private static boolean isParallel(StateDict weights) {
        return weights.size() > 0 && weights.names().stream().allMatch(name -> name.startsWith(DATA_PARALLEL));
    }

    private static StateDict unwrapped(StateDict weights) {
        return isParallel(weights) ? weights.under(DATA_PARALLEL) : weights;
    }

    private static String parallel(StateDict weights) {
        return isParallel(weights) ? ", without 'module.'" : "";
    }

    private static String listed(Collection<?> keys) {
        List<String> names = keys.stream()
                .limit(10)
                .map(key -> key instanceof String ? CheckpointException.quote((String) key) : "a key that is no text")
                .toList();
        return keys.isEmpty() ? "nothing" : String.join(", ", names) + (keys.size() > 10 ? ", ..." : "");
    }

    // ---- what else the file says

    /** Collects scalars: those at the top, those of "meta", and the model's name in "args". */
    private static final class Info {
        private static final Set<String> LISTS = Set.of("CLASSES", "classes", "class_names");

        private final Map<String, String> values = new LinkedHashMap<>();
        private final Budget budget;

        private Info(Budget budget) {
            this.budget = budget;
        }

        private void add(Dict root) throws IOException {
            add("", root);
            Object meta = root.get("meta");
            if (meta instanceof Dict) {
                add("meta.", (Dict) meta);
            }
            Object args = root.get("args");
            Object state = args instanceof Opaque ? ((Opaque) args).state : args;
            Object model = state instanceof Dict ? ((Dict) state).get("model") : null;
            if (model instanceof String) {
                put("args.model", (String) model);
            }
        }

        private void add(String prefix, Dict dict) throws IOException {
            for (Map.Entry<Object, Object> item : dict.items.entrySet()) {
                if (!(item.getKey() instanceof String)) {
                    continue;
                }
                String key = (String) item.getKey();
                Object value = item.getValue();
                if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                    put(prefix + key, value.toString());
                } else if (value instanceof PickledArrays.Tensor && ((PickledArrays.Tensor) value).isScalar()) {
                    TensorEntry scalar = read(key, value, budget);
                    put(
                            prefix + key,
                            scalar.dtype().isFloating()
                                    ? Double.toString(scalar.doubles()[0])
                                    : Long.toString(scalar.longs()[0]));
                } else if (LISTS.contains(key)) {
                    putList(prefix + key, value);
                }
            }
        }

        private void put(String key, String value) {
            if (value.length() <= MAX_INFO_CHARS) {
                values.put(key, value);
            }
        }

        private void putList(String key, Object value) throws IOException {
            List<?> items = value instanceof Tuple
                    ? ((Tuple) value).items
                    : value instanceof List ? (List<?>) value : List.of();
            List<String> texts = new ArrayList<>();
            for (Object item : items) {
                if (!(item instanceof String) || ((String) item).length() > MAX_INFO_CHARS) {
                    return;
                }
                budget.take(((String) item).length());
                texts.add((String) item);
            }
            if (!texts.isEmpty() && texts.size() <= MAX_INFO_LIST) {
                values.put(key, new Gson().toJson(texts));
            }
        }
    }

    /**
     * The SHA-256 of a file, in small hexadecimal digits.
     *
     * @throws IOException if it cannot be read
     */
    public static String sha256(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return sha256(Bytes.of(channel));
        }
    }

    private static String sha256(Bytes file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer chunk = ByteBuffer.allocate(1 << 18);
            for (long at = 0; at < file.size(); at += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), file.size() - at));
                file.copy(at, chunk);
                digest.update(chunk.flip());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
