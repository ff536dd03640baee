// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentOpsTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden", "coc");

    @TempDir
    private Path folder;

    @BeforeEach
    void install() throws IOException {
        System.setProperty(ModelStore.PROPERTY, folder.toString());
        String config = GOLDEN.resolve("checkpoint-mmseg/case.json").toString();
        ModelStore.standard().install(GOLDEN.resolve("checkpoint-mmseg.pth"), "classes", ImportOptions.variant(config));
    }

    @AfterEach
    void forget() {
        System.clearProperty(ModelStore.PROPERTY);
    }

    private static Img<UnsignedByteType> picture() {
        byte[] bytes = new byte[50 * 40 * 3];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 7 + i / 50 * 3);
        }
        return ArrayImgs.unsignedBytes(bytes, 50, 40, 3);
    }

    @Test
    void givesTheLabelsOfTheTask() throws IOException {
        Img<IntType> labels = SegmentOps.labels(picture(), "classes", 0);
        assertThat(labels.dimensionsAsLongArray()).containsExactly(50, 40);
        try (Segment task = Segment.open(Settings.defaults("classes"))) {
            assertThat(Images.labels(labels))
                    .isEqualTo(task.segment(picture(), 0, Progress.NONE).labels());
        }
    }

    @Test
    void refusesWhatIsNoModel() {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> SegmentOps.labels(picture(), "nowhere", 0))
                .withMessageContaining("model is nowhere");
    }

    @Test
    void isListed() throws IOException {
        try (InputStream index = SegmentOps.class.getClassLoader().getResourceAsStream("ops.yaml")) {
            assertThat(new String(index.readAllBytes(), StandardCharsets.UTF_8)).contains("names: [segment.labels]");
        }
    }
}
