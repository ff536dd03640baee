// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.macro.Interpreter;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CurrentImageTest {
    @BeforeEach
    void open() {
        Interpreter.batchMode = true;
    }

    @AfterEach
    void close() {
        for (ImagePlus image = CurrentImage.find("a"); image != null; image = CurrentImage.find("a")) {
            Interpreter.removeBatchModeImage(image);
        }
        for (String title : List.of("a-1", "a-2")) {
            Interpreter.removeBatchModeImage(CurrentImage.find(title));
        }
        CurrentImage.set(null);
        Interpreter.batchMode = false;
    }

    private static ImagePlus image(String title) {
        return new ImagePlus(title, new ByteProcessor(4, 3));
    }

    @Test
    void whatIsShownIsCurrentInThisThreadUnderATitleOfItsOwn() {
        for (String title : List.of("a", "a-1", "a-2")) {
            ImagePlus image = image("a");
            CurrentImage.show(image);
            assertThat(image.getTitle()).isEqualTo(title);
            assertThat(CurrentImage.get()).isSameAs(image);
            assertThat(CurrentImage.find(title)).isSameAs(image);
            assertThat(CurrentImage.find(String.valueOf(image.getID()))).isSameAs(image);
        }
        assertThat(CurrentImage.find("b")).isNull();
    }

    @Test
    void eachThreadHasItsOwn() throws InterruptedException {
        ImagePlus mine = image("mine");
        CurrentImage.set(mine);
        ImagePlus[] theirs = new ImagePlus[1];
        Thread other = new Thread(() -> theirs[0] = CurrentImage.get());
        other.start();
        other.join();
        assertThat(theirs[0]).isNotSameAs(mine);
        assertThat(CurrentImage.get()).isSameAs(mine);
    }

    @Test
    void anImageWithoutPixelsIsToldInOneLine() {
        ImagePlus closed = image("closed");
        closed.flush();
        ImageStack slices = new ImageStack(4, 3);
        slices.addSlice(new ByteProcessor(4, 3));
        slices.addSlice(new ByteProcessor(4, 3));
        ImagePlus stack = new ImagePlus("stack", slices);
        stack.flush();
        ImagePlus virtual = new ImagePlus("virtual", new ByteProcessor(4, 3)) {
            @Override
            public ImageProcessor getProcessor() {
                throw new IllegalArgumentException("'pixels' is null!"); // as ImageJ does for a file that is gone
            }
        };
        for (ImagePlus image : List.of(closed, stack, virtual)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CurrentImage.checked(image))
                    .withMessage("the image '" + image.getTitle()
                            + "' has no pixels: it was closed, or its file is gone; open it again");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CurrentImage.checked(null))
                .withMessage("there is no image; open one first");
        ImagePlus good = IJ.createImage("good", 4, 3, 2, 16);
        assertThat(CurrentImage.checked(good)).isSameAs(good);
    }
}
