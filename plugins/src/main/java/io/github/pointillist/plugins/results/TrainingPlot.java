// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.macro.Interpreter;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import io.github.pointillist.training.Logged;
import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/** The curve of a training run: as windows that follow it, as a picture and as a table. */
public final class TrainingPlot {
    private static final String LOSS = "loss";
    private static final String VALIDATION = "validation loss";
    private static final int WIDTH_PX = 460;
    private static final int HEIGHT_PX = 300;
    private static final int FEW = 40;
    private static final double MARGIN = 1.03;
    private static final float SHARP = 2;
    private static final List<Color> COLOURS = List.of(
            new Color(0x0072B2),
            new Color(0xD55E00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xE69F00),
            new Color(0x56B4E9),
            new Color(0x000000));

    private final String name;
    private PlotWindow lossWindow;
    private PlotWindow metricsWindow;
    private boolean shown;

    /** The windows of one run; there are none before the first line comes. */
    public TrainingPlot(String name) {
        this.name = name;
    }

    /**
     * Brings the windows up to date, or opens them; one that was closed stays closed. Does nothing where there is no
     * screen, or a macro wants no windows.
     */
    public synchronized void update(TrainingCurve curve) {
        if (GraphicsEnvironment.isHeadless()
                || Interpreter.isBatchMode()
                || curve.lines().isEmpty()) {
            return;
        }
        Plot loss = loss(name, curve);
        Plot metrics = metrics(name, curve);
        if (!shown) {
            shown = true;
            lossWindow = loss.show();
            metricsWindow = metrics == null ? null : metrics.show();
            return;
        }
        if (lossWindow != null && lossWindow.isShowing()) {
            lossWindow.drawPlot(loss);
        }
        if (metricsWindow != null && metricsWindow.isShowing()) {
            metricsWindow.drawPlot(metrics);
        }
    }

    /** Loss of training and, where there is one, of validation. */
    static Plot loss(String name, TrainingCurve curve) {
        return plot("Loss of " + name, LOSS, curve, List.of(LOSS, VALIDATION));
    }

    /** What validation measured as shares from 0 to 1; null where there is no such thing. */
    static Plot metrics(String name, TrainingCurve curve) {
        List<String> names = new ArrayList<>();
        for (String metric : curve.metricNames()) {
            if (!metric.equals(VALIDATION) && !metric.endsWith(" px") && names.size() < COLOURS.size()) {
                names.add(metric);
            }
        }
        if (names.isEmpty()) {
            return null;
        }
        Plot plot = plot("Validation of " + name, "validation", curve, names);
        plot.setLimits(0, MARGIN * curve.steps(), 0, 1);
        return plot;
    }

    private static Plot plot(String title, String axis, TrainingCurve curve, List<String> names) {
        Plot plot = new Plot(title, "step", axis);
        plot.setFrameSize(WIDTH_PX, HEIGHT_PX);
        plot.setLineWidth(2);
        double most = 0;
        List<String> drawn = new ArrayList<>();
        for (String each : names) {
            TreeMap<Long, Double> points = curve.values(each);
            if (points.isEmpty()) {
                continue;
            }
            plot.setColor(COLOURS.get(drawn.size()), COLOURS.get(drawn.size()));
            drawn.add(curve.shown(each));
            double[] x = points.keySet().stream().mapToDouble(Long::doubleValue).toArray();
            double[] y =
                    points.values().stream().mapToDouble(Double::doubleValue).toArray();
            plot.addPoints(x, y, x.length < FEW ? Plot.CONNECTED_CIRCLES : Plot.LINE);
            for (double value : y) {
                most = Math.max(most, value);
            }
        }
        plot.setColor(Color.BLACK);
        plot.setLineWidth(1);
        plot.setLimits(0, MARGIN * curve.steps(), 0, most > 0 ? MARGIN * most : 1);
        plot.addLegend(String.join("\n", drawn), axis.equals(LOSS) ? "top-right" : "bottom-right");
        return plot;
    }

    /** Writes loss and metrics side by side. */
    static void writePng(String name, TrainingCurve curve, Path file) throws IOException {
        List<ImageProcessor> panels = new ArrayList<>(List.of(sharp(loss(name, curve))));
        Plot metrics = metrics(name, curve);
        if (metrics != null) {
            panels.add(sharp(metrics));
        }
        int width = panels.stream().mapToInt(ImageProcessor::getWidth).sum();
        int height = panels.stream().mapToInt(ImageProcessor::getHeight).max().orElseThrow();
        ColorProcessor picture = new ColorProcessor(width, height);
        picture.setColor(Color.WHITE);
        picture.fill();
        int left = 0;
        for (ImageProcessor panel : panels) {
            picture.insert(panel.convertToRGB(), left, 0);
            left += panel.getWidth();
        }
        if (!ImageIO.write(picture.getBufferedImage(), "png", file.toFile())) {
            throw new IOException("could not write " + file.getFileName());
        }
    }

    private static ImageProcessor sharp(Plot plot) {
        plot.getProcessor(); // draws, which decides the size
        ImagePlus picture = plot.makeHighResolution(plot.getTitle(), SHARP, true, false);
        return picture.getProcessor();
    }

    /** Writes a row a line of the curve: step, learning rate, the parts of the loss, the metrics. */
    static void writeCsv(TrainingCurve curve, Writer out) throws IOException {
        Set<String> losses = new LinkedHashSet<>();
        curve.lines().forEach(line -> losses.addAll(line.loss().keySet()));
        List<String> head = new ArrayList<>(List.of("step", "rate"));
        losses.forEach(loss -> head.add(loss.equals(LOSS) ? LOSS : LOSS + " " + loss));
        Set<String> metrics = curve.metricNames();
        metrics.forEach(metric -> head.add(curve.shown(metric)));
        out.write(String.join(",", head.stream().map(TrainingPlot::cell).toList()) + "\n");
        if (!curve.before().isEmpty()) {
            out.write("0,0" + ",".repeat(losses.size()));
            for (String metric : metrics) {
                out.write("," + number(curve.before().get(metric)));
            }
            out.write("\n");
        }
        for (Logged line : curve.lines()) {
            out.write(line.step() + "," + number(line.rate()));
            for (String loss : losses) {
                out.write("," + number(line.loss().get(loss)));
            }
            for (String metric : metrics) {
                out.write("," + number(line.metrics().get(metric)));
            }
            out.write("\n");
        }
    }

    private static String cell(String text) {
        return text.matches("[^,\"\\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    private static String number(Double value) {
        return value == null ? "" : value.isNaN() ? "NaN" : String.format(Locale.ROOT, "%.6g", value);
    }

    /** The metrics of a map in words. */
    static String words(Map<String, Double> metrics, TrainingCurve curve) {
        List<String> words = new ArrayList<>();
        metrics.forEach(
                (metric, value) -> words.add(curve.shown(metric) + " " + String.format(Locale.ROOT, "%.4g", value)));
        return String.join(", ", words);
    }
}
