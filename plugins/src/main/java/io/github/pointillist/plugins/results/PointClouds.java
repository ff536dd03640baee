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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Classifies clouds of points in tables: the one path that command line, menu command and macro share.
 *
 * <p>A table has a header and columns x, y and z, in any order and among others; a unit may follow the name, as in the
 * localisation tables of ThunderSTORM ("x [nm]"). Commas, tabs or semicolons stand between.
 */
public final class PointClouds implements AutoCloseable {
    private static final List<String> ENDINGS = List.of(".csv", ".tsv", ".txt");
    private static final int SHOWN = 5;

    /** As {@code top}: as many classes as {@code Classify} lists. */
    public static final int AUTOMATIC = -1;

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
                            "%s,%d,%d,%d,%s,%.6g,%.6g\n",
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
            ClassTable.showDecimals(table);
        }
    }

    /** Whether a file is a table by its name. */
    public static boolean isTable(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith) && !Files.isDirectory(file);
    }

    /**
     * Loads the model; parameters as those of {@link ClassifyPoints#open}, but {@code top} may be {@link #AUTOMATIC}.
     *
     * @throws IllegalArgumentException if a setting is not allowed, or the model does not take point sets
     * @throws IOException if there is no such model, or it cannot be read
     */
    public static PointClouds open(String model, String variant, int top, long seed, String device) throws IOException {
        if (!ClusterMapOptions.isDevice(device)) {
            throw new IllegalArgumentException("device is " + device + "; allowed is auto, cpu, gpu0, gpu1, ...");
        }
        if (top < AUTOMATIC) {
            throw new IllegalArgumentException(
                    "top is " + top + "; allowed is 1 or more, 0 for all, or -1 for automatic, which is " + SHOWN);
        }
        return new PointClouds(ClassifyPoints.open(model, variant, top == AUTOMATIC ? SHOWN : top, seed, device));
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
        PointTable table = PointTable.read(file, groupBy);
        List<Cloud> clouds = new ArrayList<>();
        for (Map.Entry<String, List<double[]>> entry : table.clouds().entrySet()) {
            try {
                ClassifyPoints.Result result = task.classify(entry.getValue().toArray(double[][]::new));
                clouds.add(new Cloud(entry.getKey(), entry.getValue().size(), result));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        groupBy == null ? e.getMessage() : groupBy + " " + entry.getKey() + ": " + e.getMessage(), e);
            }
        }
        return new Result(table.rows(), clouds);
    }

    @Override
    public void close() {
        task.close();
    }
}
