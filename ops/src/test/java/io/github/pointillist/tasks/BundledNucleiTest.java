// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Segment.Result;
import io.github.pointillist.tasks.Segment.Scaling;
import io.github.pointillist.tasks.Segment.Settings;
import io.github.pointillist.tasks.Segment.Sizes;
import java.io.IOException;
import net.imglib2.img.array.ArrayImgs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the bundled model makes of small fields: nothing of noise, and each body of others. */
class BundledNucleiTest {
    private static Segment task;

    @BeforeAll
    static void open() throws IOException {
        task = Segment.open(new Settings("nuclei", null, Scaling.AUTOMATIC, 0, 0, -1, -1, false, false, 0, "cpu"));
    }

    @AfterAll
    static void close() {
        task.close();
    }

    private static Result segment(byte[] values, int side, Sizes sizes) {
        return task.segment(ArrayImgs.unsignedBytes(values, side, side), 0, sizes, Progress.NONE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 2})
    void noiseIsNothing(double sigma) {
        Result result = segment(Fields.bytes(Fields.noise(96, sigma, 1), 60, 10), 96, null);
        assertThat(result.count()).isZero();
        assertThat(result.scale()).isEqualTo(1);
        assertThat(String.join("\n", result.notes())).contains("nothing here");
    }

    /** As a plane of a stack whose other planes decided the scale. */
    @Test
    void noiseAtTheScaleOfOthersIsNothing() {
        Result result = segment(Fields.bytes(Fields.noise(96, 1, 2), 60, 10), 96, new Sizes(6, 6, 6, 1, 1));
        assertThat(result.scale()).isCloseTo(32 / 6.0, within(0.01));
        assertThat(result.count()).isZero();
        assertThat(String.join("\n", result.notes())).contains("left out: no more prominent than");
    }

    /** One disc that nearly fills the plane, and a few small ones in noise. */
    @Test
    void bodiesAreFound() {
        double[] field = Fields.noise(200, 0, 3);
        double[] few = field.clone();
        for (int i = 0; i < field.length; i++) {
            int row = i / 200;
            field[i] = 20 + (Math.hypot(i % 200 - 99.5, row - 99.5) < 95 ? 150 : 0);
            boolean inside = Math.hypot(i % 200 - 50, row - 60) < 9
                    || Math.hypot(i % 200 - 150, row - 80) < 9
                    || Math.hypot(i % 200 - 90, row - 140) < 9;
            few[i] = 30 + 3 * few[i] + (inside ? 70 : 0);
        }
        assertThat(segment(Fields.bytes(field, 0, 1), 200, null).count()).isEqualTo(1);
        Result result = segment(Fields.bytes(few, 0, 1), 200, null);
        assertThat(result.count()).isEqualTo(3);
        assertThat(result.scale()).isBetween(1.3, 2.4);
    }
}
