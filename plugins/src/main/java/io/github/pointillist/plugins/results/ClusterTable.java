// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.Calibration;
import ij.measure.ResultsTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * Sizes, centroids and mean values of the clusters of an image: a row a cluster and plane. Areas and centroids are in the
 * unit of the image's calibration, centroids as ImageJ measures them (the centre of the first pixel is at 0.5 pixels).
 */
public final class ClusterTable {
    private static final MathContext SEVEN_DIGITS = new MathContext(7);

    private final Calibration calibration;
    private final int height;
    private final List<String> channels;
    private final List<Part> parts = new ArrayList<>();

    /** Sums over one label plane; index 0, for pixels without a cluster, is not shown. */
    @SuppressWarnings("ArrayRecordComponent") // columns of numbers, never compared
    private record Part(
            String level,
            int slice,
            int frame,
            long[] pixels,
            double[] sumX,
            double[] sumY,
            double[][] sums,
            List<String> segments) {}

    /** Receives one row. */
    private interface RowConsumer {
        void row(Part part, int cluster, double[] values);
    }

    ClusterTable(Planes planes) {
        calibration = PixelSizes.measure(planes.image().getCalibration()).calibration();
        height = planes.height();
        channels = planes.channelNames();
    }

    /** @param segments what each cluster ends in, or empty */
    void add(
            String level,
            int slice,
            int frame,
            int[] labels,
            int count,
            int width,
            Planes.Plane plane,
            List<String> segments) {
        long[] pixels = new long[count + 1];
        double[] sumX = new double[count + 1];
        double[] sumY = new double[count + 1];
        double[][] sums = new double[channels.size()][count + 1];
        for (int i = 0; i < labels.length; i++) {
            int label = labels[i];
            pixels[label]++;
            sumX[label] += i % width;
            sumY[label] += i / width;
        }
        for (int c = 0; c < sums.length; c++) {
            for (int i = 0; i < labels.length; i++) {
                sums[c][labels[i]] += plane.value(c, i);
            }
        }
        parts.add(new Part(level, slice, frame, pixels, sumX, sumY, sums, segments));
    }

    /** Heads of the columns, with units. */
    public List<String> columns() {
        String unit = PixelSizes.text(calibration.getXUnit());
        List<String> columns = new ArrayList<>(List.of("level", "slice", "frame", "cluster", "pixels"));
        columns.add("area (" + unit + "^2)");
        columns.add("x (" + unit + ")");
        columns.add("y (" + unit + ")");
        channels.forEach(channel -> columns.add("mean " + channel));
        if (hasSegments()) {
            columns.add("segment");
        }
        return columns;
    }

    private boolean hasSegments() {
        return parts.stream().anyMatch(part -> !part.segments.isEmpty());
    }

    private static String segment(Part part, int cluster) {
        return part.segments.isEmpty() ? "" : part.segments.get(cluster - 1);
    }

    private void rows(RowConsumer consumer) {
        double pixelArea = calibration.pixelWidth * calibration.pixelHeight;
        for (Part part : parts) {
            for (int cluster = 1; cluster < part.pixels.length; cluster++) {
                long n = part.pixels[cluster];
                if (n == 0) {
                    continue;
                }
                double[] values = new double[3 + channels.size()];
                values[0] = n * pixelArea;
                values[1] = calibration.getX(part.sumX[cluster] / n + 0.5);
                values[2] = calibration.getY(part.sumY[cluster] / n + 0.5, height);
                for (int c = 0; c < channels.size(); c++) {
                    values[3 + c] = part.sums[c][cluster] / n;
                }
                consumer.row(part, cluster, values);
            }
        }
    }

    /** Number of rows. */
    public int size() {
        int[] size = {0};
        rows((part, cluster, values) -> size[0]++);
        return size[0];
    }

    /**
     * Writes the table as CSV after RFC 4180: lines end with CR LF, fields that need it are quoted, decimals have a point.
     */
    public void writeCsv(Writer out) throws IOException {
        out.write(String.join(",", columns().stream().map(ClusterTable::quote).toList()) + "\r\n");
        StringBuilder line = new StringBuilder();
        boolean segments = hasSegments();
        try {
            rows((part, cluster, values) -> {
                line.setLength(0);
                line.append(quote(part.level))
                        .append(',')
                        .append(part.slice)
                        .append(',')
                        .append(part.frame);
                line.append(',').append(cluster).append(',').append(part.pixels[cluster]);
                for (double value : values) {
                    line.append(',').append(number(value));
                }
                if (segments) {
                    line.append(',').append(quote(segment(part, cluster)));
                }
                try {
                    out.append(line.append("\r\n"));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String quote(String field) {
        return field.matches("[^\",\r\n]*") ? field : '"' + field.replace("\"", "\"\"") + '"';
    }

    /**
     * Seven digits are all that float pixels hold; their sums may be larger than floats are. {@code toString} never
     * depends on the locale.
     */
    static String number(double value) {
        float rounded = (float) value;
        boolean beyond = Float.isInfinite(rounded) || Math.abs(value) < Float.MIN_NORMAL;
        if (beyond && value != 0 && !Double.isInfinite(value)) {
            return Double.toString(new BigDecimal(value).round(SEVEN_DIGITS).doubleValue());
        }
        if (Float.isNaN(rounded) || Float.isInfinite(rounded)) {
            return Float.toString(rounded);
        }
        return rounded == Math.rint(rounded) && Math.abs(rounded) < 1e7
                ? Long.toString((long) rounded)
                : Float.toString(rounded);
    }

    /** Appends the rows to one of ImageJ's tables. */
    public void appendTo(ResultsTable table, String image) {
        List<String> heads = columns();
        rows((part, cluster, values) -> {
            table.incrementCounter();
            table.addValue(ClassTable.IMAGE, image);
            table.addValue(heads.get(0), part.level);
            table.addValue(heads.get(1), part.slice);
            table.addValue(heads.get(2), part.frame);
            table.addValue(heads.get(3), cluster);
            table.addValue(heads.get(4), part.pixels[cluster]);
            for (int i = 0; i < values.length; i++) {
                table.addValue(heads.get(5 + i), values[i]);
            }
            if (heads.size() > 5 + values.length) {
                table.addValue(heads.get(5 + values.length), segment(part, cluster));
            }
        });
    }
}
