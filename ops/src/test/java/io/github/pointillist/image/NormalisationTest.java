// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class NormalisationTest {
    private static final List<Float> ZEROS = List.of(0f, 0f, 0f);
    private static final List<Float> ONES = List.of(1f, 1f, 1f);
    private static final Normalisation LIFTED = new Normalisation(ZEROS, ONES, List.of(0f, 10f, 60f));

    private static RasterF ramp(int channels) {
        RasterF ramp = RasterF.of(256, 1, channels);
        for (int i = 0; i < ramp.data().length; i++) {
            ramp.data()[i] = i / channels;
        }
        return ramp;
    }

    @Test
    void greyPicturesAreLiftedInEveryChannelByItsOwnFactor() {
        float[] planes = LIFTED.apply(ramp(1));
        for (int i = 0; i < 256; i++) {
            double v = i / 255.0;
            assertThat(planes[i]).isEqualTo(i / 255f);
            assertThat((double) planes[256 + i]).isCloseTo(Math.log1p(10 * v) / Math.log(11), within(1e-6));
            assertThat((double) planes[512 + i]).isCloseTo(Math.log1p(60 * v) / Math.log(61), within(1e-5));
        }
        assertThat(planes[256 + 255]).isEqualTo(1);
        assertThat(planes[512 + 255]).isEqualTo(1);
    }

    @Test
    void whatLiesOutsideTheRangeIsTakenAsItsEnd() {
        RasterF outside = RasterF.of(2, 1, 1);
        outside.data()[0] = -3;
        outside.data()[1] = 300;
        float[] planes = LIFTED.apply(outside);
        assertThat(planes).containsExactly(-3 / 255f, 300 / 255f, 0, 1, 0, 1);
    }

    @Test
    void picturesInColourAreNotLifted() {
        assertThat(LIFTED.apply(ramp(3))).isEqualTo(new Normalisation(ZEROS, ONES).apply(ramp(3)));
    }

    @Test
    void thereIsALiftAChannelOrNone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Normalisation(ZEROS, ONES, List.of(1f)))
                .withMessage("lifts are [1.0]; allowed is one number of 0 to 1000000 for every channel, or none");
        assertThatIllegalArgumentException().isThrownBy(() -> new Normalisation(ZEROS, ONES, List.of(0f, 0f, -1f)));
    }
}
