// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.tasks.MeasureObjects.ClassShare;
import io.github.pointillist.tasks.MeasureObjects.Intensity;
import io.github.pointillist.tasks.MeasureObjects.Measured;
import io.github.pointillist.tasks.MeasureObjects.PixelSize;
import io.github.pointillist.tasks.MeasureObjects.Plane;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeasureObjectsTest {
    /** Whether a point lies in a shape; pixels are told by their centres. */
    private interface Shape {
        boolean holds(double x, double y);
    }

    private static int[] draw(int width, int height, Shape shape) {
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = shape.holds(i % width + 0.5, i / width + 0.5) ? 1 : 0;
        }
        return labels;
    }

    private static Measured one(int[] labels, int width) {
        List<Measured> all = MeasureObjects.objects(Plane.shapes(labels, width, labels.length / width));
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    private static Shape ellipse(double x0, double y0, double a, double b, double degrees) {
        double c = Math.cos(Math.toRadians(degrees));
        double s = Math.sin(Math.toRadians(degrees));
        return (x, y) -> {
            double u = (x - x0) * c - (y - y0) * s; // angles go up, rows down
            double v = (x - x0) * s + (y - y0) * c;
            return u * u / (a * a) + v * v / (b * b) <= 1;
        };
    }

    @ParameterizedTest
    @CsvSource({"10,0,0", "10,0.5,0.5", "10,0.3,0.1", "15.5,0.2,0.7", "25,0,0.5", "60,0.4,0.9"})
    void aDiscIsRound(double radius, double dx, double dy) {
        int side = (int) (2 * radius + 8);
        Measured disc = one(draw(side, side, ellipse(side / 2 + dx, side / 2 + dy, radius, radius, 0)), side);
        assertThat(disc.area()).isEqualTo(Math.PI * radius * radius, within(0.02 * disc.area()));
        assertThat(disc.diameter()).isEqualTo(2 * radius, within(0.01 * 2 * radius));
        assertThat(disc.perimeter()).isEqualTo(2 * Math.PI * radius, within(0.024 * disc.perimeter()));
        assertThat(disc.circularity()).isBetween(0.96, 1.0);
        assertThat(disc.major()).isEqualTo(2 * radius, within(0.02 * 2 * radius));
        assertThat(disc.minor()).isEqualTo(2 * radius, within(0.02 * 2 * radius));
        assertThat(disc.aspectRatio()).isBetween(1.0, 1.02);
        assertThat(disc.solidity()).isEqualTo(1);
        assertThat(disc.xPx()).isEqualTo(side / 2 + dx, within(0.1));
        assertThat(disc.yPx()).isEqualTo(side / 2 + dy, within(0.1));
        assertThat(disc.touchesBorder()).isFalse();
        assertThat(disc.neighbours()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 10, 30, 45, 77, 90, 120, 155, 179})
    void anEllipseHasItsAxesAndItsAngle(double degrees) {
        Measured ellipse = one(draw(120, 110, ellipse(61.2, 54.7, 40, 20, degrees)), 120);
        assertThat(ellipse.area()).isEqualTo(Math.PI * 800, within(12.0));
        assertThat(ellipse.major()).isEqualTo(80, within(0.5));
        assertThat(ellipse.minor()).isEqualTo(40, within(0.5));
        double away = Math.abs(ellipse.angle() - degrees);
        assertThat(Math.min(away, 180 - away)).isLessThan(0.6);
        assertThat(ellipse.angle()).isGreaterThanOrEqualTo(0).isLessThan(180);
        assertThat(ellipse.solidity()).isEqualTo(1);
        // Ramanujan: 193.77
        assertThat(ellipse.perimeter()).isEqualTo(193.77, within(0.03 * 193.77));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,1", "1,9", "6,4", "30,30", "80,50"})
    void aRectangleIsExactButForItsPerimeter(int width, int height) {
        int[] labels = draw(100, 70, (x, y) -> x > 5 && x < 5 + width && y > 8 && y < 8 + height);
        Measured box = one(labels, 100);
        assertThat(box.pixels()).isEqualTo(width * height);
        assertThat(List.of(box.leftPx(), box.topPx(), box.widthPx(), box.heightPx()))
                .containsExactly(5, 8, width, height);
        assertThat(box.xPx()).isEqualTo(5 + width / 2.0, within(1e-12));
        assertThat(box.yPx()).isEqualTo(8 + height / 2.0, within(1e-12));
        // a side of length w has the variance w^2 / 12
        assertThat(box.major()).isEqualTo(4 * Math.max(width, height) / Math.sqrt(12), within(1e-9));
        assertThat(box.minor()).isEqualTo(4 * Math.min(width, height) / Math.sqrt(12), within(1e-9));
        assertThat(box.angle()).isEqualTo(height > width ? 90 : 0, within(1e-9));
        assertThat(box.solidity()).isEqualTo(1);
        assertThat(box.circularity()).isLessThanOrEqualTo(1);
        if (width > 1 && height > 1) {
            // pi times the mean extent: lines met, by their distance and the share of their direction
            double axis = Math.atan2(1, 2);
            double diagonal = (Math.atan2(2, 1) - Math.atan2(1, 2)) / 2;
            double knight = 2 * (width + 2 * height - 2 + 2 * width + height - 2) / Math.sqrt(5);
            double expected =
                    axis * (width + height) + diagonal * Math.sqrt(2) * (width + height - 1) + Math.PI / 8 * knight;
            assertThat(box.perimeter()).isEqualTo(expected, within(1e-9));
        }
    }

    @Test
    void holesAndBaysShowInSolidityAndPerimeter() {
        Shape ring = (x, y) -> ellipse(50, 50, 40, 40, 0).holds(x, y)
                && !ellipse(50, 50, 20, 20, 0).holds(x, y);
        Measured measured = one(draw(100, 100, ring), 100);
        assertThat(measured.solidity()).isEqualTo(0.75, within(0.01));
        assertThat(measured.perimeter()).isEqualTo(2 * Math.PI * 60, within(4.0));
        assertThat(measured.circularity()).isEqualTo(1200.0 / 3600, within(0.01));
        // an L of three squares of 10: the hull lacks half a square, less the points on its slanted side
        Measured bay = one(draw(40, 40, (x, y) -> x > 5 && x < 25 && y > 5 && y < 25 && (x < 15 || y > 15)), 40);
        assertThat(bay.pixels()).isEqualTo(300);
        assertThat(bay.solidity()).isEqualTo(300.0 / (300 + 45), within(1e-12));
    }

    private static int[] blobs(int width, int height, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] labels = new int[width * height];
        for (int label = 1; label <= 14; label++) {
            Shape shape = ellipse(
                    random.nextDouble(width),
                    random.nextDouble(height),
                    2 + random.nextDouble(12),
                    2 + random.nextDouble(12),
                    random.nextDouble(180));
            for (int i = 0; i < labels.length; i++) {
                labels[i] = shape.holds(i % width + 0.5, i / width + 0.5) ? label : labels[i];
            }
        }
        return labels;
    }

    private static List<Measured> shapes(int[] labels, int width) {
        return MeasureObjects.objects(Plane.shapes(labels, width, labels.length / width));
    }

    @Test
    void turningAndMirroringAnImageTurnsAndMirrorsTheMeasurements() {
        int width = 90;
        int height = 70;
        int[] labels = blobs(width, height, 5);
        int[] turned = new int[labels.length]; // a quarter, counterclockwise
        int[] mirrored = new int[labels.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                turned[(width - 1 - x) * height + y] = labels[y * width + x];
                mirrored[y * width + width - 1 - x] = labels[y * width + x];
            }
        }
        List<Measured> before = shapes(labels, width);
        List<Measured> after = shapes(turned, height);
        List<Measured> mirror = shapes(mirrored, width);
        assertThat(before).hasSizeGreaterThan(8);
        for (int i = 0; i < before.size(); i++) {
            Measured a = before.get(i);
            for (Measured b : List.of(after.get(i), mirror.get(i))) {
                assertThat(b.label()).isEqualTo(a.label());
                assertThat(b.pixels()).isEqualTo(a.pixels());
                assertThat(b.perimeter()).isEqualTo(a.perimeter(), within(1e-9));
                assertThat(b.major()).isEqualTo(a.major(), within(1e-9));
                assertThat(b.minor()).isEqualTo(a.minor(), within(1e-9));
                assertThat(b.solidity()).isEqualTo(a.solidity());
                assertThat(b.touchesBorder()).isEqualTo(a.touchesBorder());
                assertThat(b.neighbours()).isEqualTo(a.neighbours());
            }
            assertThat(after.get(i).xPx()).isEqualTo(a.yPx(), within(1e-9));
            assertThat(after.get(i).yPx()).isEqualTo(width - a.xPx(), within(1e-9));
            assertThat(mirror.get(i).xPx()).isEqualTo(width - a.xPx(), within(1e-9));
            if (a.aspectRatio() > 1.01) {
                assertThat((a.angle() + 90) % 180).isEqualTo(after.get(i).angle(), within(1e-6));
                assertThat((180 - a.angle()) % 180).isEqualTo(mirror.get(i).angle(), within(1e-6));
            }
        }
    }

    @Test
    void whereAnObjectLiesAndWhatItIsCalledDoesNotMatter() {
        int[] near = draw(60, 50, ellipse(20.3, 21.1, 13, 7, 35));
        int[] far = new int[5000 * 3000];
        for (int i = 0; i < near.length; i++) {
            far[(i / 60 + 2900) * 5000 + i % 60 + 4900] = near[i] * 1_000_000;
        }
        Measured a = one(near, 60);
        Measured b = one(far, 5000);
        assertThat(b.label()).isEqualTo(1_000_000);
        assertThat(List.of(b.pixels(), b.perimeter(), b.major(), b.minor(), b.angle(), b.solidity()))
                .isEqualTo(List.of(a.pixels(), a.perimeter(), a.major(), a.minor(), a.angle(), a.solidity()));
        assertThat(b.xPx()).isEqualTo(a.xPx() + 4900, within(1e-9));
        assertThat(b.yPx()).isEqualTo(a.yPx() + 2900, within(1e-9));
    }

    @Test
    void pixelsNeedNotBeSquare() {
        // the same disc of radius 15 um, in pixels of 0.5 x 0.5 and 0.5 x 1 um
        for (double height : new double[] {0.5, 1}) {
            int rows = (int) (40 / height);
            int[] stretched = draw(80, rows, ellipse(40, rows / 2.0, 30, 15 / height, 0));
            Measured disc = MeasureObjects.objects(
                            new Plane(stretched, 80, rows, new PixelSize(0.5, height), 0, (c, i) -> 0))
                    .get(0);
            assertThat(disc.area()).isEqualTo(Math.PI * 225, within(6.0));
            assertThat(disc.perimeter()).isEqualTo(Math.PI * 30, within(1.0));
            assertThat(disc.circularity()).isGreaterThan(0.97);
            assertThat(disc.major()).isEqualTo(30, within(0.3));
            assertThat(disc.minor()).isEqualTo(30, within(0.3));
        }
        int[] labels = draw(40, 30, ellipse(20, 15, 11, 6, 20));
        Measured inPixels = one(labels, 40);
        Measured inUnits = MeasureObjects.objects(new Plane(labels, 40, 30, new PixelSize(0.2, 0.2), 0, (c, i) -> 0))
                .get(0);
        assertThat(inUnits.area()).isEqualTo(inPixels.area() * 0.04, within(1e-9));
        assertThat(inUnits.perimeter()).isEqualTo(inPixels.perimeter() * 0.2, within(1e-9));
        assertThat(inUnits.major()).isEqualTo(inPixels.major() * 0.2, within(1e-9));
        assertThat(inUnits.circularity()).isEqualTo(inPixels.circularity(), within(1e-9));
    }

    @Test
    void neighboursTouchByEdgesOrCorners() {
        int[] labels = {
            1, 1, 2, 2, 0, 0, //
            1, 1, 2, 2, 0, 0, //
            3, 3, 7, 7, 0, 0, //
            3, 3, 7, 7, 0, 0, //
            0, 0, 0, 0, 9, 0, //
            0, 0, 0, 0, 0, 0
        };
        assertThat(MeasureObjects.objects(Plane.shapes(labels, 6, 6)))
                .extracting(Measured::label, Measured::neighbours, Measured::touchesBorder)
                .containsExactly(
                        tuple(1, 3, true),
                        tuple(2, 3, true),
                        tuple(3, 3, true),
                        tuple(7, 4, false),
                        tuple(9, 1, false));
    }

    /** Many pairs, each met many times: stripes, of which each touches the one before and the one after. */
    @Test
    void longBordersCountOnce() {
        int[] labels = new int[300 * 200];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = 1 + i % 300;
        }
        List<Measured> stripes = MeasureObjects.objects(Plane.shapes(labels, 300, 200));
        assertThat(stripes).hasSize(300);
        for (Measured stripe : stripes) {
            assertThat(stripe.neighbours()).isEqualTo(stripe.label() == 1 || stripe.label() == 300 ? 1 : 2);
            assertThat(stripe.solidity()).isEqualTo(1);
        }
    }

    @Test
    void intensitiesAreThoseOfEachChannel() {
        int[] labels = {0, 4, 4, 4, 2, 0};
        double[][] values = {{9, 1, 2, 6, 5, 9}, {0, -1e6, -1e6 + 1, -1e6 + 2, 0.5, 0}};
        List<Measured> all = MeasureObjects.objects(
                new Plane(labels, 6, 1, PixelSize.PIXELS, 2, (channel, index) -> values[channel][index]));
        assertThat(all.get(0).channels())
                .containsExactly(new Intensity(5, 0, 5, 5, 5), new Intensity(0.5, 0, 0.5, 0.5, 0.5));
        assertThat(all.get(1).channels().get(0)).isEqualTo(new Intensity(3, Math.sqrt(7), 1, 6, 9));
        assertThat(all.get(1).channels().get(1)).isEqualTo(new Intensity(-1e6 + 1, 1, -1e6, -1e6 + 2, -3e6 + 3));
    }

    @Test
    void classesShareTheImage() {
        int[] labels = {0, 2, 2, 0, 0, 2};
        Plane plane = new Plane(labels, 3, 2, new PixelSize(2, 3), 1, (channel, index) -> index);
        List<ClassShare> classes = MeasureObjects.classes(plane, List.of(0, 1, 2, 3));
        assertThat(classes)
                .extracting(ClassShare::label, ClassShare::pixels, ClassShare::area, ClassShare::share)
                .containsExactly(
                        tuple(0, 3, 18.0, 0.5), tuple(1, 0, 0.0, 0.0), tuple(2, 3, 18.0, 0.5), tuple(3, 0, 0.0, 0.0));
        assertThat(classes.get(2).channels().get(0).mean()).isEqualTo(8 / 3.0, within(1e-12));
        assertThat(classes.get(1).channels().get(0).mean()).isNaN();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MeasureObjects.classes(Plane.shapes(labels, 3, 2), List.of(0, 1)))
                .withMessage("a pixel holds class 2; allowed are [0, 1]");
    }

    @Test
    void classesKeepTheirLabelsAndZeroMayBeNone() {
        int[] labels = {0, 2, 2, 0, 7, 2};
        Plane plane = new Plane(labels, 3, 2, new PixelSize(1, 1), 1, (channel, index) -> index);
        List<ClassShare> classes = MeasureObjects.classes(plane, List.of(2, 5, 7));
        assertThat(classes)
                .extracting(ClassShare::label, ClassShare::pixels, ClassShare::share)
                .containsExactly(tuple(2, 3, 0.5), tuple(5, 0, 0.0), tuple(7, 1, 1 / 6.0));
        assertThat(classes.get(0).channels().get(0).mean()).isEqualTo(8 / 3.0, within(1e-12));
        assertThat(classes.get(2).channels().get(0).max()).isEqualTo(4);
    }

    @Test
    void aPlaneWithoutObjectsGivesNone() {
        assertThat(MeasureObjects.objects(Plane.shapes(new int[12], 4, 3))).isEmpty();
    }

    @Test
    void refusesWhatIsNoLabelPlane() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Plane.shapes(new int[5], 2, 3))
                .withMessageContaining("5 labels given for 2 x 3 pixels");
        for (int label : new int[] {-1, MeasureObjects.LARGEST_LABEL + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MeasureObjects.objects(Plane.shapes(new int[] {label}, 1, 1)))
                    .withMessage("a label is " + label + "; allowed are 0 to 16777216");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new PixelSize(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new PixelSize(1, Double.NaN));
    }
}
