// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.EllipseRoi;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.gui.TextRoi;
import io.github.pointillist.plugins.results.RoiLabels.Meaning;
import io.github.pointillist.plugins.results.RoiLabels.Options;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoiLabelsTest {
    private static final int W = 40;
    private static final int H = 30;

    private static Roi named(Roi roi, String name) {
        roi.setName(name);
        return roi;
    }

    private static int[] draw(Options options, Roi... rois) {
        List<Roi> list = List.of(rois);
        return RoiLabels.draw(list, W, H, options, RoiLabels.classes(list, options));
    }

    private static long count(int[] labels, int label) {
        return Arrays.stream(labels).filter(l -> l == label).count();
    }

    @Test
    void areasAreObjectsAndLaterOnesLieOnTop() {
        int[] labels = draw(Options.OBJECTS, new Roi(2, 3, 10, 5), new OvalRoi(20, 5, 9, 9), new Roi(10, 3, 4, 5));
        assertThat(count(labels, 1)).isEqualTo(40);
        assertThat(count(labels, 3)).isEqualTo(20);
        assertThat(labels[3 * W + 9]).isEqualTo(1);
        assertThat(labels[3 * W + 10]).isEqualTo(3);
        assertThat(labels[9 * W + 24]).isEqualTo(2);
        assertThat(labels[5 * W + 20]).as("the corner of an oval").isZero();
        assertThat(count(labels, 2)).isBetween(55L, 75L);
    }

    @Test
    void coveredObjectsLeaveNoGap() {
        int[] labels = draw(Options.OBJECTS, new Roi(2, 3, 4, 4), new Roi(1, 2, 8, 8), new Roi(20, 2, 3, 3));
        assertThat(Arrays.stream(labels).distinct().sorted()).containsExactly(0, 1, 2);
        assertThat(count(labels, 1)).isEqualTo(64);
    }

    @Test
    void compositesKeepTheirHoles() {
        ShapeRoi ring = new ShapeRoi(new Roi(5, 5, 12, 12)).not(new ShapeRoi(new Roi(8, 8, 6, 6)));
        int[] labels = draw(Options.OBJECTS, ring);
        assertThat(count(labels, 1)).isEqualTo(144 - 36);
        assertThat(labels[10 * W + 10]).isZero();
    }

    @Test
    void linesAndPointsHaveAWidth() {
        int[] line = draw(Options.OBJECTS, new Line(5, 10, 25, 10));
        assertThat(count(line, 1))
                .as("21 pixels of 3, and half a disc at each end")
                .isEqualTo(21 * 3 + 2 * 3);
        Roi wide = new PolygonRoi(new float[] {5, 25, 25}, new float[] {5, 5, 20}, Roi.POLYLINE);
        wide.setStrokeWidth(5);
        int[] path = draw(Options.OBJECTS, wide);
        assertThat(path[7 * W + 10]).isEqualTo(1);
        assertThat(path[8 * W + 10]).isZero();
        int[] points = draw(Options.OBJECTS, new PointRoi(new float[] {4, 30}, new float[] {6, 20}));
        assertThat(points[6 * W + 4]).isEqualTo(1);
        assertThat(points[20 * W + 30]).as("a point is an object").isEqualTo(2);
        assertThat(count(points, 1)).isEqualTo(9);
    }

    @Test
    void classesComeFromNames() {
        Options sparse = new Options(Meaning.NAMES, false, 3);
        Roi[] rois = {
            named(new Roi(0, 0, 5, 5), "Stroma-1"),
            named(new Roi(10, 0, 5, 5), "gland12"),
            named(new Roi(20, 0, 5, 5), "stroma"),
            named(new Roi(30, 0, 5, 5), "background-2"),
            named(new Roi(20, 0, 2, 2), "ignore")
        };
        assertThat(RoiLabels.classes(List.of(rois), sparse)).containsExactly("background", "gland", "stroma");
        int[] labels = draw(sparse, rois);
        assertThat(count(labels, 2)).isEqualTo(25 + 21);
        assertThat(count(labels, 1)).isEqualTo(25);
        assertThat(count(labels, 0)).isEqualTo(25);
        assertThat(count(labels, -1)).isEqualTo((long) W * H - 25 - 46 - 25);
        assertThat(RoiLabels.classes(List.of(rois[0], rois[1]), sparse)).containsExactly("gland", "stroma");
        Options rest = new Options(Meaning.NAMES, true, 3);
        assertThat(count(draw(rest, rois[0]), 0)).isEqualTo((long) W * H - 25);
    }

    @Test
    void classesComeFromGroups() {
        Roi first = new Roi(0, 0, 5, 5);
        first.setGroup(7);
        Roi second = new Roi(10, 0, 5, 5);
        second.setGroup(2);
        Options options = new Options(Meaning.GROUPS, false, 3);
        assertThat(RoiLabels.classes(List.of(first, second), options)).containsExactly("group 2", "group 7");
        int[] labels = draw(options, first, second);
        assertThat(labels[0]).isEqualTo(1);
        assertThat(labels[10]).isEqualTo(0);
    }

    @Test
    void whatCannotBeDrawnIsNamed() {
        Options names = new Options(Meaning.NAMES, true, 3);
        assertThatThrownBy(() -> draw(names, named(new Roi(0, 0, 2, 2), "0012-0007")))
                .hasMessageContaining("0012-0007 has no class in its name");
        assertThatThrownBy(() -> draw(new Options(Meaning.GROUPS, true, 3), named(new Roi(0, 0, 2, 2), "x")))
                .hasMessageContaining("x is in no group");
        assertThatThrownBy(() -> draw(Options.OBJECTS, named(new Roi(90, 0, 5, 5), "far")))
                .hasMessageContaining("far lies outside the image of 40 x 30 pixels");
        assertThatThrownBy(() -> draw(Options.OBJECTS, new TextRoi(3, 3, "nucleus")))
                .hasMessageContaining("is text");
        assertThatThrownBy(() -> RoiLabels.draw(List.of(), W, H, Options.OBJECTS, List.of()))
                .hasMessageContaining("no region is drawn");
        assertThatThrownBy(() -> new Options(Meaning.OBJECTS, true, 0)).hasMessageContaining("1 to 1000");
    }

    @Test
    void regionsFarLargerThanTheImageAreRefusedBeforeTheirMaskIsMade() {
        Roi huge = named(new EllipseRoi(-1e9, -1e9, 1e9, 1e9, 0.5), "huge");
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> assertThatThrownBy(() -> draw(Options.OBJECTS, huge))
                .hasMessageContaining("huge spans")
                .hasMessageContaining("the image 40 x 30"));
        Roi thick = named(new Line(0, 0, 30, 20), "thick");
        thick.setStrokeWidth(1e30f);
        assertThatThrownBy(() -> draw(Options.OBJECTS, thick)).hasMessageContaining("up to 1000");
        assertThat(count(draw(Options.OBJECTS, named(new Roi(-20, -20, 100, 80), "over the border")), 1))
                .isEqualTo((long) W * H);
    }

    /** Every pixel is asked, as the drawing of long lines does not. */
    @Test
    void linesAreAllPixelsWithinHalfTheirWidth() {
        Random random = new Random(3);
        for (int n = 0; n < 200; n++) {
            double[] p = random.doubles(4, -10, 45).toArray();
            int width = 1 + random.nextInt(9);
            Line line = new Line(p[0], p[1], p[2], p[3]);
            line.setStrokeWidth(width);
            long expected = 0;
            double dx = line.x2d - line.x1d;
            double dy = line.y2d - line.y1d;
            double reach = Math.max(width, width > 1 ? 1 : 3) / 2.0;
            for (int i = 0; i < W * H; i++) {
                double ex = i % W - line.x1d;
                double ey = i / W - line.y1d;
                double t = Math.max(0, Math.min(1, (ex * dx + ey * dy) / (dx * dx + dy * dy)));
                expected += (ex - t * dx) * (ex - t * dx) + (ey - t * dy) * (ey - t * dy) <= reach * reach ? 1 : 0;
            }
            if (expected > 0) {
                assertThat(count(draw(Options.OBJECTS, line), 1)).isEqualTo(expected);
            }
        }
    }

    @Test
    void regionsBelongToTheirPlane() {
        ImagePlus stack = IJ.createHyperStack("stack", W, H, 2, 3, 2, 8);
        Roi everywhere = new Roi(0, 0, 3, 3);
        Roi second = new Roi(0, 0, 3, 3);
        second.setPosition(stack.getStackIndex(1, 2, 1));
        Roi last = new Roi(0, 0, 3, 3);
        last.setPosition(0, 3, 2);
        List<Roi> rois = List.of(everywhere, second, last);
        assertThat(RoiLabels.onPlane(rois, stack, 2, 1)).containsExactly(everywhere, second);
        assertThat(RoiLabels.onPlane(rois, stack, 3, 2)).containsExactly(everywhere, last);
        assertThat(RoiLabels.onPlane(rois, stack, 1, 1)).containsExactly(everywhere);
    }
}
