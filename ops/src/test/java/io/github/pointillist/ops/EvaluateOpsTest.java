// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import org.junit.jupiter.api.Test;

class EvaluateOpsTest {
    private static final Img<UnsignedByteType> TRUTH =
            ArrayImgs.unsignedBytes(new byte[] {1, 1, 0, 2, 1, 1, 0, 0}, 4, 1, 2);
    private static final Img<UnsignedByteType> PREDICTION =
            ArrayImgs.unsignedBytes(new byte[] {1, 1, 0, 0, 3, 3, 3, 3}, 4, 1, 2);

    @Test
    void theIndexHoldsTheOps() throws IOException {
        try (InputStream index = EvaluateOps.class.getClassLoader().getResourceAsStream("ops.yaml")) {
            assertThat(index)
                    .as("ops.yaml, written by the annotation processor")
                    .isNotNull();
            assertThat(new String(index.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("names: [evaluate.instances]", "names: [evaluate.semantic]")
                    .contains("io.github.pointillist.ops.EvaluateOps.instances");
        }
    }

    @Test
    void instancesOfPlanesOrOfAVolume() {
        var each = EvaluateOps.instances(PREDICTION, TRUTH, false);
        assertThat(each.trueObjects()).isEqualTo(3);
        assertThat(each.at(0.5).truePositives()).isEqualTo(2);
        assertThat(each.at(0.55).ap()).isEqualTo(1 / 4.0);
        var volume = EvaluateOps.instances(PREDICTION, TRUTH, true);
        assertThat(volume.trueObjects()).isEqualTo(2);
        assertThat(volume.at(0.5).truePositives()).isEqualTo(1);
    }

    @Test
    void semantic() {
        var scores = EvaluateOps.semantic(PREDICTION, TRUTH, List.of(2L), true);
        assertThat(scores.pixels()).isEqualTo(7);
        assertThat(scores.pixelAccuracy()).isEqualTo(3 / 7.0);
        assertThat(EvaluateOps.semantic(PREDICTION, TRUTH, List.of(), false).pixels())
                .isEqualTo(5);
    }

    @Test
    void refusesOtherSizes() {
        assertThatThrownBy(() -> EvaluateOps.instances(ArrayImgs.unsignedBytes(4, 2, 2), TRUTH, false))
                .hasMessage("the prediction has the size [4, 2], the truth [4, 1]; they must be equal");
    }
}
