// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The models that come with the program: resource folders {@code io/github/pointillist/bundled/NAME} with {@code model.json}
 * and {@code weights.safetensors} as an installed model has them, whose names stand one a line in {@code index.txt} beside
 * them. Several jars may each bring an index.
 */
final class BundledModels {
    private static final String FOLDER = "io/github/pointillist/bundled/";
    private static final String INDEX = FOLDER + "index.txt";

    private final ClassLoader loader;

    BundledModels(ClassLoader loader) {
        this.loader = loader;
    }

    /** Those beside this class. */
    static BundledModels standard() {
        return new BundledModels(BundledModels.class.getClassLoader());
    }

    /** Their names, sorted. */
    List<String> names() {
        Set<String> names = new LinkedHashSet<>();
        try {
            Enumeration<URL> indices = loader.getResources(INDEX);
            for (URL index : Collections.list(indices)) {
                try (BufferedReader lines =
                        new BufferedReader(new InputStreamReader(index.openStream(), StandardCharsets.UTF_8))) {
                    lines.lines()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .forEach(names::add);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names.stream().sorted().toList();
    }

    /**
     * What a model's model.json says.
     *
     * @throws IOException if it cannot be read
     */
    ModelFile show(String name) throws IOException {
        try (InputStream in = open(name, ModelFile.NAME)) {
            return ModelFile.parse(
                    new String(in.readAllBytes(), StandardCharsets.UTF_8), resource(name, ModelFile.NAME));
        }
    }

    private static String resource(String name, String file) {
        return FOLDER + name + "/" + file;
    }

    private InputStream open(String name, String file) throws IOException {
        InputStream in = loader.getResourceAsStream(resource(name, file));
        if (in == null) {
            throw new IOException("the bundled model " + name + " has no " + file + "; this installation is damaged");
        }
        return in;
    }

    /** Does something with a model folder. */
    interface Use<T> {
        T with(Path folder) throws IOException;
    }

    /** Unpacks a model for as long as {@code use} takes: weights are read from files. */
    <T> T unpacked(String name, Use<T> use) throws IOException {
        Path folder = Files.createTempDirectory("pointillist-");
        try {
            for (String file : List.of(ModelFile.NAME, ModelFile.WEIGHTS)) {
                try (InputStream in = open(name, file)) {
                    Files.copy(in, folder.resolve(file));
                }
            }
            return use.with(folder);
        } finally {
            for (String file : List.of(ModelFile.NAME, ModelFile.WEIGHTS)) {
                Files.deleteIfExists(folder.resolve(file));
            }
            Files.deleteIfExists(folder);
        }
    }
}
