// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.ResultsTable;
import io.github.pointillist.tasks.Evaluate.Part;
import io.github.pointillist.tasks.Evaluate.Result;
import io.github.pointillist.tasks.InstanceScores;
import io.github.pointillist.tasks.InstanceScores.Matches;
import io.github.pointillist.tasks.PanopticQuality;
import io.github.pointillist.tasks.Scores;
import io.github.pointillist.tasks.Scores.Figure;
import io.github.pointillist.tasks.SemanticScores;
import io.github.pointillist.tasks.SemanticScores.ClassCounts;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * The figures of one or more pairs of label images: as lines to read, as CSV files, in a table of ImageJ's. Figures that
 * are not defined are NaN in lines and tables and empty in CSV files.
 */
public final class EvaluationTable {
    /** The title of the table in ImageJ. */
    public static final String TITLE = "Evaluation";

    private static final String ALL = "all";
    private static final String POOLED = "(pooled)";
    private static final String MEAN = "(mean)";
    private static final int DECIMALS = 4;
    private static final int LISTED_CLASSES = 256;
    private static final Set<String> SHORT = Set.of(
            "true objects",
            "predicted objects",
            "true segments",
            "predicted segments",
            "AP@0.5",
            "AP@0.5:0.95",
            "PQ",
            "classes",
            "mIoU",
            "pixel accuracy");
    private static final String WHERE = "Prediction,Truth,Part";

    private record Row(String prediction, String truth, String part, Scores scores) {
        String where() {
            return ClassTable.quoted(prediction) + "," + ClassTable.quoted(truth) + "," + ClassTable.quoted(part);
        }
    }

    private final List<Row> rows = new ArrayList<>();
    private final List<Scores> totals = new ArrayList<>();

    /**
     * Adds a pair: a row for each plane or volume where there are several, and one for all of it.
     *
     * @param prediction name of the predicted labels
     * @param truth name of the true labels
     * @param result of a kind with those before
     */
    public void add(String prediction, String truth, Result result) {
        if (result.parts().size() > 1) {
            for (Part part : result.parts()) {
                rows.add(new Row(prediction, truth, name(part, result.parts()), part.scores()));
            }
        }
        rows.add(new Row(prediction, truth, ALL, result.total()));
        totals.add(result.total());
    }

    private static String name(Part part, List<Part> among) {
        StringJoiner name = new StringJoiner(" ");
        if (part.slice() > 0 && among.stream().anyMatch(other -> other.slice() > 1)) {
            name.add("slice " + part.slice());
        }
        if (among.stream().anyMatch(other -> other.frame() > 1)) {
            name.add("frame " + part.frame());
        }
        return name.toString();
    }

    /** Number of pairs. */
    public int pairs() {
        return totals.size();
    }

    /**
     * The last pair, and each of its parts in a line.
     *
     * @param figures whether the first line tells how well they agree
     */
    public List<String> last(boolean figures) {
        Row last = rows.get(rows.size() - 1);
        int first = rows.size() - 1;
        while (first > 0 && !rows.get(first - 1).part.equals(ALL)) {
            first--;
        }
        List<String> lines = new ArrayList<>();
        lines.add(last.prediction + " against " + last.truth + (figures ? ": " + inShort(last.scores) : ""));
        for (Row row : rows.subList(first, rows.size() - 1)) {
            lines.add("  " + row.part + ": " + inShort(row.scores));
        }
        return lines;
    }

    private static String inShort(Scores scores) {
        return scores.figures().stream()
                .filter(figure -> SHORT.contains(figure.name()))
                .map(figure -> figure.name() + " " + text(figure))
                .collect(Collectors.joining(", "));
    }

    /**
     * All figures of all pairs together, one a line: its name, at least two spaces, its value. With several pairs their
     * counts are added up, and lines that begin with "mean" follow, for the means over images.
     */
    public List<String> lines() {
        Scores pooled = Scores.pooled(totals);
        List<String> lines = new ArrayList<>();
        for (Figure figure : pooled.figures()) {
            lines.add(line(figure.name(), figure));
        }
        if (pooled instanceof SemanticScores semantic) {
            for (ClassCounts one :
                    semantic.classes().stream().limit(LISTED_CLASSES).toList()) {
                lines.add(line("IoU of class " + one.label(), Figure.of("", one.iou())));
                lines.add(line("Dice of class " + one.label(), Figure.of("", one.dice())));
            }
            if (semantic.classes().size() > LISTED_CLASSES) {
                lines.add("... and " + (semantic.classes().size() - LISTED_CLASSES)
                        + " classes more, all of them in the files that --out writes");
            }
        }
        if (pooled instanceof PanopticQuality panoptic) {
            for (PanopticQuality.ClassCounts one : panoptic.classes()) {
                lines.add(line("PQ of class " + one.label(), Figure.of("", one.pq())));
            }
        }
        if (totals.size() > 1) {
            for (Figure figure : Scores.means(totals)) {
                lines.add(line("mean " + figure.name(), figure));
            }
        }
        return lines;
    }

    private static String line(String name, Figure figure) {
        return String.format(Locale.ROOT, "%-18s  %s", name, text(figure));
    }

    private static String text(Figure figure) {
        return figure.count()
                ? Long.toString((long) figure.value())
                : String.format(Locale.ROOT, "%." + DECIMALS + "f", figure.value());
    }

    /** Shortest text that gives the same number when read. */
    private static String csv(Figure figure) {
        return figure.count() ? Long.toString((long) figure.value()) : csv(figure.value());
    }

    private static String csv(double value) {
        return Double.isNaN(value) ? "" : Double.toString(value);
    }

    private List<Row> rowsAndPooled() {
        List<Row> all = new ArrayList<>(rows);
        if (totals.size() > 1) {
            all.add(new Row(POOLED, POOLED, ALL, Scores.pooled(totals)));
        }
        return all;
    }

    /** Writes a row for each pair and plane; with several pairs also their pooled counts, and the means over images. */
    public void writeCsv(Writer out) throws IOException {
        List<Figure> heads = totals.get(0).figures();
        out.write(WHERE + "," + heads.stream().map(Figure::name).collect(Collectors.joining(",")) + "\n");
        for (Row row : rowsAndPooled()) {
            List<String> cells =
                    row.scores.figures().stream().map(EvaluationTable::csv).toList();
            out.write(row.where() + "," + String.join(",", cells) + "\n");
        }
        if (totals.size() > 1) {
            List<Figure> means = Scores.means(totals);
            List<String> cells = heads.stream()
                    .map(head -> means.stream()
                            .filter(mean -> mean.name().equals(head.name()))
                            .findFirst()
                            .map(EvaluationTable::csv)
                            .orElse(""))
                    .toList();
            out.write(new Row(MEAN, MEAN, ALL, null).where() + "," + String.join(",", cells) + "\n");
        }
    }

    /** What {@link #writeDetails} writes, in a word for a file's name. */
    public String details() {
        return totals.get(0) instanceof InstanceScores ? "thresholds" : "classes";
    }

    /** Writes a row for each pair, plane and threshold; or, of classes and segments, for each pair, plane and class. */
    public void writeDetails(Writer out) throws IOException {
        out.write(WHERE
                + (totals.get(0) instanceof InstanceScores
                        ? ",Threshold,TP,FP,FN,Precision,Recall,F1,AP,Matched IoU\n"
                        : totals.get(0) instanceof SemanticScores
                                ? ",Class,IoU,Dice,Accuracy,True pixels,Predicted pixels,Both\n"
                                : ",Class,PQ,SQ,RQ,TP,FP,FN\n"));
        for (Row row : rowsAndPooled()) {
            if (row.scores instanceof InstanceScores scores) {
                for (Matches at : scores.thresholds()) {
                    out.write(String.join(
                                    ",",
                                    row.where(),
                                    csv(at.threshold()),
                                    Long.toString(at.truePositives()),
                                    Long.toString(at.falsePositives()),
                                    Long.toString(at.falseNegatives()),
                                    csv(at.precision()),
                                    csv(at.recall()),
                                    csv(at.f1()),
                                    csv(at.ap()),
                                    csv(at.meanIou()))
                            + "\n");
                }
            } else if (row.scores instanceof SemanticScores scores) {
                for (ClassCounts one : scores.classes()) {
                    out.write(String.join(
                                    ",",
                                    row.where(),
                                    Long.toString(one.label()),
                                    csv(one.iou()),
                                    csv(one.dice()),
                                    csv(one.accuracy()),
                                    Long.toString(one.truePixels()),
                                    Long.toString(one.predictedPixels()),
                                    Long.toString(one.bothPixels()))
                            + "\n");
                }
            } else if (row.scores instanceof PanopticQuality scores) {
                for (PanopticQuality.ClassCounts one : scores.classes()) {
                    out.write(String.join(
                                    ",",
                                    row.where(),
                                    Long.toString(one.label()),
                                    csv(one.pq()),
                                    csv(one.sq()),
                                    csv(one.rq()),
                                    Long.toString(one.truePositives()),
                                    Long.toString(one.falsePositives()),
                                    Long.toString(one.falseNegatives()))
                            + "\n");
                }
            }
        }
    }

    /**
     * The table of ImageJ's for figures: a window of its own. Without windows macros reach no other table than the Results.
     *
     * @throws IllegalStateException if that one holds something else, with which figures would be mixed
     */
    public static ResultsTable table() {
        if (!GraphicsEnvironment.isHeadless()) {
            ResultsTable shown = ResultsTable.getResultsTable(TITLE);
            return shown == null ? new ResultsTable() : shown;
        }
        ResultsTable results = ResultsTable.getResultsTable();
        if (results.size() > 0 && !results.columnExists("Prediction")) {
            throw new IllegalStateException("the Results table holds " + results.size()
                    + " rows of another command, and without windows there is no other table; save them, then call"
                    + " run(\"Clear Results\")");
        }
        return results;
    }

    /** Appends a row for each pair and plane to a table of ImageJ's; classes have two columns each. */
    public void appendTo(ResultsTable table) {
        table.setNaNEmptyCells(true);
        for (Row row : rows) {
            table.incrementCounter();
            table.addValue("Prediction", row.prediction);
            table.addValue("Truth", row.truth);
            table.addValue("Part", row.part);
            row.scores.figures().forEach(figure -> add(table, figure));
            if (row.scores instanceof SemanticScores semantic) {
                for (ClassCounts one :
                        semantic.classes().stream().limit(LISTED_CLASSES).toList()) {
                    add(table, Figure.of("IoU of class " + one.label(), one.iou()));
                    add(table, Figure.of("Dice of class " + one.label(), one.dice()));
                }
            }
            if (row.scores instanceof PanopticQuality panoptic) {
                panoptic.classes().forEach(one -> add(table, Figure.of("PQ of class " + one.label(), one.pq())));
            }
        }
    }

    private static void add(ResultsTable table, Figure figure) {
        table.addValue(figure.name(), figure.value());
        table.setDecimalPlaces(table.getColumnIndex(figure.name()), figure.count() ? 0 : DECIMALS);
    }
}
