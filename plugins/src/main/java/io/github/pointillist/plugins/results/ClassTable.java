// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.ResultsTable;
import io.github.pointillist.tasks.Classify.Classified;
import io.github.pointillist.tasks.Classify.Score;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One row a region and class: where the region lies (pixels from 0; slices and frames from 1), which class, how sure. */
public final class ClassTable {
    private static final String HEADER = "Region,X,Y,Width,Height,Slice,Frame,Rank,Index,Class,Score,Logit";

    /** In every table of ImageJ's the column that holds the title of the image. */
    public static final String IMAGE = "Image";

    private static final int DECIMALS = 6;

    private record Row(Classified of, int slice, int frame, int rank, Score score) {}

    private final List<Row> rows = new ArrayList<>();

    /** Adds the classes listed for a region; a row without a class where none is. */
    void add(Classified one, int slice, int frame) {
        if (one.scores().isEmpty()) {
            rows.add(new Row(one, slice, frame, 0, null));
        }
        for (int i = 0; i < one.scores().size(); i++) {
            rows.add(new Row(one, slice, frame, i + 1, one.scores().get(i)));
        }
    }

    /** Number of rows. */
    public int size() {
        return rows.size();
    }

    /** Writes all rows with a header. */
    public void writeCsv(Writer out) throws IOException {
        out.write(HEADER + "\n");
        for (Row row : rows) {
            var region = row.of.region();
            String where = String.format(
                    Locale.ROOT,
                    "%s,%d,%d,%d,%d,%d,%d,",
                    quoted(region.name()),
                    region.left(),
                    region.top(),
                    region.width(),
                    region.height(),
                    row.slice,
                    row.frame);
            out.write(where
                    + (row.score == null
                            ? "0,,none,,"
                            : String.format(
                                    Locale.ROOT,
                                    "%d,%d,%s,%.6g,%.6g",
                                    row.rank,
                                    row.score.index(),
                                    quoted(row.score.name()),
                                    row.score.score(),
                                    row.score.logit()))
                    + "\n");
        }
    }

    static String quoted(String text) {
        return text.matches("[^,\"\\r\\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    /** Appends all rows to a table of ImageJ's, with the title of the image. */
    public void appendTo(ResultsTable table, String title) {
        for (Row row : rows) {
            var region = row.of.region();
            table.incrementCounter();
            table.addValue(IMAGE, title);
            table.addValue("Region", region.name());
            table.addValue("X", region.left());
            table.addValue("Y", region.top());
            table.addValue("Width", region.width());
            table.addValue("Height", region.height());
            table.addValue("Slice", row.slice);
            table.addValue("Frame", row.frame);
            table.addValue("Rank", row.rank);
            table.addValue("Index", row.score == null ? Double.NaN : row.score.index());
            table.addValue("Class", row.score == null ? "none" : row.score.name());
            table.addValue("Score", row.score == null ? Double.NaN : row.score.score());
            table.addValue("Logit", row.score == null ? Double.NaN : row.score.logit());
        }
        showDecimals(table);
    }

    /** Three decimals, as tables show by default, are too few for a share of a thousand classes. */
    static void showDecimals(ResultsTable table) {
        if (table.columnExists("Score")) {
            table.setDecimalPlaces(table.getColumnIndex("Score"), DECIMALS);
        }
    }
}
