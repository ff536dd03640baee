// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.pointillist.catalog.ModelStore.Entry;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.weights.Checkpoint;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A very small untrained model lies with the tests as models lie in the jar. */
class BundledModelsTest {
    private static final String NAME = "test-objects";
    private static final Path RESOURCES =
            Path.of("src", "test", "resources", "io", "github", "pointillist", "bundled", NAME);

    @TempDir
    private Path dir;

    private ModelStore store() {
        return new ModelStore(dir.resolve("models"));
    }

    @Test
    void bundledModelsAreThereWithoutBeingInstalled() throws IOException {
        ModelStore store = store();
        assertThat(store.contains(NAME)).isTrue();
        assertThat(store.isBundled(NAME)).isTrue();
        assertThat(store.list())
                .filteredOn(entry -> entry.name().equals(NAME))
                .singleElement()
                .satisfies(entry -> {
                    assertThat(entry.bundled()).isTrue();
                    assertThat(entry.problem()).isNull();
                    assertThat(entry.model().card().segmentation().windowPx()).isEqualTo(64);
                });
        assertThat(store.show(NAME).card().name()).isEqualTo(NAME);
        assertThat(store.verify(NAME)).isEqualTo(store.show(NAME));
        assertThat(store.learnedNumbers(NAME)).isNotNull();
        try (LoadedModel model = store.load(NAME, null, Device.cpu())) {
            assertThat(model.sha256()).isEqualTo(Checkpoint.sha256(RESOURCES.resolve("weights.safetensors")));
        }
        Path file = dir.resolve("out.safetensors");
        store.export(NAME, file);
        assertThat(Files.readAllBytes(file)).isEqualTo(Files.readAllBytes(RESOURCES.resolve("weights.safetensors")));
        assertThat(store.root()).doesNotExist();
    }

    /** Every model that is bundled with the program is whole. */
    @Test
    void allOfThemAreWhole() throws IOException {
        ModelStore store = store();
        List<Entry> bundled = store.list();
        assertThat(bundled).isNotEmpty();
        for (Entry entry : bundled) {
            assertThat(entry.bundled()).isTrue();
            assertThat(store.verify(entry.name()).card().name()).isEqualTo(entry.name());
        }
    }

    @Test
    void anInstalledModelGoesFirstAndABundledOneStays() throws IOException {
        ModelStore store = store();
        assertThatThrownBy(() -> store.remove(NAME))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("bundled");
        store.install(RESOURCES, NAME, ImportOptions.AUTOMATIC);
        assertThat(store.isBundled(NAME)).isFalse();
        assertThat(store.list())
                .filteredOn(entry -> entry.name().equals(NAME))
                .singleElement()
                .extracting(Entry::bundled)
                .isEqualTo(false);
        Path weights = store.root().resolve(NAME).resolve("weights.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        assertThatThrownBy(() -> store.load(NAME, null, Device.cpu())).hasMessageContaining("SHA-256");
        store.remove(NAME);
        store.load(NAME, null, Device.cpu()).close();
        assertThatThrownBy(() -> store.show("nothing"))
                .hasMessageContaining("bundled are")
                .hasMessageContaining(NAME);
    }

    @Test
    void damageIsFound() throws IOException {
        Path folder = Files.createDirectories(dir.resolve("jar/io/github/pointillist/bundled/bad"));
        Files.writeString(folder.resolveSibling("index.txt"), "bad\nabsent\n");
        Files.copy(RESOURCES.resolve("model.json"), folder.resolve("model.json"));
        byte[] bytes = Files.readAllBytes(RESOURCES.resolve("weights.safetensors"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(folder.resolve("weights.safetensors"), bytes);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {dir.resolve("jar").toUri().toURL()}, null)) {
            ModelStore store = new ModelStore(dir.resolve("models"), new BundledModels(loader));
            assertThat(store.list()).extracting(Entry::name).containsExactly("absent", "bad");
            assertThat(store.list().get(0).problem()).contains("has no model.json");
            assertThatThrownBy(() -> store.load("bad", null, Device.cpu())).hasMessageContaining("SHA-256");
        }
    }
}
