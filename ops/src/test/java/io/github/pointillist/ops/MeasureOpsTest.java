// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.pointillist.tasks.MeasureObjects.Measured;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.imglib2.img.array.ArrayImgs;
import org.junit.jupiter.api.Test;

class MeasureOpsTest {
    private static final byte[] LABELS = {0, 2, 2, 0, 2, 2};

    @Test
    void measuresEveryChannel() {
        List<Measured> all = MeasureOps.objects(
                ArrayImgs.unsignedBytes(LABELS, 3, 2),
                ArrayImgs.floats(new float[] {0, 1, 2, 0, 3, 4, 9, 5, 5, 9, 5, 5}, 3, 2, 2),
                0.5,
                0.25);
        assertThat(all).hasSize(1);
        assertThat(all.get(0).label()).isEqualTo(2);
        assertThat(all.get(0).area()).isEqualTo(0.5);
        assertThat(all.get(0).channels().get(0).mean()).isEqualTo(2.5);
        assertThat(all.get(0).channels().get(1).sum()).isEqualTo(20);
    }

    @Test
    void refusesImagesOfAnotherSize() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MeasureOps.objects(
                        ArrayImgs.unsignedBytes(LABELS, 3, 2), ArrayImgs.unsignedBytes(LABELS, 2, 3), 1, 1))
                .withMessage("the labels are 3 x 2 pixels, the image 2 x 3; they must be equal");
    }

    @Test
    void isListed() throws IOException {
        try (InputStream index = MeasureOps.class.getClassLoader().getResourceAsStream("ops.yaml")) {
            assertThat(new String(index.readAllBytes(), StandardCharsets.UTF_8)).contains("names: [measure.objects]");
        }
    }
}
