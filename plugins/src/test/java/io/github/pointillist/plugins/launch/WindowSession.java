// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.OvalRoi;
import ij.gui.Overlay;
import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.gui.Roi;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import java.awt.AWTException;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.EventQueue;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.imageio.ImageIO;
import javax.swing.JButton;
import javax.swing.JDialog;
import javax.swing.JList;
import javax.swing.JTextField;

/**
 * Plain ImageJ with real windows: the main class of a JVM of its own. Opens an image, starts the command from the menu,
 * fills in the dialog, presses OK and tells what came of it. Arguments: image, folder for pictures of the screen, and
 * "dialog", "choosers", "segment", "evaluate" or "train".
 */
final class WindowSession {
    private static final long LIMIT_MS = 60_000;

    private WindowSession() {}

    public static void main(String[] args) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1); // windows would keep the session alive
        });
        new ImageJ();
        new Recorder();
        ImagePlus image = IJ.openImage(args[0]);
        image.show();
        File pictures = new File(args[1]);
        if (args[2].equals("dialog")) {
            fillIn(pictures);
        } else if (args[2].equals("segment")) {
            segment(pictures);
        } else if (args[2].equals("evaluate")) {
            evaluate(image, pictures);
        } else if (args[2].equals("train")) {
            train(image, pictures);
        } else {
            choose(pictures);
        }
        System.out.println("recorded: " + Recorder.getInstance().getText().replace("\n", " "));
        Runtime.getRuntime().halt(0); // past ImageJ's question whether to save
    }

    private static void fillIn(File pictures) throws AWTException, IOException {
        GenericDialog dialog = start("Cluster Map...");
        ((TextField) dialog.getNumericFields().get(0)).setText("6");
        picture(new File(pictures, "dialog.png"));
        System.out.println("dialog: " + dialog.getTitle());
        accept(dialog);
        ImagePlus labels = await("the labels", () -> WindowManager.getImage("cells_clusters"));
        IJ.wait(500);
        picture(new File(pictures, "labels.png"));
        System.out.println("labels: " + labels.getWidth() + " x " + labels.getHeight() + ", " + labels.getBitDepth()
                + " bits, visible " + labels.isVisible() + ", max " + (int) labels.getStatistics().max + ", "
                + labels.getCalibration().getUnit());
        System.out.println("windows: " + WindowManager.getImageCount());
    }

    /** Finds the objects, with their outlines in the ROI Manager. */
    private static void segment(File pictures) throws AWTException, IOException {
        ImagePlus image = WindowManager.getCurrentImage();
        RoiManager.getRoiManager().addRoi(new Roi(1, 1, 5, 5)); // stays
        WindowManager.setTempCurrentImage(image);
        GenericDialog dialog = start("Segment...");
        press(dialog, "Models...");
        pick("Model", "", "objects", new File(pictures, "segment-models.png"));
        TextField model = (TextField) dialog.getStringFields().get(0);
        await("the model's name", () -> model.getText().equals("objects") ? model : null);
        ((Choice) dialog.getChoices().get(0)).select("none");
        Checkbox manager =
                (Checkbox) dialog.getCheckboxes().get(dialog.getCheckboxes().size() - 1);
        System.out.println("last: " + manager.getLabel());
        manager.setState(true);
        picture(new File(pictures, "segment.png"));
        accept(dialog);
        ImagePlus labels = await("the labels", () -> WindowManager.getImage("cells_labels"));
        IJ.wait(1000);
        picture(new File(pictures, "segmented.png"));
        System.out.println("objects: " + (int) labels.getStatistics().max + ", rows "
                + ResultsTable.getResultsTable().size() + ", overlay "
                + image.getOverlay().size() + ", manager "
                + RoiManager.getRoiManager().getCount() + ", last "
                + RoiManager.getRoiManager().getRoi(12).getName());
    }

    /** Chooses a model and levels from the lists that the dialog's buttons open. */
    private static void choose(File pictures) throws AWTException, IOException {
        GenericDialog dialog = start("Cluster Map...");
        TextField clusters = (TextField) dialog.getNumericFields().get(0);
        clusters.setText("7");
        press(dialog, "Models...");
        pick("Model", "", "tiny", new File(pictures, "models.png"));
        TextField model = (TextField) dialog.getStringFields().get(0);
        TextField levels = (TextField) dialog.getStringFields().get(2);
        await("the model's name", () -> model.getText().equals("tiny") ? model : null);
        press(dialog, "Levels...");
        JDialog list = chooser("Levels");
        System.out.println("levels offered: " + shown(list).getModel().getSize());
        select(list, "stage 0", "0.0.1");
        select(list, "HEAD 2.1.", "2.1.1");
        IJ.wait(300);
        picture(new File(pictures, "levels.png"));
        System.out.println("levels filtered: " + shown(list).getModel().getSize());
        click(list, "OK");
        await("the levels", () -> levels.getText().contains(",") ? levels : null);
        System.out.println("levels: " + levels.getText());
        System.out.println("method: " + ((Choice) dialog.getChoices().get(0)).getSelectedItem());
        IJ.wait(700);
        picture(new File(pictures, "chosen.png"));
        press(dialog, "Levels...");
        click(chooser("Levels"), "Cancel");
        IJ.wait(300);
        System.out.println("after cancel: " + levels.getText() + ", clusters " + clusters.getText());
        clusters.setText("0");
        accept(dialog);
        ImagePlus labels = await("the labels", () -> WindowManager.getImage("cells_clusters"));
        System.out.println("channels: " + labels.getNChannels());
        IJ.wait(1000); // the recorder writes when the command has ended
        dialog = start("Models...");
        picture(new File(pictures, "models-dialog.png"));
        accept(dialog);
        await("the table", () -> WindowManager.getWindow("Models"));
        IJ.wait(500);
        picture(new File(pictures, "models-table.png"));
        System.out.println("table: " + ResultsTable.getResultsTable("Models").getStringValue("Name", 0));
    }

    /** Compares the image with a copy of it that is chosen from the list of open ones. */
    private static void evaluate(ImagePlus image, File pictures) throws AWTException, IOException {
        ImagePlus truth = image.duplicate();
        truth.setTitle("true cells");
        truth.show();
        activate(image);
        GenericDialog dialog = start("Evaluate...");
        press(dialog, "Open images...");
        pick("True labels", "true", "true cells", new File(pictures, "open-images.png"));
        TextField title = (TextField) dialog.getStringFields().get(0);
        await("the title", () -> title.getText().equals("true cells") ? title : null);
        IJ.wait(300);
        picture(new File(pictures, "evaluate.png"));
        accept(dialog);
        await("the table", () -> WindowManager.getWindow("Evaluation"));
        IJ.wait(1000); // the recorder writes when the command has ended
        picture(new File(pictures, "evaluate-results.png"));
        ResultsTable results = ResultsTable.getResultsTable("Evaluation");
        System.out.println("compared: " + results.getStringValue("Prediction", 0) + " with "
                + results.getStringValue("Truth", 0) + ", AP@0.9 " + results.getValue("AP@0.9", 0));
    }

    /** Windows tell that they came to the front when the machine finds time: asks until no other one does. */
    private static void activate(ImagePlus image) {
        await("the window of " + image.getTitle(), () -> {
            IJ.selectWindow(image.getID());
            for (int i = 0; i < 20; i++) {
                IJ.wait(100);
                if (WindowManager.getCurrentImage() != image) {
                    return null;
                }
            }
            return image;
        });
    }

    /** Trains on regions and watches the curve grow. */
    private static void train(ImagePlus image, File pictures) throws AWTException, IOException {
        image.setOverlay(new Overlay());
        for (int x = 10; x < 110; x += 40) {
            image.getOverlay().add(new OvalRoi(x, 10, 16, 16));
            image.getOverlay().add(new OvalRoi(x, 50, 16, 16));
        }
        GenericDialog dialog = start("Train...");
        ((TextField) dialog.getStringFields().get(4)).setText("live");
        ((TextField) dialog.getStringFields().get(5)).setText("tiny");
        ((TextField) dialog.getNumericFields().get(5)).setText("40");
        picture(new File(pictures, "train-dialog.png"));
        accept(dialog);
        ImagePlus loss = await("the curve", () -> WindowManager.getImage("Loss of live"));
        PlotWindow window = await("its window", () -> (PlotWindow) loss.getWindow());
        Plot plot = await("its plot", window::getPlot); // which the window gets after it is there
        int first = plot.getDataObjectArrays(0)[0].length;
        await("the model", () -> IJ.getLog().contains("use it: ") ? window : null);
        IJ.wait(500);
        picture(new File(pictures, "train.png"));
        System.out.println("points: " + first + ", then " + window.getPlot().getDataObjectArrays(0)[0].length);
        System.out.println(
                "metrics: " + WindowManager.getImage("Validation of live").getTitle());
    }

    private static GenericDialog start(String command) {
        IJ.doCommand(command);
        GenericDialog dialog = await("the dialog", WindowSession::dialog);
        IJ.wait(500);
        return dialog;
    }

    private static void accept(GenericDialog dialog) {
        dialog.actionPerformed(new ActionEvent(dialog.getButtons()[0], ActionEvent.ACTION_PERFORMED, "OK"));
    }

    /** Presses a button, which may open a window that waits. */
    private static void press(GenericDialog dialog, String label) {
        Button button = find(dialog, Button.class, found -> found.getLabel().equals(label));
        ActionEvent event = new ActionEvent(button, ActionEvent.ACTION_PERFORMED, label);
        EventQueue.invokeLater(() -> button.dispatchEvent(event));
    }

    private static void pick(String title, String filter, String name, File picture) throws AWTException, IOException {
        JDialog list = chooser(title);
        select(list, filter, name);
        IJ.wait(300);
        picture(picture);
        click(list, "OK");
    }

    private static JDialog chooser(String title) {
        JDialog dialog = await("the window " + title, () -> {
            for (Window window : Window.getWindows()) {
                if (window instanceof JDialog found && found.isShowing() && title.equals(found.getTitle())) {
                    return found;
                }
            }
            return null;
        });
        IJ.wait(300);
        return dialog;
    }

    /** Narrows the list down and adds an entry to the selection. */
    private static void select(JDialog dialog, String filter, String name) {
        onEventQueue(() -> {
            find(dialog, JTextField.class, field -> "filter".equals(field.getName()))
                    .setText(filter);
            JList<?> list = shown(dialog);
            for (int i = 0; i < list.getModel().getSize(); i++) {
                if (list.getModel().getElementAt(i).toString().startsWith(name + " ")) {
                    list.setSelectedIndex(i);
                    return;
                }
            }
            throw new IllegalStateException(name + " is not in the list");
        });
    }

    private static JList<?> shown(JDialog dialog) {
        return find(dialog, JList.class, list -> "list".equals(list.getName()));
    }

    private static void click(JDialog dialog, String label) {
        onEventQueue(() -> find(dialog, JButton.class, button -> label.equals(button.getText()))
                .doClick());
    }

    private static void onEventQueue(Runnable action) {
        try {
            EventQueue.invokeAndWait(action);
        } catch (InterruptedException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T extends Component> T find(Container inside, Class<T> type, Predicate<T> wanted) {
        T found = search(inside, type, wanted);
        if (found == null) {
            throw new IllegalStateException("there is no such " + type.getSimpleName());
        }
        return found;
    }

    private static <T extends Component> T search(Container inside, Class<T> type, Predicate<T> wanted) {
        for (Component component : inside.getComponents()) {
            if (type.isInstance(component) && wanted.test(type.cast(component))) {
                return type.cast(component);
            }
            T found = component instanceof Container deeper ? search(deeper, type, wanted) : null;
            if (found != null) {
                return found;
            }
        }
        return null;
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
