// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.plugin.frame.Recorder;
import java.awt.AWTException;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.io.File;
import java.io.IOException;
import java.util.function.Supplier;
import javax.imageio.ImageIO;

/**
 * Plain ImageJ with real windows: the main class of a JVM of its own. Opens an image, starts the command from the menu,
 * fills in the dialog, presses OK and tells what came of it. Arguments: image, folder for pictures of the screen.
 */
final class WindowSession {
    private static final long LIMIT_MS = 60_000;

    private WindowSession() {}

    public static void main(String[] args) throws Exception {
        new ImageJ();
        new Recorder();
        ImagePlus image = IJ.openImage(args[0]);
        image.show();
        IJ.doCommand("Cluster Map...");
        GenericDialog dialog = await("the dialog", WindowSession::dialog);
        IJ.wait(500);
        ((TextField) dialog.getNumericFields().get(0)).setText("6");
        picture(new File(args[1], "dialog.png"));
        System.out.println("dialog: " + dialog.getTitle());
        dialog.actionPerformed(new ActionEvent(dialog.getButtons()[0], ActionEvent.ACTION_PERFORMED, "OK"));
        ImagePlus labels = await("the labels", () -> WindowManager.getImage("cells_clusters"));
        IJ.wait(500);
        picture(new File(args[1], "labels.png"));
        System.out.println("labels: " + labels.getWidth() + " x " + labels.getHeight() + ", " + labels.getBitDepth()
                + " bits, visible " + labels.isVisible() + ", max " + (int) labels.getStatistics().max + ", "
                + labels.getCalibration().getUnit());
        System.out.println("windows: " + WindowManager.getImageCount());
        System.out.println("recorded: " + Recorder.getInstance().getText().replace("\n", " "));
        Runtime.getRuntime().halt(0); // past ImageJ's question whether to save
    }

    private static GenericDialog dialog() {
        for (Window window : Window.getWindows()) {
            if (window instanceof GenericDialog dialog && dialog.isShowing()) {
                return dialog;
            }
        }
        return null;
    }

    private static <T> T await(String what, Supplier<T> condition) {
        long end = System.currentTimeMillis() + LIMIT_MS;
        while (System.currentTimeMillis() < end) {
            T found = condition.get();
            if (found != null) {
                return found;
            }
            IJ.wait(50);
        }
        throw new IllegalStateException("waited in vain for " + what);
    }

    private static void picture(File file) throws AWTException, IOException {
        Rectangle screen = new Rectangle(Toolkit.getDefaultToolkit().getScreenSize());
        ImageIO.write(new Robot().createScreenCapture(screen), "png", file);
    }
}
