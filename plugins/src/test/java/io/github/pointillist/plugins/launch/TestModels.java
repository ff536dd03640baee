// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Small checkpoints that the reference code wrote; they lie with the tests of the ops module. */
final class TestModels {
    private static final Path GOLDEN = Path.of("..", "ops", "src", "test", "resources", "golden");

    /** A classifier of 10 classes without names, for images of any size. */
    static final Path IMAGES = GOLDEN.resolve("coc/checkpoint-timm.pth.tar");

    /** A classifier of clouds of points, 15 classes, made for 128 points. */
    static final Path POINTS = GOLDEN.resolve("coc/checkpoint-points.pth");

    /** A network for semantic segmentation, which gives no classes to images. */
    static final Path SEGMENTATION = GOLDEN.resolve("coc/checkpoint-mmseg.pth");

    /** A classifier of 10 classes whose last stage has affinities: a small CONTAINER with 4 heads. */
    static final Path AFFINITIES = GOLDEN.resolve("container/checkpoint-deit.pth");

    private TestModels() {}

    /** The configuration of a checkpoint, for {@code --variant}. */
    static Path config(Path checkpoint) {
        String stem = checkpoint.getFileName().toString().replaceAll("\\.(pth\\.tar|pth)$", "");
        return checkpoint
                .resolveSibling(stem)
                .resolve("case.json")
                .toAbsolutePath()
                .normalize();
    }

    /** Makes an empty folder of models the one in use; {@link #forget} after the test. */
    static ModelStore use(Path folder) {
        System.setProperty(ModelStore.PROPERTY, folder.toString());
        return ModelStore.standard();
    }

    static void forget() {
        System.clearProperty(ModelStore.PROPERTY);
    }

    /** Installs a checkpoint in the folder in use. */
    static void install(Path checkpoint, String name) {
        try {
            ModelStore.standard()
                    .install(
                            checkpoint,
                            name,
                            ImportOptions.variant(config(checkpoint).toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
