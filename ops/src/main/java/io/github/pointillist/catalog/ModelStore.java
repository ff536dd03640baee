// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import ai.djl.Device;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.pointillist.catalog.ModelFile.Origin;
import io.github.pointillist.catalog.ModelFile.WeightsFile;
import io.github.pointillist.models.Architecture;
import io.github.pointillist.models.Architecture.Recognised;
import io.github.pointillist.models.Architectures;
import io.github.pointillist.models.GroupingModel;
import io.github.pointillist.models.ImageClassifier;
import io.github.pointillist.models.InputSizes;
import io.github.pointillist.models.LearnedNumbers;
import io.github.pointillist.models.LearnedNumbers.Reading;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.weights.Checkpoint;
import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.FreshFiles;
import io.github.pointillist.weights.SafeTensors;
import io.github.pointillist.weights.StateDict;
import io.github.pointillist.weights.Wrapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The models installed on this machine: one folder each, {@code NAME/model.json} and {@code NAME/weights.safetensors}; and
 * those that come with the program, which an installed model of the same name hides. Nothing is ever downloaded, and nothing
 * in a file is executed.
 */
public final class ModelStore {
    /** Name of the system property and, in capitals with an underscore, the environment variable with the folder. */
    public static final String PROPERTY = "pointillist.models";

    private static final String VARIABLE = "POINTILLIST_MODELS";
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final String NAMES =
            "1 to 64 small letters, digits, dots, hyphens and underscores, beginning with a letter or digit";
    private static final String CUSTOM = "custom";
    private static final String ARCHITECTURE_KEY = "pointillist.architecture";
    private static final String VARIANT_KEY = "pointillist.variant";
    private static final String CONFIG_KEY = "pointillist.config";
    private static final String NAMES_KEY = "pointillist.classes";
    private static final int USUAL_SIDE_PX = 224;
    private static final String PART = ".importing-";
    private static final Duration SURELY_LEFT = Duration.ofDays(2);

    private final Path root;
    private final BundledModels bundled;

    /** The models in a folder, which need not exist yet, and the bundled ones. */
    public ModelStore(Path root) {
        this(root, BundledModels.standard());
    }

    ModelStore(Path root, BundledModels bundled) {
        this.root = root.toAbsolutePath().normalize();
        this.bundled = bundled;
    }

    /**
     * The user's own models: in the folder of the system property {@value #PROPERTY}, else of the environment variable
     * POINTILLIST_MODELS, else {@code .pointillist/models} in the home folder.
     */
    public static ModelStore standard() {
        String given = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        return new ModelStore(
                given != null && !given.isBlank()
                        ? Path.of(given)
                        : Path.of(System.getProperty("user.home"), ".pointillist", "models"));
    }

    /** The folder. */
    public Path root() {
        return root;
    }

    /**
     * An installed or bundled model.
     *
     * @param name of its folder
     * @param model what its model.json says; null where that cannot be read
     * @param problem why it cannot be read; null where it can
     * @param bundled whether it comes with the program rather than being installed
     */
    public record Entry(String name, ModelFile model, String problem, boolean bundled) {}

    /**
     * How a file is to be imported.
     *
     * @param variant an official name, or the path of a JSON file with the configuration (or with an object "config" that
     *     holds it) under the names of the reference implementation's constructor; null to tell it from the file
     * @param architecture id of the family; null to tell it from the names in the file
     * @param part the key of the state dict in the file, such as "model_ema"; null for what the official code evaluates
     * @param classNames one name a class; null for those of the card or the file
     */
    public record ImportOptions(String variant, String architecture, String part, List<String> classNames) {
        /** Everything told from the file. */
        public static final ImportOptions AUTOMATIC = new ImportOptions(null, null, null, null);

        /** The given variant, all else told from the file. */
        public static ImportOptions variant(String variant) {
            return new ImportOptions(variant, null, null, null);
        }
    }

    /**
     * All installed models by name, then the bundled ones that they do not hide; also folders with a damaged model.json, with
     * what is wrong.
     */
    public List<Entry> list() throws IOException {
        List<Entry> entries = new ArrayList<>(installed());
        for (String name : bundled.names()) {
            if (entries.stream().noneMatch(entry -> entry.name().equals(name))) {
                try {
                    entries.add(new Entry(name, bundled.show(name), null, true));
                } catch (IOException e) {
                    entries.add(new Entry(name, null, e.getMessage(), true));
                }
            }
        }
        return entries;
    }

    private List<Entry> installed() throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                String name = folder.getFileName().toString();
                if (!NAME.matcher(name).matches()) {
                    continue;
                }
                try {
                    entries.add(new Entry(name, ModelFile.read(folder), null, false));
                } catch (IOException e) {
                    // The list names the folder itself.
                    String path = folder.resolve(ModelFile.NAME).toString();
                    String reason = reason(e);
                    entries.add(new Entry(
                            name,
                            null,
                            reason.startsWith(path) ? beside(reason.substring(path.length())) : reason,
                            false));
                }
            }
        }
        return entries;
    }

    private static String beside(String rest) {
        String damaged = " is damaged: ";
        return rest.startsWith(damaged) ? rest.substring(damaged.length()) : ModelFile.NAME + rest;
    }

    /** The message of a file system's exception is the name of a file and no more. */
    private static String reason(IOException e) {
        return e instanceof AccessDeniedException
                ? "no permission to read " + e.getMessage()
                : e instanceof FileSystemException
                        ? e.getClass().getSimpleName() + ": " + e.getMessage()
                        : e.getMessage();
    }

    /** Whether a model of this name is installed, or comes with the program. */
    public boolean contains(String name) {
        return isInstalled(name) || bundled.names().contains(name);
    }

    /** Whether a model of this name comes with the program, and no installed one hides it. */
    public boolean isBundled(String name) {
        return !Files.isDirectory(folder(name)) && bundled.names().contains(name);
    }

    private boolean isInstalled(String name) {
        return NAME.matcher(name).matches() && Files.isRegularFile(folder(name).resolve(ModelFile.NAME));
    }

    private Path folder(String name) {
        return NAME.matcher(name).matches() ? root.resolve(name) : root.resolve("no such model");
    }

    /**
     * What an installed or bundled model's model.json says.
     *
     * @throws IOException if there is no such model, or it cannot be read
     */
    public ModelFile show(String name) throws IOException {
        checkName(name);
        return isBundled(name) ? bundled.show(name) : ModelFile.read(present(name));
    }

    /** Does something with the folder of an installed or, unpacked for the time, bundled model. */
    private <T> T inFolder(String name, BundledModels.Use<T> use) throws IOException {
        checkName(name);
        return isBundled(name) ? bundled.unpacked(name, use) : use.with(present(name));
    }

    private Path present(String name) throws IOException {
        checkName(name);
        if (!Files.isDirectory(folder(name))) {
            throw new IOException("no model is called " + name + "; installed are " + available());
        }
        return folder(name);
    }

    private String available() throws IOException {
        List<Entry> own = installed();
        String names = own.isEmpty()
                ? "none (pointillist models import FILE --as NAME)"
                : own.stream().map(Entry::name).collect(Collectors.joining(", "));
        List<String> others = bundled.names();
        return others.isEmpty() ? names : names + "; bundled are " + String.join(", ", others);
    }

    private static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("model name is '" + name + "'; allowed are " + NAMES);
        }
    }

    /**
     * Reads a checkpoint, checks every name and shape against the model it is recognised as, and installs it. Or
     * installs a copy of a model folder, after checking it in the same way.
     *
     * @param source a checkpoint file or a model folder
     * @param name what the model is to be called
     * @throws IllegalArgumentException if the name or an option is not allowed
     * @throws IOException if the file cannot be read, holds no known model, or does not fit; or if the name is taken
     */
    public ModelFile install(Path source, String name, ImportOptions options) throws IOException {
        checkFree(name);
        if (Files.isDirectory(source)) {
            ModelFile model = ModelFile.read(source);
            if (!options.equals(ImportOptions.AUTOMATIC)) {
                throw new IllegalArgumentException(source + " is a model folder, which says itself what it is;"
                        + " variant, architecture, part and class names are for checkpoint files");
            }
            Read read = readFolder(source);
            checked(read).close();
            return write(name, model.card().withName(name), read, model.origin());
        }
        Read read = readFile(source, options);
        try (LoadedModel loaded = checked(read)) {
            ModelCard card = loaded.card().withName(name);
            Checkpoint file = read.checkpoint;
            Origin origin = new Origin(
                    source.getFileName().toString(),
                    file.sha256(),
                    file.layout(),
                    file.alternatives(),
                    file.info(),
                    read.notes);
            return write(name, card, read, origin);
        }
    }

    /**
     * Installs a model that was made here.
     *
     * @param card its name is that of the model
     * @param config of the card's architecture
     * @param weights every parameter and buffer under the official names
     * @param origin how it was made
     * @throws IllegalArgumentException if the name is not allowed
     * @throws IOException if the name is taken, the weights do not fit, or the files cannot be written
     */
    public ModelFile create(ModelCard card, Record config, StateDict weights, Origin origin) throws IOException {
        checkName(card.name());
        checkFree(card.name());
        try (Prepared prepared = prepare(card, config, weights, origin)) {
            prepared.install();
            return prepared.model();
        }
    }

    /**
     * Writes a model that was made here, for installing it a little later.
     *
     * @param card its name is that of the model
     * @param config of the card's architecture
     * @param weights every parameter and buffer under the official names
     * @param origin how it was made
     * @throws IllegalArgumentException if the name is not allowed
     * @throws IOException if the name is taken by another model, the weights do not fit, or the files cannot be written
     */
    public Prepared prepare(ModelCard card, Record config, StateDict weights, Origin origin) throws IOException {
        checkName(card.name());
        Checkpoint made = new Checkpoint(weights, Map.of(), "made here", "", List.of());
        Read read = new Read(
                made,
                typed(Architectures.byId(card.architecture()), ModelFile.toJson(config), weights),
                card,
                List.of());
        checked(read).close();
        Prepared prepared = stage(card.name(), card, read, origin);
        try {
            prepared.checkFree();
            return prepared;
        } catch (IOException e) {
            prepared.close();
            throw e;
        }
    }

    /** A model that is written and checked but not installed; what is not installed is deleted on closing. */
    public final class Prepared implements AutoCloseable {
        private final String name;
        private final Path part;
        private final ModelFile model;

        private Prepared(String name, Path part, ModelFile model) {
            this.name = name;
            this.part = part;
            this.model = model;
        }

        /** What its model.json says. */
        public ModelFile model() {
            return model;
        }

        /** Whether a model of the name with the same weights is installed, as by a run that was killed after it. */
        private boolean isInstalled() throws IOException {
            Path there = root.resolve(name);
            return Files.isDirectory(there)
                    && ModelFile.read(there)
                            .weights()
                            .sha256()
                            .equals(model.weights().sha256());
        }

        private void checkFree() throws IOException {
            if (!isInstalled()) {
                ModelStore.this.checkFree(name);
            }
        }

        /**
         * Installs the model; where one with the same weights is, leaves that.
         *
         * @throws IOException if the name is taken by another model
         */
        public void install() throws IOException {
            checkFree();
            if (!isInstalled()) {
                Files.move(part, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            }
        }

        @Override
        public void close() throws IOException {
            delete(part);
        }
    }

    /**
     * Checks that a model of this name can be installed.
     *
     * @throws IllegalArgumentException if the name is not allowed
     * @throws IOException if it is taken, or nothing can be written to the folder of models
     */
    public void checkFree(String name) throws IOException {
        checkName(name);
        Path there = root;
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isWritable(there)) {
            throw new IOException("models are installed in " + root + ", where you may not write; choose another folder"
                    + " with the environment variable " + VARIABLE);
        }
        if (Files.exists(root.resolve(name))) {
            throw new IOException("a model called " + name + " is there already; remove it first (pointillist models"
                    + " remove " + name + ") or choose another name");
        }
        // Told before the work, not after it.
        Path existing = root;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing != null && !(Files.isDirectory(existing) && Files.isWritable(existing))) {
            throw closed(null);
        }
    }

    private IOException closed(IOException why) {
        return new IOException(
                "the folder of models " + root + " cannot be written"
                        + (why == null ? "" : " (" + reason(why) + ")")
                        + "; give one that can in the environment variable " + VARIABLE + ", or ask its owner",
                why);
    }

    private static LoadedModel checked(Read read) throws CheckpointException {
        return read.load(Device.cpu());
    }

    private ModelFile write(String name, ModelCard card, Read read, Origin origin) throws IOException {
        try (Prepared prepared = stage(name, card, read, origin)) {
            prepared.install();
            return prepared.model();
        }
    }

    /** Removes what runs that were killed long ago have left half written. */
    private void sweep() throws IOException {
        Instant before = Instant.now().minus(SURELY_LEFT);
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(root, PART + "*")) {
            for (Path part : parts) {
                if (Files.getLastModifiedTime(part).toInstant().isBefore(before) && Files.isWritable(part)) {
                    delete(part);
                }
            }
        } catch (NoSuchFileException e) {
            return; // another run does the same
        }
    }

    private Prepared stage(String name, ModelCard card, Read read, Origin origin) throws IOException {
        Path part;
        try {
            if (!Files.isDirectory(root)) { // a link to a folder is one, which createDirectories refuses
                Files.createDirectories(root);
            }
            sweep();
            part = FreshFiles.folder(root, PART);
        } catch (FileSystemException e) {
            throw closed(e);
        }
        try {
            Path weights = part.resolve(ModelFile.WEIGHTS);
            StateDict kept = read.weights();
            SafeTensors.write(kept, metadata(card, read), weights);
            ModelFile model = new ModelFile(
                    ModelFile.FORMAT,
                    ModelFile.VERSION,
                    card,
                    ModelFile.toJson(read.config()),
                    new WeightsFile(ModelFile.WEIGHTS, Checkpoint.sha256(weights), Files.size(weights), kept.size()),
                    origin);
            byte[] text = model.toJson().getBytes(StandardCharsets.UTF_8);
            if (text.length > ModelFile.LARGEST_BYTES) {
                throw new IOException("the " + ModelFile.NAME + " would have " + text.length + " bytes, of which "
                        + ModelFile.LARGEST_BYTES + " are allowed; give fewer or shorter names of classes");
            }
            Files.write(part.resolve(ModelFile.NAME), text);
            return new Prepared(name, part, model);
        } catch (IOException | RuntimeException e) {
            delete(part);
            throw e;
        }
    }

    private static Map<String, String> metadata(ModelCard card, Read read) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt");
        metadata.put(ARCHITECTURE_KEY, card.architecture());
        metadata.put(VARIANT_KEY, card.variant());
        metadata.put(CONFIG_KEY, ModelFile.toJson(read.config()).toString());
        if (!card.classNames().isEmpty()) {
            metadata.put(NAMES_KEY, new Gson().toJson(card.classNames()));
        }
        return metadata;
    }

    /**
     * The weights of an installed model that mean something by themselves; empty for models that have none.
     *
     * @throws IOException if there is no such model, or it is damaged
     */
    public List<Reading> learnedNumbers(String name) throws IOException {
        ModelFile model = show(name);
        int entries = model.weights().entries();
        if (!(typed(model.architecture(), model.config(), StateDict.of()).build(entries) instanceof LearnedNumbers)) {
            return List.of(); // told before the weights are read
        }
        try (LoadedModel loaded = load(name, null, Device.cpu())) {
            return ((LearnedNumbers) loaded.layer()).learnedNumbers();
        }
    }

    /**
     * Checks that an installed model is what was imported: the SHA-256 of its weights, every name and every shape.
     *
     * @throws IOException if it is not; the message says what differs
     */
    public ModelFile verify(String name) throws IOException {
        return inFolder(name, folder -> {
            checked(readFolder(folder)).close();
            return ModelFile.read(folder);
        });
    }

    /**
     * Writes the weights of an installed model to one safetensors file, whose header also says what model it is, so that
     * it can be imported without more. The arrays have the names of the official checkpoint.
     *
     * @param file must not exist
     * @throws IOException if there is no such model, it is damaged, or the file cannot be written
     */
    public void export(String name, Path file) throws IOException {
        inFolder(name, folder -> {
            export(folder, file);
            return null;
        });
    }

    private static void export(Path folder, Path file) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file + " is there already; choose another name");
        }
        Path weights = weights(folder);
        check(weights, Checkpoint.sha256(weights), ModelFile.read(folder));
        Path target = file.toAbsolutePath().normalize();
        if (!Files.isDirectory(target.getParent())) {
            throw new IOException("there is no folder " + target.getParent());
        }
        Path part = FreshFiles.file(target.getParent(), target.getFileName() + ".", ".part");
        try {
            Files.copy(weights, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /**
     * Deletes an installed model.
     *
     * @throws IOException if there is no such model, it comes with the program, or it cannot be deleted
     */
    public void remove(String name) throws IOException {
        checkName(name);
        if (isBundled(name)) {
            throw new IOException("model " + name + " is bundled with the program and cannot be removed");
        }
        Path folder = present(name);
        // Gone at once for others, whatever happens while its files are deleted.
        Path doomed;
        try {
            doomed = FreshFiles.folder(root, ".removing-");
        } catch (FileSystemException e) {
            throw closed(e);
        }
        try {
            Files.move(folder, doomed.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            Files.delete(doomed);
            throw closed(e);
        }
        delete(doomed);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /**
     * Loads a model for use.
     *
     * @param reference the name of an installed or bundled model, or the path of a model folder or a checkpoint file; a name goes
     *     before a file of that name
     * @param variant for a checkpoint file, as in {@link ImportOptions}; else null
     * @throws IllegalArgumentException if the variant is not allowed
     * @throws IOException if there is no such model or file, or it does not fit
     */
    public LoadedModel load(String reference, String variant, Device device) throws IOException {
        return read(reference, variant).load(device);
    }

    private Read read(String reference, String variant) throws IOException {
        boolean named = contains(reference);
        Path path = named ? folder(reference) : Path.of(reference);
        if (named || Files.isDirectory(path)) {
            if (variant != null) {
                throw new IllegalArgumentException("variant is " + variant + ", but model " + reference
                        + " says itself what it is; a variant is for checkpoint files");
            }
            return named ? inFolder(reference, ModelStore::readFolder) : readFolder(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new IOException(
                    "model is " + reference + ", which is neither installed nor a file; installed are " + available());
        }
        return readFile(path, ImportOptions.variant(variant));
    }

    /** Something read, with the generics of its family kept together. */
    private static final class Read {
        private final Checkpoint checkpoint;
        private final Typed<?> typed;
        private final ModelCard card;
        private final List<String> notes;

        private Read(Checkpoint checkpoint, Typed<?> typed, ModelCard card, List<String> notes) {
            this.checkpoint = checkpoint;
            this.typed = typed;
            this.card = card;
            this.notes = notes;
        }

        private Record config() {
            return typed.config;
        }

        private LoadedModel load(Device device) throws CheckpointException {
            return typed.load(card, checkpoint.sha256(), notes, device);
        }

        private Read withNotes(List<String> before) {
            return new Read(
                    checkpoint,
                    typed,
                    card,
                    Stream.concat(before.stream(), notes.stream()).toList());
        }

        /** All entries that were accepted, so that the authors' code can load them too. */
        private StateDict weights() {
            return typed.weights;
        }
    }

    private record Typed<C extends Record>(Architecture<C> architecture, C config, StateDict weights) {
        private Layer build(int entries) throws CheckpointException {
            return LoadedModel.build(architecture, config, entries);
        }

        private void check() throws CheckpointException {
            LoadedModel.fitting(architecture, config, weights);
        }

        private LoadedModel load(ModelCard card, String sha256, List<String> notes, Device device)
                throws CheckpointException {
            return LoadedModel.of(architecture, config, weights, card, sha256, notes, device);
        }
    }

    private static Read readFolder(Path folder) throws IOException {
        ModelFile model = ModelFile.read(folder);
        Path weights = weights(folder);
        Checkpoint checkpoint = Checkpoint.read(weights);
        check(weights, checkpoint.sha256(), model);
        return new Read(
                checkpoint,
                typed(model.architecture(), model.config(), checkpoint.weights()),
                model.card(),
                model.origin() == null ? List.of() : model.origin().notes());
    }

    private static Path weights(Path folder) throws IOException {
        Path weights = folder.resolve(ModelFile.WEIGHTS);
        if (!Files.isRegularFile(weights)) {
            throw new IOException(folder + " has no " + ModelFile.WEIGHTS);
        }
        return weights;
    }

    private static void check(Path weights, String sha256, ModelFile model) throws IOException {
        if (!sha256.equals(model.weights().sha256())) {
            throw new IOException(weights + " is not what model.json says: its SHA-256 is " + sha256 + " instead of "
                    + model.weights().sha256() + "; import the model again");
        }
    }

    private static <C extends Record> Typed<C> typed(
            Architecture<C> architecture, JsonObject config, StateDict weights) {
        return new Typed<>(architecture, ModelFile.config(architecture, config), weights);
    }

    private static Read readFile(Path file, ImportOptions options) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(file, options.part());
        String id = options.architecture() != null
                ? options.architecture()
                : checkpoint.info().get(ARCHITECTURE_KEY);
        Architecture<?> given = id == null ? null : Architectures.byId(id);
        CheckpointException first = null;
        boolean known = false;
        for (Wrapping.Candidate candidate : Wrapping.candidates(checkpoint.weights())) {
            Architecture<?> architecture = given;
            try {
                architecture = given != null ? given : Architectures.of(candidate.weights());
                Read read = readAs(architecture, checkpoint.withWeights(candidate.weights()), options);
                read.typed.check();
                return read.withNotes(candidate.notes());
            } catch (CheckpointException e) {
                // The first that is at least of a known family says most.
                if (first == null || (!known && architecture != null)) {
                    first = e;
                    known = architecture != null;
                }
            }
        }
        throw checkpoint.leftOut().isEmpty()
                ? first
                : new CheckpointException(first.getMessage() + checkpoint.leftOut(), first);
    }

    private static <C extends Record> Read readAs(
            Architecture<C> architecture, Checkpoint checkpoint, ImportOptions options) throws IOException {
        String variant = options.variant();
        C config = null;
        String own = checkpoint.info().get(CONFIG_KEY);
        String named = null;
        if (variant != null && !architecture.variants().containsKey(variant)) {
            config = configuration(architecture, variant);
        } else if (variant == null && own != null) {
            config = ModelFile.config(architecture, parse(own, "the configuration in the file"));
            named = checkpoint.info().get(VARIANT_KEY);
        }
        Recognised<C> found;
        try {
            found = architecture.recognise(checkpoint, config == null ? variant : null, config);
        } catch (RuntimeException e) { // names of the family with shapes that none of it has
            throw new CheckpointException(
                    "the arrays in the file are not those of a model of the family " + architecture.id() + ": "
                            + StrictJson.message(e),
                    e);
        }
        ModelCard card = card(architecture, found, named, checkpoint, options.classNames());
        return new Read(checkpoint, new Typed<>(architecture, found.config(), found.weights()), card, found.notes());
    }

    private static <C extends Record> C configuration(Architecture<C> architecture, String variant) throws IOException {
        Path file = Path.of(variant);
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException("variant is " + variant + "; for " + architecture.id() + " allowed are "
                    + String.join(", ", architecture.variants().keySet()) + ", or the path of a JSON configuration");
        }
        if (Files.size(file) > ModelFile.LARGEST_BYTES) {
            throw new CheckpointException("configuration " + file + " has " + Files.size(file) + " bytes; allowed are "
                    + ModelFile.LARGEST_BYTES);
        }
        JsonObject json = parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), "configuration " + file);
        try {
            JsonElement inner = json.get("config");
            JsonObject fields = inner instanceof JsonObject object ? object : json;
            ModelFile.checkNumbers("", fields);
            return architecture.fromJson(fields);
        } catch (RuntimeException e) { // whatever a configuration of a stranger leads to
            throw new CheckpointException("configuration " + file + ": " + StrictJson.message(e), e);
        }
    }

    private static JsonObject parse(String text, String what) throws CheckpointException {
        try {
            return StrictJson.parse(text).getAsJsonObject();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new CheckpointException(what + " is no JSON object: " + StrictJson.message(e), e);
        }
    }

    /** The official card where there is one, else what can be told from the model. */
    private static <C extends Record> ModelCard card(
            Architecture<C> architecture,
            Recognised<C> found,
            String named,
            Checkpoint checkpoint,
            List<String> givenNames)
            throws CheckpointException {
        String variant = named != null ? named : found.variant();
        Layer layer =
                LoadedModel.build(architecture, found.config(), found.weights().size());
        int classes = architecture.classes(found.config());
        Optional<ModelCard> official = OfficialCards.find(architecture.id(), variant);
        ModelCard base = official.orElseGet(() -> unknown(architecture, variant, layer, classes));
        List<String> names = givenNames != null ? givenNames : namesIn(checkpoint);
        if (givenNames == null && names.size() != classes) {
            names = base.classes() == classes ? base.classNames() : List.of();
        }
        return base.withClasses(classes, names);
    }

    private static List<String> namesIn(Checkpoint checkpoint) throws CheckpointException {
        for (String key : List.of(NAMES_KEY, "meta.CLASSES", "CLASSES", "classes", "class_names")) {
            String text = checkpoint.info().get(key);
            if (text != null && text.startsWith("[")) {
                try {
                    return List.of(StrictJson.as(StrictJson.parse(text), String[].class));
                } catch (RuntimeException e) { // not what we write there
                    throw new CheckpointException(
                            "the names of classes in the file (" + key + ") are no list of words: "
                                    + StrictJson.message(e),
                            e);
                }
            }
        }
        return List.of();
    }

    private static ModelCard unknown(Architecture<?> architecture, String variant, Layer layer, int classes) {
        ModelCard.Input input = null;
        List<String> notes = new ArrayList<>();
        String task = architecture.task();
        if (layer instanceof ImageClassifier classifier) {
            task = classes == 0 ? "backbone" : classifier.multiLabel() ? "multi-label classification" : task;
        }
        InputSizes sizes = layer instanceof ImageClassifier classifier
                ? classifier.inputSizes()
                : layer instanceof GroupingModel grouping ? grouping.inputSizes() : null;
        if (sizes != null) {
            int height = sizes.nearestHeight(USUAL_SIDE_PX);
            int width = sizes.nearestWidth(USUAL_SIDE_PX);
            input = ModelCard.Input.imageNet(width, height, height == width ? height : 0);
            notes.add(ModelCard.ASSUMED + ": size, interpolation and normalisation of the input are assumed to be"
                    + " ImageNet's at " + width + " x " + height + " pixels");
        }
        return new ModelCard(
                variant,
                architecture.id(),
                variant,
                architecture.id() + ", " + (variant.equals(CUSTOM) ? "a configuration of its own" : variant),
                task,
                classes,
                List.of(),
                input,
                null,
                null,
                null,
                null,
                null,
                notes,
                null);
    }
}
