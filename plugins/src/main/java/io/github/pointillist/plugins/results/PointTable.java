// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Points in a text file: a header, then a row a point, with commas, tabs or semicolons between, quotes as in RFC 4180 and
 * decimal points. Lines that are empty are left out.
 *
 * @param rows number of points
 * @param clouds x, y, z of the points by the value of the column grouped by, or by "all", in the order in which they begin
 */
record PointTable(int rows, Map<String, List<double[]>> clouds) {
    private static final List<Character> SEPARATORS = List.of('\t', ';', ',');

    /**
     * Reads a file.
     *
     * @param groupBy name of the column whose values tell clouds apart; null for one cloud
     * @throws IOException if there is no such file, or it is not such a table; the message is one line
     */
    static PointTable read(Path file, String groupBy) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("there is no such file");
        }
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return read(reader, groupBy);
        } catch (MalformedInputException e) {
            throw new IOException("it is no text in UTF-8", e);
        }
    }

    private static PointTable read(BufferedReader reader, String groupBy) throws IOException {
        String header = reader.readLine();
        if (header == null || header.isBlank()) {
            throw new IOException("the table is empty: its first line names the columns");
        }
        header = header.startsWith("\ufeff") ? header.substring(1) : header;
        char separator = separator(header);
        List<String> columns = split(header, separator, 1);
        int[] axes = {axis(columns, "x"), axis(columns, "y"), axis(columns, "z")};
        int group = groupBy == null ? -1 : columns.indexOf(groupBy);
        if (groupBy != null && group < 0) {
            throw missing(groupBy, columns);
        }
        Map<String, List<double[]>> clouds = new LinkedHashMap<>();
        int rows = 0;
        int number = 1;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            List<String> cells = split(line, separator, number);
            if (cells.size() != columns.size()) {
                throw new IOException(
                        "line " + number + " has " + cells.size() + " values, the header " + columns.size() + " names");
            }
            double[] point = new double[3];
            for (int axis = 0; axis < 3; axis++) {
                point[axis] = number(cells.get(axes[axis]), columns.get(axes[axis]), number);
            }
            clouds.computeIfAbsent(group < 0 ? "all" : cells.get(group), key -> new ArrayList<>())
                    .add(point);
            rows++;
        }
        if (rows == 0) {
            throw new IOException("the table has a header and no points");
        }
        return new PointTable(rows, clouds);
    }

    private static char separator(String header) {
        return SEPARATORS.stream()
                .filter(separator -> header.indexOf(separator) >= 0)
                .findFirst()
                .orElse(',');
    }

    private static List<String> split(String line, char separator, int number) throws IOException {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') {
                if (quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                    cell.append(c);
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == separator && !quoted) {
                cells.add(cell.toString().strip());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
        if (quoted) {
            throw new IOException("line " + number + " has a quote that does not end");
        }
        cells.add(cell.toString().strip());
        return cells;
    }

    private static double number(String text, String column, int line) throws IOException {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IOException("line " + line + ": " + column + " is '" + text + "'; allowed is a number", e);
        }
    }

    /** The column of an axis: "x" in capitals or not; else "x [nm]", "x (um)", "x_um", "Position X". */
    private static int axis(List<String> columns, String axis) throws IOException {
        List<String> plain =
                columns.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
        if (plain.contains(axis)) {
            return plain.indexOf(axis);
        }
        for (String pattern : List.of(axis + "\\s*[\\[(].*", "position[ _]" + axis, axis + "_(nm|um|µm|px|pixels?)")) {
            for (int i = 0; i < plain.size(); i++) {
                if (plain.get(i).matches(pattern)) {
                    return i;
                }
            }
        }
        throw missing(axis, columns);
    }

    private static IOException missing(String name, List<String> columns) {
        return new IOException("the table has no column " + name + "; it has " + String.join(", ", columns));
    }
}
