// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;

class ClusterOpsTest {
    private static final int SIDE = 48;

    /** Left half dark, right half bright, in each channel. */
    private static Img<UnsignedByteType> halves(long... size) {
        Img<UnsignedByteType> image = ArrayImgs.unsignedBytes(size);
        var cursor = image.localizingCursor();
        while (cursor.hasNext()) {
            cursor.fwd();
            cursor.get().set(cursor.getIntPosition(0) < 22 ? 30 : 200);
        }
        return image;
    }

    private static int[] values(Img<IntType> labels) {
        assertThat(labels.numDimensions()).isEqualTo(2);
        int[] values = new int[(int) labels.size()];
        var access = labels.randomAccess();
        for (int i = 0; i < values.length; i++) {
            values[i] = access.setPositionAndGet(i % (int) labels.dimension(0), i / (int) labels.dimension(0))
                    .get();
        }
        return values;
    }

    @Test
    void theIndexHoldsTheOps() throws IOException {
        try (InputStream index = ClusterOps.class.getClassLoader().getResourceAsStream("ops.yaml")) {
            assertThat(index)
                    .as("ops.yaml, written by the annotation processor")
                    .isNotNull();
            String text = new String(index.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text)
                    .contains("names: [cluster.context]", "names: [cluster.kmeans]", "names: [cluster.equitable]")
                    .contains("io.github.pointillist.ops.ClusterOps.context");
        }
    }

    @Test
    void contextGivesLabelsFromOneThatKeepToTheEdge() {
        int[] labels = values(ClusterOps.context(halves(SIDE, SIDE), 9, 1));
        assertThat(Arrays.stream(labels).min()).hasValue(1);
        for (int y = 0; y < SIDE; y++) {
            assertThat(labels[y * SIDE + 21]).isNotEqualTo(labels[y * SIDE + 22]);
        }
    }

    @Test
    void kmeansFindsTheTwoHalves() {
        int[] labels = values(ClusterOps.kmeans(halves(SIDE, SIDE, 2), 2, 0, 1));
        for (int i = 0; i < labels.length; i++) {
            assertThat(labels[i]).isBetween(1, 2).isEqualTo(i % SIDE < 22 ? labels[0] : labels[SIDE - 1]);
        }
        assertThat(labels[0]).isNotEqualTo(labels[SIDE - 1]);
    }

    @Test
    void equitableGivesEqualGroups() {
        int[] labels = values(ClusterOps.equitable(halves(SIDE, SIDE), 6, 1));
        int[] sizes = new int[7];
        for (int label : labels) {
            sizes[label]++;
        }
        assertThat(sizes).containsExactly(0, 384, 384, 384, 384, 384, 384);
    }

    @Test
    void theOriginDoesNotMatter() {
        Img<UnsignedByteType> image = halves(SIDE, SIDE, 3);
        assertThat(values(ClusterOps.context(Views.translate(image, -5, 700, 3), 9, 1)))
                .isEqualTo(values(ClusterOps.context(image, 9, 1)));
    }

    @Test
    void pixelsThatAreNotANumberAreZero() {
        float[] pixels = new float[100];
        pixels[37] = Float.NaN;
        int[] labels = values(ClusterOps.context(ArrayImgs.floats(pixels, 10, 10), 4, 1));
        for (int i = 0; i < 100; i++) {
            assertThat(labels[i] == 0).isEqualTo(i == 37);
        }
    }

    @Test
    void refusesOtherAxes() {
        assertThatThrownBy(() -> ClusterOps.kmeans(ArrayImgs.floats(5), 2, 0, 0))
                .hasMessageContaining("image has 1 dimensions [5]; allowed are (x, y) and (x, y, c)");
    }
}
