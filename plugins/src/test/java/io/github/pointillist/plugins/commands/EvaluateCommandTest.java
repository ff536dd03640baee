// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.process.ByteProcessor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.scijava.Context;
import org.scijava.command.CommandModule;
import org.scijava.command.CommandService;

class EvaluateCommandTest {
    private static Context context;

    private final ImagePlus truth = image("truth.tif", 1, 1, 1, 0, 2, 2, 0, 0);
    private final ImagePlus prediction = image("labels.tif", 7, 7, 7, 0, 9, 0, 0, 0);

    @BeforeAll
    static void open() {
        context = new Context(
                CommandService.class, org.scijava.app.StatusService.class, org.scijava.task.TaskService.class);
    }

    @AfterAll
    static void close() {
        context.close();
    }

    /** Images that no window shows are open to commands in batch mode. */
    @BeforeEach
    void openImages() {
        ResultsTable.getResultsTable().reset();
        Interpreter.batchMode = true;
        Interpreter.addBatchModeImage(truth);
        Interpreter.addBatchModeImage(prediction);
    }

    @AfterEach
    void closeImages() {
        for (ImagePlus image : List.of(truth, prediction)) {
            Interpreter.removeBatchModeImage(image);
        }
        Interpreter.batchMode = false;
    }

    private static ImagePlus image(String title, int... labels) {
        ByteProcessor processor = new ByteProcessor(labels.length, 1);
        for (int i = 0; i < labels.length; i++) {
            processor.set(i, labels[i]);
        }
        return new ImagePlus(title, processor);
    }

    private CommandModule run(Map<String, Object> inputs) throws ExecutionException, InterruptedException {
        Map<String, Object> all = new HashMap<>(inputs);
        all.putIfAbsent("input", prediction);
        return context.service(CommandService.class)
                .run(EvaluateCommand.class, true, all)
                .get();
    }

    @Test
    void aRowForEachRun() throws ExecutionException, InterruptedException {
        assertThat(run(Map.of("truth", "truth.tif")).isCanceled()).isFalse();
        assertThat(run(Map.of("truth", "labels.tif")).isCanceled()).isFalse();
        ResultsTable results = ResultsTable.getResultsTable();
        assertThat(results.size()).isEqualTo(2);
        assertThat(results.getStringValue("Prediction", 0)).isEqualTo("labels.tif");
        assertThat(results.getStringValue("Truth", 0)).isEqualTo("truth.tif");
        assertThat(results.getStringValue("Part", 0)).isEqualTo("all");
        assertThat(results.getValue("true objects", 0)).isEqualTo(2);
        // the second has an IoU of a half
        assertThat(results.getValue("AP@0.5", 0)).isEqualTo(1);
        assertThat(results.getValue("AP@0.6", 0)).isEqualTo(1 / 3.0);
        assertThat(results.getValue("AP@0.6", 1)).isEqualTo(1);
        assertThat(results.getRowAsString(0)).contains("\t0.3333\t").contains("\t2\t");
    }

    @Test
    void classesHaveColumnsOfTheirOwn() throws ExecutionException, InterruptedException {
        CommandModule module = run(Map.of(
                "input", image("p", 1, 1, 2, 0, 2, 2, 3, 3),
                "truth", "truth.tif",
                "mode", "semantic",
                "ignore", "0",
                "background", true));
        assertThat(module.getCancelReason()).isNull();
        ResultsTable results = ResultsTable.getResultsTable();
        assertThat(results.getValue("pixels", 0)).isEqualTo(5);
        assertThat(results.getValue("IoU of class 1", 0)).isEqualTo(2 / 3.0);
        assertThat(results.getValue("Dice of class 2", 0)).isEqualTo(4 / 5.0);
        assertThat(results.getValue("mIoU", 0)).isEqualTo(2 / 3.0);
    }

    @Test
    void ofTwoImagesWithOneTitleTheOtherOneIsMeant() throws ExecutionException, InterruptedException {
        prediction.setTitle("truth.tif");
        assertThat(run(Map.of("truth", "truth.tif")).isCanceled()).isFalse();
        assertThat(ResultsTable.getResultsTable().getValue("AP@0.6", 0)).isEqualTo(1 / 3.0);
        assertThat(run(Map.of("truth", "truth.tif", "input", image("p", 0, 0))).getCancelReason())
                .isEqualTo("truth is 'truth.tif'; 2 open images have this title: give one of their ids, "
                        + truth.getID() + ", " + prediction.getID());
    }

    @Test
    void anIdTellsImagesOfOneTitleApart() throws ExecutionException, InterruptedException {
        ImagePlus other = image("truth.tif", 0, 0, 0, 0, 0, 0, 5, 5);
        Interpreter.addBatchModeImage(other);
        try {
            assertThat(run(Map.of("truth", "" + truth.getID())).isCanceled()).isFalse();
            assertThat(run(Map.of("truth", "" + other.getID())).isCanceled()).isFalse();
            ResultsTable results = ResultsTable.getResultsTable();
            assertThat(results.getValue("AP@0.6", 0)).isEqualTo(1 / 3.0);
            assertThat(results.getValue("AP@0.5", 1)).isZero();
            assertThat(run(Map.of("truth", "-999999")).getCancelReason())
                    .contains("no open image has this title or id");
        } finally {
            Interpreter.removeBatchModeImage(other);
        }
    }

    /** As after Open Sample (inclusions) and Segment. */
    @Test
    void segmentsOfTheSampleFindTheirClasses() throws ExecutionException, InterruptedException {
        truth.setTitle("inclusions_objects");
        prediction.setTitle("inclusions_labels");
        ImagePlus classes = image("inclusions_classes", 1, 1, 1, 0, 2, 0, 0, 0);
        ImagePlus map = image("inclusions_classmap", 1, 1, 1, 0, 2, 2, 0, 0);
        Map<String, Object> automatic = Map.of("truth", "inclusions_objects", "mode", "panoptic");
        for (ImagePlus image : List.of(classes, map)) {
            Interpreter.addBatchModeImage(image);
        }
        ImagePlus twice = image("inclusions_classes", 3, 3, 3, 0, 3, 3, 0, 0);
        try {
            assertThat(run(automatic).getCancelReason()).isNull();
            ResultsTable results = ResultsTable.getResultsTable();
            assertThat(results.getValue("PQ of class 1", 0)).isEqualTo(1);
            assertThat(results.getValue("PQ of class 2", 0)).isZero();
            Interpreter.addBatchModeImage(twice);
            assertThat(run(automatic).getCancelReason())
                    .startsWith("mode is panoptic and 2 open images are called inclusions_classes")
                    .contains("" + classes.getID(), "" + twice.getID());
            Map<String, Object> named = new HashMap<>(automatic);
            named.put("classes", "" + twice.getID());
            named.put("true_classes", "inclusions_classmap");
            assertThat(run(named).getCancelReason()).isNull();
            assertThat(results.getValue("PQ of class 1", 1)).isZero();
            named.put("mode", "instances");
            assertThat(run(named).getCancelReason()).contains("which are for mode=panoptic");
        } finally {
            List.of(classes, map, twice).forEach(Interpreter::removeBatchModeImage);
        }
    }

    @Test
    void rowsOfOtherCommandsAreNotMixedIn() throws ExecutionException, InterruptedException {
        ResultsTable results = ResultsTable.getResultsTable();
        results.incrementCounter();
        results.addValue("area", 5);
        assertThat(run(Map.of("truth", "truth.tif")).getCancelReason())
                .startsWith("the Results table holds 1 rows of another command");
        assertThat(results.size()).isEqualTo(1);
        assertThat(results.columnExists("Prediction")).isFalse();
    }

    @Test
    void wrongInputsCancelWithOneLine() throws ExecutionException, InterruptedException {
        assertThat(run(Map.of()).getCancelReason()).startsWith("truth is none; give the title");
        assertThat(run(Map.of("truth", "gone")).getCancelReason())
                .isEqualTo("truth is 'gone'; no open image has this title or id");
        assertThat(run(Map.of("truth", "truth.tif", "ignore", "1")).getCancelReason())
                .startsWith("ignore is [1] with mode instances");
        assertThat(run(Map.of("truth", "truth.tif", "input", new ImagePlus())).getCancelReason())
                .startsWith("there is no image");
        assertThat(run(Map.of("truth", "truth.tif", "input", image("p", 1, 2))).getCancelReason())
                .contains("prediction p has the size [2, 1], truth truth.tif [8, 1]");
        assertThat(ResultsTable.getResultsTable().size()).isZero();
    }
}
