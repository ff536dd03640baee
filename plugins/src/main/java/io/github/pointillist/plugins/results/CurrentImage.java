// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageWindow;
import ij.macro.Interpreter;
import java.awt.EventQueue;
import java.awt.GraphicsEnvironment;
import java.awt.HeadlessException;
import java.awt.KeyboardFocusManager;
import java.awt.Window;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The images that ImageJ has open, and the current one, as the calling thread sees them. ImageJ keeps a current image for
 * each thread: a macro's, or the hidden one given to {@code IJ.run(image, ...)}, is known in the macro's thread alone. So
 * whoever asks or shows must be in the thread that runs the command.
 */
public final class CurrentImage {
    private static final int MOST_COPIES = 9999;
    private static final int STEP_MS = 20;
    private static final int AGREEING = 3;
    private static final long MOST_NANOS = 500_000_000;

    private CurrentImage() {}

    /**
     * Waits until the current image stays the same and its window is the active one. A macro's {@code selectImage} may return
     * while the window manager's news of an earlier window, such as one that took the focus of a closed one, is still on its
     * way and makes that one current for a moment. Without windows, in batch mode and for a hidden image there is no such news.
     */
    public static void settle() {
        if (GraphicsEnvironment.isHeadless()
                || Interpreter.isBatchMode()
                || WindowManager.getTempCurrentImage() != null
                || EventQueue.isDispatchThread()) {
            return;
        }
        ImagePlus seen = get();
        long end = System.nanoTime() + MOST_NANOS;
        for (int same = 0; seen != null && same < AGREEING && System.nanoTime() < end; ) {
            IJ.wait(STEP_MS);
            ImagePlus now = get();
            Window active =
                    KeyboardFocusManager.getCurrentKeyboardFocusManager().getActiveWindow();
            boolean agree = !(active instanceof ImageWindow window) || window.getImagePlus() == now;
            same = now == seen && agree ? same + 1 : 0;
            seen = now;
        }
    }

    /** The current image; null without one. */
    public static ImagePlus get() {
        return WindowManager.getCurrentImage();
    }

    /** The open image of that title or id; null without one. */
    public static ImagePlus find(String titleOrId) {
        String name = titleOrId.strip();
        ImagePlus image = WindowManager.getImage(name);
        if (image == null && name.matches("-\\d{1,9}")) {
            image = WindowManager.getImage(Integer.parseInt(name));
        }
        return image;
    }

    /**
     * Shows an image under a title that no open image has, and makes it the current one: in a window; without windows or
     * in batch mode in the list of the macro's images.
     */
    public static void show(ImagePlus image) {
        image.setTitle(free(image.getTitle()));
        try {
            image.show();
        } catch (HeadlessException e) {
            // ImageJ neither runs a macro nor is patched for this, as Fiji's is: the caller takes the output itself
            WindowManager.setTempCurrentImage(image);
            return;
        }
        if (get() != image) { // a slow window manager, or a hidden image that the thread was given
            ImageWindow window = image.getWindow();
            if (window != null && !Interpreter.isBatchMode()) {
                WindowManager.setCurrentWindow(window);
            } else {
                WindowManager.setTempCurrentImage(image);
            }
        }
    }

    /** Makes an image that was the current one that again, if another became it meanwhile, as a plot; null: does nothing. */
    public static void restore(ImagePlus image) {
        if (image == null || get() == image) {
            return;
        }
        ImageWindow window = image.getWindow();
        if (window != null && !window.isClosed() && !Interpreter.isBatchMode()) {
            IJ.selectWindow(image.getID()); // waits until it is
        } else {
            WindowManager.setTempCurrentImage(image);
        }
    }

    /** Makes an image the current one of this thread alone; null: whatever is current for all. */
    public static void set(ImagePlus image) {
        WindowManager.setTempCurrentImage(image);
    }

    /** The title, with a number after it if an open image is called that. */
    static String free(String title) {
        int[] ids = WindowManager.getIDList();
        Set<String> taken = Arrays.stream(ids == null ? new int[0] : ids)
                .mapToObj(WindowManager::getImage)
                .filter(open -> open != null)
                .map(ImagePlus::getTitle)
                .collect(Collectors.toSet());
        String free = title;
        for (int i = 1; taken.contains(free) && i <= MOST_COPIES; i++) {
            free = title + "-" + i;
        }
        return free;
    }

    /**
     * The image itself.
     *
     * @throws IllegalArgumentException if there is none, or it has no pixels any more
     */
    public static ImagePlus checked(ImagePlus image) {
        if (image == null || image.getWidth() == 0) {
            throw new IllegalArgumentException("there is no image; open one first");
        }
        boolean pixels;
        try {
            pixels = image.getStackSize() > 0
                    && image.getProcessor() != null
                    && image.getProcessor().getPixels() != null;
        } catch (RuntimeException e) { // ImageJ's own, of many kinds: files of a virtual stack that are gone
            IJ.showStatus(e.toString());
            pixels = false;
        }
        if (!pixels) {
            throw new IllegalArgumentException("the image '" + image.getTitle()
                    + "' has no pixels: it was closed, or its file is gone; open it again");
        }
        return image;
    }
}
