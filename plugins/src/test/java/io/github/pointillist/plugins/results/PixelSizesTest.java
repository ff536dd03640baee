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
        PixelSizes none = PixelSizes.of(calibration(size, size, "um"));
        assertThat(none.um()).isZero();
        assertThat(none.note())
                .contains("the image says " + size + " x " + size)
                .contains("which is no size");
    }

    @ParameterizedTest
    @CsvSource({
        "cm,0.00005,0.5",
        "inch,0.0000196850394,0.5",
        "m,0.0000005,0.5",
        "pm,325000,0.325",
        "Å,5000,0.5",
        "Micrometre,0.5,0.5",
        "microns,0.5,0.5",
        "\\u03BCm,0.5,0.5"
    })
    void unitsOfPaperCountWherePixelsAreThoseOfAMicroscope(String unit, double size, double um) {
        assertThat(PixelSizes.of(calibration(size, size, unit)).um()).isEqualTo(um, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource({"inch,0.0104166", "inch,0.00333333", "cm,0.0352777", "m,0.001"})
    void resolutionsOfPrintingDoNot(String unit, double size) {
        assertThat(PixelSizes.of(calibration(size, size, unit)).um()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "0,0,um",
        "-0.5,-0.5,um",
        "NaN,1,um",
        "0.5,Infinity,um",
        "0,1,pixel",
        "0.5,0.5,pixel",
        "0.0138,0.0138,' '",
        "2,1,pixels",
        "1,1,inch",
        "1,1,cm"
    })
    void whatIsNoLengthIsMeasuredInPixelsAndANoteSaysSo(double width, double height, String unit) {
        Calibration own = calibration(width, height, unit);
        PixelSizes.Measure measure = PixelSizes.measure(own);
        assertThat(measure.note()).startsWith("lengths and areas are in pixels: the image says that a pixel is ");
        assertThat(measure.calibration().pixelWidth).isEqualTo(1);
        assertThat(measure.calibration().pixelHeight).isEqualTo(1);
        assertThat(measure.calibration().getUnit()).isEqualTo("pixel");
        assertThat(PixelSizes.of(own).um()).isZero();
    }

    @Test
    void lengthsAreMeasuredInTheImagesUnit() {
        for (String unit : new String[] {"um", "mm", "furlong", "\\u00B5m"}) {
            Calibration own = calibration(0.5, 0.25, unit);
            assertThat(PixelSizes.measure(own).calibration()).isSameAs(own);
            assertThat(PixelSizes.measure(own).note()).isNull();
        }
        assertThat(PixelSizes.measure(new Calibration()).note()).isNull();
        Calibration mixed = calibration(0.5, 0.5, "um");
        mixed.setYUnit("nm");
        assertThat(PixelSizes.measure(mixed).note()).contains("different units, \u00b5m and nm");
        mixed.setYUnit("micron");
        assertThat(PixelSizes.measure(mixed).note()).isNull();
        mixed.xOrigin = Double.NaN;
        assertThat(PixelSizes.measure(mixed).note()).contains("origin is NaN");
    }

    @Test
    void slicesKeepTheirDistanceWhenThePixelSizeIsGiven() {
        Calibration nanometres = calibration(100, 100, "nm");
        nanometres.pixelDepth = 300;
        nanometres.setYUnit("nm");
        nanometres.setZUnit("nm");
        Calibration given = PixelSizes.calibration(nanometres, 0.2);
        assertThat(given.pixelDepth).isEqualTo(0.3, within(1e-12));
        assertThat(PixelSizes.measure(given).note()).isNull();
        assertThat(given.getZUnit()).isEqualTo(given.getUnit());
        Calibration pixels = new Calibration();
        pixels.pixelDepth = 3;
        assertThat(PixelSizes.calibration(pixels, 0.2).pixelDepth).isEqualTo(0.6, within(1e-12));
        assertThat(PixelSizes.calibration(calibration(0, 0, "um"), 0.2).pixelDepth)
                .isEqualTo(0.2);
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
