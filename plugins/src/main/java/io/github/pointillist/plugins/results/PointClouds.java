// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.ResultsTable;
import io.github.pointillist.tasks.Classify.Score;
import io.github.pointillist.tasks.ClassifyPoints;
import io.github.pointillist.tasks.MapClusters.ModelNote;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Classifies clouds of points in tables: the one path that command line, menu command and macro share.
 *
 * <p>A table has a header and columns x, y and z, in any order and among others; a unit may follow the name, as in the
 * localisation tables of ThunderSTORM ("x [nm]").
 */
public final class PointClouds implements AutoCloseable {
    private static final List<String> ENDINGS = List.of(".csv", ".tsv", ".txt");
    private static final int SHOWN = 5;

    private final ClassifyPoints task;

    private PointClouds(ClassifyPoints task) {
        this.task = task;
    }

    /**
     * What came of one cloud.
     *
     * @param name "all", or the value of the column that the table is grouped by
     * @param points number of points in the table
     */
    public record Cloud(String name, int points, ClassifyPoints.Result result) {}

    /**
     * What came of one table.
     *
     * @param rows rows of the table
     * @param clouds in the order in which they begin
     */
    public record Result(int rows, List<Cloud> clouds) {
        /** Writes a row a cloud and class. */
        public void writeCsv(Writer out) throws IOException {
            out.write("Cloud,Points,Rank,Index,Class,Score,Logit\n");
            for (Cloud cloud : clouds) {
                for (int i = 0; i < cloud.result.scores().size(); i++) {
                    Score score = cloud.result.scores().get(i);
                    out.write(String.format(
                            Locale.ROOT,
                            "%s,%d,%d,%d,%s,%.6g,%.6g%n".replace("%n", "\n"),
                            ClassTable.quoted(cloud.name),
                            cloud.points,
                            i + 1,
                            score.index(),
                            ClassTable.quoted(score.name()),
                            score.score(),
                            score.logit()));
                }
            }
        }

        /** The best classes of each cloud and what was done to it, for people. */
        public List<String> lines() {
            return clouds.stream()
                    .map(cloud -> cloud.name + ": "
                            + cloud.result.scores().stream()
                                    .limit(SHOWN)
                                    .map(score -> String.format(Locale.ROOT, "%s %.4f", score.name(), score.score()))
                                    .collect(Collectors.joining("; "))
                            + " (" + String.join("; ", cloud.result.notes()) + ")")
                    .toList();
        }

        /** What was done to each cloud. */
        public List<String> notes() {
            return clouds.stream()
                    .map(cloud -> cloud.name + ": " + String.join("; ", cloud.result.notes()))
                    .toList();
        }

        /** Appends a row a cloud and class to a table of ImageJ's. */
        public void appendTo(ResultsTable table, String title) {
            for (Cloud cloud : clouds) {
                for (int i = 0; i < cloud.result.scores().size(); i++) {
                    Score score = cloud.result.scores().get(i);
                    table.incrementCounter();
                    table.addValue("Table", title);
                    table.addValue("Cloud", cloud.name);
                    table.addValue("Points", cloud.points);
                    table.addValue("Rank", i + 1);
                    table.addValue("Class", score.name());
                    table.addValue("Index", score.index());
                    table.addValue("Score", score.score());
                }
            }
        }
    }

    /** Whether a file is a table by its name. */
    public static boolean isTable(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith) && !Files.isDirectory(file);
    }

    /** Loads the model; parameters as those of {@link ClassifyPoints#open}. */
    public static PointClouds open(String model, String variant, int top, long seed, String device) throws IOException {
        return new PointClouds(ClassifyPoints.open(model, variant, top, seed, device));
    }

    /** What was found in the model's file. */
    public ModelNote modelNote() {
        return task.modelNote();
    }

    /**
     * Classifies the clouds in one file.
     *
     * @param groupBy name of the column whose values tell clouds apart; null for one cloud
     * @throws IOException if the file cannot be read as a table with x, y and z
     * @throws IllegalArgumentException if a cloud has too few points, or one is no number
     */
    public Result classify(Path file, String groupBy) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("there is no such file");
        }
        ResultsTable table;
        try {
            table = ResultsTable.open(file.toString());
        } catch (IOException | RuntimeException e) {
            throw new IOException("no table can be read from it: " + e.getMessage(), e);
        }
        if (table == null || table.size() == 0) {
            throw new IOException("the table is empty");
        }
        int[] axes = {column(table, "x"), column(table, "y"), column(table, "z")};
        Map<String, List<double[]>> groups = new LinkedHashMap<>();
        int group = groupBy == null ? -1 : named(table, groupBy);
        for (int row = 0; row < table.size(); row++) {
            String name = group < 0 ? "all" : table.getStringValue(group, row);
            double[] point = new double[3];
            for (int axis = 0; axis < 3; axis++) {
                point[axis] = table.getValueAsDouble(axes[axis], row);
            }
            groups.computeIfAbsent(name, key -> new ArrayList<>()).add(point);
        }
        List<Cloud> clouds = new ArrayList<>();
        for (Map.Entry<String, List<double[]>> entry : groups.entrySet()) {
            try {
                ClassifyPoints.Result result = task.classify(entry.getValue().toArray(double[][]::new));
                clouds.add(new Cloud(entry.getKey(), entry.getValue().size(), result));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        groupBy == null ? e.getMessage() : groupBy + " " + entry.getKey() + ": " + e.getMessage(), e);
            }
        }
        return new Result(table.size(), clouds);
    }

    /** The column of an axis: "x", "X", "x [nm]", "x_um", "Position X". */
    private static int column(ResultsTable table, String axis) throws IOException {
        String[] names = table.getHeadings();
        for (String name : names) {
            String plain = name.toLowerCase(Locale.ROOT).strip();
            if (plain.equals(axis)
                    || plain.matches(axis + "\\s*[\\[(_].*")
                    || plain.equals("position " + axis)
                    || plain.equals("position_" + axis)) {
                return table.getColumnIndex(name);
            }
        }
        throw new IOException("the table has no column " + axis + "; it has " + String.join(", ", names));
    }

    private static int named(ResultsTable table, String name) throws IOException {
        if (!Arrays.asList(table.getHeadings()).contains(name)) {
            throw new IOException(
                    "the table has no column " + name + "; it has " + String.join(", ", table.getHeadings()));
        }
        return table.getColumnIndex(name);
    }

    @Override
    public void close() {
        task.close();
    }
}
