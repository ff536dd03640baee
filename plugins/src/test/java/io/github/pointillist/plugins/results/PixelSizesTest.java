// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ij.measure.Calibration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PixelSizesTest {
    private static Calibration calibration(double width, double height, String unit) {
        Calibration calibration = new Calibration();
        calibration.pixelWidth = width;
        calibration.pixelHeight = height;
        calibration.setUnit(unit);
        return calibration;
    }

    @ParameterizedTest
    @CsvSource({
        "um,0.5",
        "µm,0.5",
        "μm,0.5",
        "\\u00B5m,0.5",
        "micron,0.5",
        "Microns,0.5",
        "micrometer,0.5",
        "nm,0.0005",
        "mm,500",
        "millimetre,500"
    })
    void unitsOfMicroscopyAreKnown(String unit, double expected) {
        PixelSizes size = PixelSizes.of(calibration(0.5, 0.5, unit));
        assertThat(size.um()).isEqualTo(expected, within(1e-12));
        assertThat(size.note()).contains(" um, from the image's calibration");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pixel", "pixels", "inch", "cm", "", "sec", "m", "furlong"})
    void otherUnitsAreNot(String unit) {
        PixelSizes size = PixelSizes.of(calibration(0.5, 0.5, unit));
        assertThat(size.um()).isZero();
        assertThat(size.note()).startsWith("pixel size unknown");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void sizesThatAreNoneAreUnknown(double size) {
        assertThat(PixelSizes.of(calibration(size, size, "um")).um()).isZero();
    }

    @Test
    void theMeanOfUnequalSidesIsTakenAndSaid() {
        PixelSizes unequal = PixelSizes.of(calibration(0.25, 0.5, "micron"));
        assertThat(unequal.um()).isEqualTo(0.375);
        assertThat(unequal.note()).contains("0.2500 x 0.5000 um").contains("the mean, 0.3750 um");
        PixelSizes nearly = PixelSizes.of(calibration(0.5, 0.504, "micron"));
        assertThat(nearly.um()).isEqualTo(0.502, within(1e-12));
        assertThat(nearly.note()).contains("from the image's calibration");
        Calibration mixed = calibration(250, 0.25, "nm");
        mixed.setYUnit("um");
        assertThat(PixelSizes.of(mixed).um()).isEqualTo(0.25, within(1e-12));
    }
}
