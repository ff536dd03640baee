// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pointillist.training.Logged;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingPlotTest {
    @TempDir
    private Path folder;

    private static Map<String, Double> metrics(double iou, double loss) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("mIoU", iou);
        metrics.put("IoU of class 0", iou);
        metrics.put("IoU of class 1", Double.NaN);
        metrics.put("offset error px", 40.0);
        metrics.put("validation loss", loss);
        return metrics;
    }

    private static TrainingCurve curve(boolean validated) {
        List<Logged> lines = new ArrayList<>();
        for (int n = 1; n <= 3; n++) {
            Map<String, Double> loss = new LinkedHashMap<>();
            loss.put("dice", 0.25 / n);
            loss.put("loss", 1.0 / n);
            lines.add(new Logged(10L * n, 1e-3, loss, validated ? metrics(0.3 * n, 2.0 / n) : Map.of()));
        }
        Map<String, Double> before = validated ? metrics(0.1, 4) : Map.of();
        return new TrainingCurve(lines, before, 30, List.of("ground", "cells, all"));
    }

    @Test
    void aTableHasARowAStepAndNamesItsClasses() throws IOException {
        StringWriter out = new StringWriter();
        TrainingPlot.writeCsv(curve(true), out);
        assertThat(out.toString().lines())
                .containsExactly(
                        "step,rate,loss dice,loss,mIoU,IoU of ground,\"IoU of cells, all\",offset error px,validation loss",
                        "0,0,,,0.100000,0.100000,NaN,40.0000,4.00000",
                        "10,0.00100000,0.250000,1.00000,0.300000,0.300000,NaN,40.0000,2.00000",
                        "20,0.00100000,0.125000,0.500000,0.600000,0.600000,NaN,40.0000,1.00000",
                        "30,0.00100000,0.0833333,0.333333,0.900000,0.900000,NaN,40.0000,0.666667");
        StringWriter bare = new StringWriter();
        TrainingPlot.writeCsv(curve(false), bare);
        assertThat(bare.toString().lines().findFirst()).contains("step,rate,loss dice,loss");
    }

    @Test
    void thePictureShowsLossAndWhatIsAShare() throws IOException {
        Path both = folder.resolve("both.png");
        TrainingPlot.writePng("cells", curve(true), both);
        BufferedImage picture = ImageIO.read(both.toFile());
        Path one = folder.resolve("one.png");
        TrainingPlot.writePng("cells", curve(false), one);
        assertThat(picture.getWidth())
                .isGreaterThan(3 * ImageIO.read(one.toFile()).getWidth() / 2);
        // blue is the first line of a panel, and there is one in each
        for (int left : List.of(0, picture.getWidth() / 2)) {
            int blue = 0;
            for (int y = 0; y < picture.getHeight(); y++) {
                for (int x = left; x < left + picture.getWidth() / 2; x++) {
                    blue += (picture.getRGB(x, y) & 0xffffff) == 0x0072B2 ? 1 : 0;
                }
            }
            assertThat(blue).isGreaterThan(300);
        }
        assertThat(TrainingPlot.metrics("cells", curve(false))).isNull();
        // pixels are no share of anything; what is nowhere a number has no line
        assertThat(TrainingPlot.metrics("cells", curve(true)).getNumPlotObjects())
                .isEqualTo(2);
    }
}
