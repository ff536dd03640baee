// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.Calibration;
import ij.measure.ResultsTable;
import io.github.pointillist.tasks.MeasureObjects;
import io.github.pointillist.tasks.MeasureObjects.ClassShare;
import io.github.pointillist.tasks.MeasureObjects.Intensity;
import io.github.pointillist.tasks.MeasureObjects.Measured;
import io.github.pointillist.tasks.MeasureObjects.PixelSize;
import io.github.pointillist.tasks.SegmentPanoptic;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * Measurements of the objects of an image, a row an object and plane; or of the classes of a class map, a row a class and
 * plane. Lengths and areas are in the unit that the last column names, centroids as ImageJ measures them (the centre of
 * the first pixel is at 0.5 pixels), boxes in pixels.
 */
public final class ObjectTable {
    private final Calibration calibration;
    private final PixelSize pixel;
    private final String unit;
    private final int height;
    private final List<String> channels;
    private final SortedMap<Integer, String> classNames;
    private final List<Row> rows = new ArrayList<>();

    /** Whether rows are segments of things and stuff. */
    private final boolean segments;

    /** Where in the image; null for all of it. */
    private final Area area;

    /**
     * An object or a class in a plane; the other is null. An object may be a segment.
     *
     * @param cut whether the object touches the edge of the area
     */
    private record Row(
            int slice, int frame, Measured object, SegmentPanoptic.Segment segment, ClassShare share, boolean cut) {}

    /**
     * An empty table.
     *
     * @param calibration of the image; where it gives no length, all is in pixels
     * @param height rows of the image
     * @param channels their names
     * @param classNames names of classes by their labels; empty for objects and segments
     * @param segments whether rows are segments of things and stuff
     * @param area where in the image; null for all of it
     */
    ObjectTable(
            Calibration calibration,
            int height,
            List<String> channels,
            SortedMap<Integer, String> classNames,
            boolean segments,
            Area area) {
        this.calibration = PixelSizes.measure(calibration).calibration();
        this.pixel = new PixelSize(this.calibration.pixelWidth, this.calibration.pixelHeight);
        this.unit = PixelSizes.text(this.calibration.getXUnit());
        this.height = height;
        this.channels = channels;
        this.classNames = classNames;
        this.segments = segments;
        this.area = area;
    }

    private MeasureObjects.Plane plane(int[] labels, int width, Planes.Plane pixels) {
        return new MeasureObjects.Plane(labels, width, height, pixel, channels.size(), pixels::value);
    }

    void addObjects(int slice, int frame, int[] labels, int width, Planes.Plane pixels) {
        Set<Integer> cut = area == null ? Set.of() : area.touching(labels, width);
        MeasureObjects.objects(plane(labels, width, pixels))
                .forEach(object -> rows.add(new Row(slice, frame, object, null, null, cut.contains(object.label()))));
    }

    /** @param found what the labels 1 to n are */
    void addSegments(
            int slice, int frame, int[] labels, int width, Planes.Plane pixels, List<SegmentPanoptic.Segment> found) {
        Set<Integer> cut = area == null ? Set.of() : area.touching(labels, width);
        MeasureObjects.objects(plane(labels, width, pixels))
                .forEach(object -> rows.add(new Row(
                        slice, frame, object, found.get(object.label() - 1), null, cut.contains(object.label()))));
    }

    void addClasses(int slice, int frame, int[] labels, int width, Planes.Plane pixels) {
        MeasureObjects.classes(inside(labels, width, pixels), List.copyOf(classNames.keySet()))
                .forEach(share -> rows.add(new Row(slice, frame, null, null, share, false)));
    }

    /** The pixels of the area as one row: classes have no shape, and their shares are of these pixels. */
    private MeasureObjects.Plane inside(int[] labels, int width, Planes.Plane pixels) {
        if (area == null) {
            return plane(labels, width, pixels);
        }
        int[] at = area.pixels(width);
        int[] inside = new int[at.length];
        for (int i = 0; i < at.length; i++) {
            inside[i] = labels[at[i]];
        }
        return new MeasureObjects.Plane(
                inside, at.length, 1, pixel, channels.size(), (channel, index) -> pixels.value(channel, at[index]));
    }

    /** Number of rows. */
    public int size() {
        return rows.size();
    }

    /** How many classes occur in at least one plane. */
    int classesFound() {
        return (int) rows.stream()
                .filter(row -> row.share != null && row.share.pixels() > 0)
                .map(row -> row.share.label())
                .distinct()
                .count();
    }

    /** Heads of the columns; the same for every image of as many channels. */
    public List<String> columns() {
        List<String> columns = new ArrayList<>(List.of("slice", "frame"));
        if (classNames.isEmpty()) {
            columns.add("label");
            if (segments) {
                columns.addAll(List.of("class", "name", "kind", "score", "mask_score"));
            }
            columns.addAll(List.of("pixels", "area", "x", "y", "left", "top", "width", "height"));
            columns.addAll(List.of("perimeter", "circularity", "diameter", "major", "minor", "angle"));
            columns.addAll(List.of("aspect_ratio", "solidity", "border", "neighbours"));
        } else {
            columns.addAll(List.of("class", "name", "pixels", "area", "share"));
        }
        for (String channel : channels) {
            for (String what : List.of("mean", "sd", "min", "max", "sum")) {
                columns.add(what + "_" + channel);
            }
        }
        columns.add("unit");
        return columns;
    }

    /** Numbers and texts, one a column. */
    private List<Object> values(Row row) {
        List<Object> values = new ArrayList<>(List.of(row.slice, row.frame));
        if (row.object != null) {
            Measured one = row.object;
            values.add(one.label());
            if (row.segment != null) {
                SegmentPanoptic.Segment segment = row.segment;
                values.addAll(
                        List.of(segment.classIndex() + 1, segment.className(), segment.thing() ? "thing" : "stuff"));
                values.addAll(List.of(segment.score(), segment.maskScore()));
            }
            values.addAll(List.of(one.pixels(), one.area()));
            values.addAll(List.of(calibration.getX(one.xPx()), calibration.getY(one.yPx(), height)));
            values.addAll(List.of(one.leftPx(), one.topPx(), one.widthPx(), one.heightPx()));
            values.addAll(List.of(one.perimeter(), one.circularity(), one.diameter(), one.major(), one.minor()));
            values.addAll(List.of(one.angle(), one.aspectRatio(), one.solidity()));
            values.addAll(List.of(one.touchesBorder() || row.cut ? 1 : 0, one.neighbours()));
            one.channels().forEach(channel -> add(values, channel));
        } else {
            ClassShare share = row.share;
            values.addAll(List.of(share.label(), classNames.get(share.label()), share.pixels()));
            values.addAll(List.of(share.area(), share.share()));
            share.channels().forEach(channel -> add(values, channel));
        }
        values.add(unit);
        return values;
    }

    private static void add(List<Object> values, Intensity channel) {
        values.addAll(List.of(channel.mean(), channel.deviation(), channel.min(), channel.max(), channel.sum()));
    }

    /** Writes all rows with a header; decimals have a point. */
    public void writeCsv(Writer out) throws IOException {
        out.write(String.join(",", columns()) + "\n");
        for (Row row : rows) {
            StringBuilder line = new StringBuilder();
            for (Object value : values(row)) {
                line.append(line.isEmpty() ? "" : ",");
                line.append(text(value));
            }
            out.write(line.append('\n').toString());
        }
    }

    /** Counts and sums of whole numbers exactly, other numbers with seven digits. */
    private static String text(Object value) {
        if (!(value instanceof Double)) {
            return ClassTable.quoted(value.toString());
        }
        double number = (Double) value;
        boolean whole = number == Math.rint(number) && Math.abs(number) < 1e15;
        return whole ? Long.toString((long) number) : ClusterTable.number(number);
    }

    /** Appends all rows to one of ImageJ's tables, with the title of the image. */
    public void appendTo(ResultsTable table, String title) {
        List<String> heads = columns();
        for (Row row : rows) {
            table.incrementCounter();
            table.addValue(ClassTable.IMAGE, title);
            List<Object> values = values(row);
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i) instanceof Number number) {
                    table.addValue(heads.get(i), number.doubleValue());
                } else {
                    table.addValue(heads.get(i), values.get(i).toString());
                }
            }
        }
    }
}
