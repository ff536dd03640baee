// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import org.junit.jupiter.api.Test;

/** With a bundled model that has learned nothing. */
class SegmentOpsTest {
    private static final String MODEL = "test-objects";

    private static Img<UnsignedByteType> image() {
        byte[] bytes = new byte[90 * 70];
        new SplittableRandom(1).nextBytes(bytes);
        return ArrayImgs.unsignedBytes(bytes, 90, 70);
    }

    @Test
    void givesTheLabelsOfTheTask() throws IOException {
        Img<IntType> labels = SegmentOps.image(image(), MODEL, 12);
        assertThat(labels.dimensionsAsLongArray()).containsExactly(90, 70);
        Settings settings = new Settings(MODEL, null, Scaling.DIAMETER, 12, 0, -1, -1, false, false, 0, "auto");
        try (Segment task = Segment.open(settings)) {
            assertThat(Images.labels(labels))
                    .isEqualTo(task.segment(image(), 0, Progress.NONE).labels());
        }
        assertThat(SegmentOps.image(image(), MODEL, 0).dimension(0)).isEqualTo(90);
    }

    @Test
    void wrongInputsAreSaid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SegmentOps.image(image(), MODEL, -1))
                .withMessageContaining("object diameter is -1");
        assertThatThrownBy(() -> SegmentOps.image(image(), "nothing", 0))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("neither installed nor a file");
    }
}
