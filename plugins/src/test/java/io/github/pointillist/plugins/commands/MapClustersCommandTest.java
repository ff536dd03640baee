// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.scijava.Context;
import org.scijava.command.CommandModule;
import org.scijava.command.CommandService;

/** The command as scripts and other programs run it. */
class MapClustersCommandTest {
    private static Context context;

    @BeforeAll
    static void open() {
        context = new Context(
                CommandService.class, org.scijava.app.StatusService.class, org.scijava.task.TaskService.class);
    }

    @AfterAll
    static void close() {
        context.close();
    }

    private static ImagePlus ramp() {
        ByteProcessor processor = new ByteProcessor(40, 30);
        for (int i = 0; i < 1200; i++) {
            processor.set(i, i % 40 * 6);
        }
        ImagePlus image = new ImagePlus("ramp.tif", processor);
        image.getCalibration().pixelWidth = 0.3;
        return image;
    }

    private static CommandModule run(ImagePlus image, Map<String, Object> inputs)
            throws ExecutionException, InterruptedException {
        Map<String, Object> all = new HashMap<>(inputs);
        all.put("input", image);
        return context.service(CommandService.class)
                .run(MapClustersCommand.class, true, all)
                .get();
    }

    @Test
    void givesCalibratedLabelsAndLeavesTheImageAlone() throws ExecutionException, InterruptedException {
        ImagePlus image = ramp();
        byte[] before = ((byte[]) image.getProcessor().getPixels()).clone();
        CommandModule module = run(image, Map.of("clusters", 6));
        assertThat(module.isCanceled()).isFalse();
        ImagePlus labels = (ImagePlus) module.getOutput("labels");
        assertThat(labels.getTitle()).isEqualTo("ramp_clusters");
        assertThat(labels.getCalibration().pixelWidth).isEqualTo(0.3);
        assertThat(labels.getStatistics().min).isEqualTo(1);
        assertThat((byte[]) image.getProcessor().getPixels()).isEqualTo(before);
        assertThat(image.getOverlay()).isNull();
    }

    @Test
    void outlinesAreReplacedNotPiledUp() throws ExecutionException, InterruptedException {
        ImageStack stack = new ImageStack(40, 30);
        for (int i = 0; i < 3; i++) {
            stack.addSlice(ramp().getProcessor().duplicate());
        }
        ImagePlus image = new ImagePlus("stack", stack);
        image.setOverlay(new ij.gui.Overlay(new ij.gui.Roi(1, 1, 5, 5)));
        for (int i = 0; i < 2; i++) {
            run(image, Map.of("clusters", 6, "overlay", true));
            assertThat(image.getOverlay().size()).isEqualTo(1 + 3);
        }
    }

    @Test
    void wrongInputsCancelWithOneLine() throws ExecutionException, InterruptedException {
        CommandModule wrong = run(ramp(), Map.of("method", "kmeans", "min_size", 5));
        assertThat(wrong.isCanceled()).isTrue();
        assertThat(wrong.getCancelReason()).startsWith("min size is 5").doesNotContain("\n");
        assertThat(wrong.getOutput("labels")).isNull();
        assertThat(run(new ImagePlus(), Map.of()).getCancelReason()).contains("there is no image");
    }
}
