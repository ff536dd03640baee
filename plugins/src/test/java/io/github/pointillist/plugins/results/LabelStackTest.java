// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelStackTest {
    private static ImagePlus source(int width, int height) {
        return new ImagePlus("source", new ByteProcessor(width, height));
    }

    private static int[] range(int from, int count) {
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = from + i;
        }
        return labels;
    }

    @Test
    void sixteenBitsHold65535Labels() {
        LabelStack stack = new LabelStack(65535, 1, 1);
        stack.add("a", range(1, 65535), 65535);
        ImagePlus image = stack.toImage("labels", source(65535, 1), List.of("a"));
        assertThat(image.getBitDepth()).isEqualTo(16);
        assertThat(image.getProcessor().get(65534)).isEqualTo(65535);
    }

    @Test
    void oneMoreLabelMakesAllPlanes32Bit() {
        LabelStack stack = new LabelStack(65536, 1, 2);
        stack.add("a", range(0, 65536), 65535);
        stack.add("b", range(1, 65536), 65536);
        ImagePlus image = stack.toImage("labels", source(65536, 1), List.of("a", "b"));
        assertThat(image.getBitDepth()).isEqualTo(32);
        assertThat(image.getNChannels()).isEqualTo(2);
        assertThat(LabelStack.labels(image.getStack().getProcessor(1))).isEqualTo(range(0, 65536));
        assertThat(LabelStack.labels(image.getStack().getProcessor(2))).isEqualTo(range(1, 65536));
    }

    @Test
    void refusesLabelsThatAFloatCannotHold() {
        LabelStack stack = new LabelStack(1, 1, 1);
        stack.add("exact", new int[] {1 << 24}, 1 << 24);
        assertThat(stack.toImage("labels", source(1, 1), List.of("exact"))
                        .getProcessor()
                        .getf(0))
                .isEqualTo(1 << 24);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LabelStack(1, 1, 1).add("a", new int[] {1}, (1 << 24) + 1))
                .withMessageContaining("16777217")
                .withMessageContaining("16777216");
    }

    /** Nearby labels have different colours; black is the background alone. */
    @Test
    void coloursTellLabelsApart() {
        LabelStack stack = new LabelStack(256, 1, 1);
        stack.add("a", range(0, 256), 255);
        ImageProcessor plane =
                stack.toImage("labels", source(256, 1), List.of("a")).getProcessor();
        ImageProcessor shown = plane.convertToRGB();
        assertThat(shown.get(0) & 0xffffff).isZero();
        for (int i = 1; i < 255; i++) {
            assertThat(shown.get(i) & 0xffffff).isNotZero().isNotEqualTo(shown.get(i + 1) & 0xffffff);
        }
    }
}
