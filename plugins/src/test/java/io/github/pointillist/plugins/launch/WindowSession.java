// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.MessageDialog;
import ij.gui.OvalRoi;
import ij.gui.Overlay;
import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.gui.Roi;
import ij.macro.MacroRunner;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import java.awt.AWTEvent;
import java.awt.AWTException;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.Label;
import java.awt.Panel;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.awt.event.KeyEvent;
import java.awt.event.WindowEvent;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Locale;
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
 * "dialog", "choosers", "segment", "evaluate", "train", "macros", "dialogs", "mistake" or "escape".
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
        } else if (args[2].equals("macros")) {
            macros();
        } else if (args[2].equals("dialogs")) {
            dialogs(pictures);
        } else if (args[2].equals("mistake")) {
            mistake(pictures);
        } else if (args[2].equals("escape")) {
            escape();
        } else {
            choose(pictures);
        }
        System.out.println("recorded: " + Recorder.getInstance().getText().replace("\n", " "));
        Runtime.getRuntime().halt(0); // past ImageJ's question whether to save
    }

    private static void fillIn(File pictures) throws AWTException, IOException {
        GenericDialog dialog = start("Cluster Map...");
        text(dialog, "Clusters (0 = automatic)").setText("6");
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
        TextField model = text(dialog, "Model");
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
        TextField clusters = text(dialog, "Clusters (0 = automatic)");
        clusters.setText("7");
        press(dialog, "Models...");
        pick("Model", "", "tiny", new File(pictures, "models.png"));
        TextField model = text(dialog, "Model");
        TextField levels = text(dialog, "Levels of the model");
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
        text(dialog, "Name of the new model").setText("live");
        text(dialog, "Begin from").setText("tiny");
        press(dialog, "More...");
        GenericDialog more = await("the rare inputs", () -> dialog("Train: more"));
        IJ.wait(300);
        text(more, "Steps (0 = by minutes)").setText("40");
        picture(new File(pictures, "train-more.png"));
        onEventQueue(() -> accept(more));
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
        for (String batch : new String[] {"false", "true"}) {
            System.out.println("trained: "
                    + IJ.runMacro("selectImage('cells.tif'); setBatchMode(" + batch + "); n = nImages;"
                            + "run('Train...', 'name=again-" + batch + " base=tiny kind=instances steps=2 batch=1');"
                            + "return getTitle() + ', ' + (nImages - n) + ' more';"));
        }
    }

    /** Macros with windows and without, keys left out, and a hidden image; tells of every window that asks something. */
    private static void macros() throws InterruptedException {
        Toolkit.getDefaultToolkit()
                .addAWTEventListener(
                        event -> {
                            if (event.getID() == WindowEvent.WINDOW_OPENED
                                    && event.getSource() instanceof Dialog asked) {
                                System.out.println("asked: " + asked.getTitle());
                            }
                        },
                        AWTEvent.WINDOW_EVENT_MASK);
        for (String batch : new String[] {"", "setBatchMode(true);"}) {
            String text = batch + "ids = newArray(3); text = '';"
                    + "for (i = 0; i < 3; i++) { newImage('w' + i, '8-bit ramp', 40 + i, 30, 1); ids[i] = getImageID(); }"
                    + "for (r = 0; r < 2; r++) for (i = 2; i >= 0; i--) {"
                    + "  selectImage(ids[i]); run('Cluster Map...'); text = text + getTitle() + ' ' + getWidth() + ', ';"
                    + "  selectImage(ids[i]); run('Cluster Map...', 'clusters=4'); text = text + getWidth() + '; '; close();"
                    + "}"
                    + "run('Close All'); return text;";
            System.out.println("macro: " + IJ.runMacro(text));
        }
        ImagePlus hidden = IJ.createImage("hidden", "8-bit ramp", 33, 22, 1);
        Thread thread = new Thread(
                () -> {
                    IJ.run(hidden, "Cluster Map...", "");
                    ImagePlus labels = WindowManager.getImage("hidden_clusters");
                    System.out.println("hidden: " + labels.getWidth() + ", visible " + labels.isVisible());
                },
                "a script");
        thread.start();
        thread.join();
    }

    /** Each command's dialog: what it is called, whether it fits a small screen, and how it shows decimals. */
    private static void dialogs(File pictures) throws AWTException, IOException {
        for (String name : new String[] {
            "Segment",
            "Train",
            "Cluster Map",
            "Classify",
            "Classify Points",
            "Evaluate",
            "Models",
            "Open Sample",
            "Engine Report"
        }) {
            GenericDialog dialog = start(name + "...");
            picture(new File(pictures, "dialog-" + name.toLowerCase(Locale.ROOT).replace(' ', '-') + ".png"));
            System.out.println("dialog: " + dialog.getTitle() + (dialog.getHeight() <= 700 ? ", fits" : ", too tall")
                    + (search(dialog, Button.class, button -> button.getLabel().equals("Help")) == null
                            ? ""
                            : ", help"));
            if (name.equals("Train")) {
                press(dialog, "More...");
                GenericDialog more = await("the rare inputs", () -> dialog("Train: more"));
                IJ.wait(300);
                System.out.println(
                        "validated: " + text(more, "Share to validate with").getText());
                text(more, "Learning rate (0 = usual)").setText("0.0015");
                onEventQueue(() -> accept(more));
                press(dialog, "More...");
                GenericDialog again = await("them again", () -> dialog("Train: more"));
                IJ.wait(300);
                System.out.println(
                        "rate: " + text(again, "Learning rate (0 = usual)").getText());
                picture(new File(pictures, "dialog-train-more.png"));
                System.out.println("rare: " + (again.getHeight() <= 700 ? "fits" : "too tall"));
                onEventQueue(() -> again.actionPerformed(
                        new ActionEvent(again.getButtons()[1], ActionEvent.ACTION_PERFORMED, "Cancel")));
            }
            dialog.actionPerformed(new ActionEvent(dialog.getButtons()[1], ActionEvent.ACTION_PERFORMED, "Cancel"));
            await("the end of " + name, () -> dialog() == null ? name : null);
        }
    }

    /** After an error the dialog comes again, with what was entered. */
    private static void mistake(File pictures) throws AWTException, IOException {
        GenericDialog dialog = start("Cluster Map...");
        text(dialog, "Clusters (0 = automatic)").setText("5");
        text(dialog, "Compactness (-1 = automatic)").setText("0.325");
        text(dialog, "Model")
                .setText("an unknown model with a name that is longer than any window should ever be wide");
        ((Choice) dialog.getChoices().get(0)).select("model");
        accept(dialog);
        MessageDialog error = await("the error", WindowSession::error);
        IJ.wait(300);
        picture(new File(pictures, "error.png"));
        System.out.println("error: " + error.getTitle() + (error.getWidth() < 900 ? "" : ", too wide"));
        error.actionPerformed(new ActionEvent(error, ActionEvent.ACTION_PERFORMED, "OK"));
        GenericDialog again = await("the dialog again", WindowSession::dialog);
        IJ.wait(500);
        System.out.println("entered: " + text(again, "Clusters (0 = automatic)").getText() + " "
                + text(again, "Compactness (-1 = automatic)").getText());
        ((Choice) again.getChoices().get(0)).select("context");
        text(again, "Model").setText("a name [of brackets]");
        text(again, "Clusters (0 = automatic)").setText("five");
        accept(again);
        MessageDialog second = await("the second error", WindowSession::error);
        second.actionPerformed(new ActionEvent(second, ActionEvent.ACTION_PERFORMED, "OK"));
        GenericDialog third = await("the dialog once more", WindowSession::dialog);
        IJ.wait(500);
        System.out.println("kept: " + text(third, "Clusters (0 = automatic)").getText());
        text(third, "Clusters (0 = automatic)").setText("5");
        text(third, "Model").setText("none");
        accept(third);
        await("the labels", () -> WindowManager.getImage("cells_clusters"));
        IJ.wait(1000);
        String line = Recorder.getInstance()
                .getText()
                .lines()
                .filter(each -> each.startsWith("run(\"Cluster"))
                .findFirst()
                .orElse("");
        IJ.runMacro("selectImage('cells.tif'); " + line);
        System.out.println("again: " + WindowManager.getCurrentImage().getTitle());
    }

    /** The Escape key stops a command and a macro. */
    private static void escape() throws InterruptedException {
        ImagePlus large = new ImagePlus("large", TestImages.noise(8, 500, 500, 1));
        large.show();
        activate(large);
        for (String how : new String[] {"menu", "macro"}) {
            Thread thread;
            if (how.equals("menu")) {
                GenericDialog dialog = start("Cluster Map...");
                press(dialog, "More...");
                GenericDialog more = await("the rare inputs", () -> dialog("Cluster Map: more"));
                IJ.wait(300);
                text(more, "Iterations (context)").setText("1000000"); // hours
                onEventQueue(() -> accept(more));
                await("the end of the rare inputs", () -> dialog("Cluster Map: more") == null ? more : null);
                accept(dialog);
            } else {
                new MacroRunner("run('Cluster Map...', 'iterations=1000000'); print('went on');");
            }
            thread = await("the thread", () -> named(how.equals("menu") ? "Cluster Map..." : "Macro$"));
            IJ.wait(2500);
            long begun = System.nanoTime();
            KeyEvent key = new KeyEvent(IJ.getInstance(), KeyEvent.KEY_PRESSED, 0, 0, KeyEvent.VK_ESCAPE, (char) 27);
            EventQueue.invokeLater(() -> IJ.getInstance().keyPressed(key));
            thread.join(LIMIT_MS);
            System.out.println("stopped: " + how + (System.nanoTime() - begun < 15e9 ? "" : ", late"));
        }
        System.out.println("images: " + WindowManager.getImageCount() + ", asks "
                + (dialog() != null || error() != null) + ", log " + (IJ.getLog() == null ? "empty" : IJ.getLog()));
    }

    private static Thread named(String part) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains(part))
                .findFirst()
                .orElse(null);
    }

    private static MessageDialog error() {
        for (Window window : Window.getWindows()) {
            if (window instanceof MessageDialog dialog && dialog.isShowing()) {
                return dialog;
            }
        }
        return null;
    }

    /** The field behind a label. */
    private static TextField text(GenericDialog dialog, String label) {
        boolean found = false;
        for (Component component : dialog.getComponents()) {
            found |= component instanceof Label text && text.getText().strip().equals(label);
            TextField field = component instanceof TextField itself
                    ? itself
                    : component instanceof Panel panel ? search(panel, TextField.class, each -> true) : null;
            if (found && field != null) {
                return field;
            }
        }
        throw new IllegalStateException("there is no field " + label);
    }

    private static GenericDialog dialog(String title) {
        for (Window window : Window.getWindows()) {
            if (window instanceof GenericDialog dialog
                    && dialog.isShowing()
                    && dialog.getTitle().equals(title)) {
                return dialog;
            }
        }
        return null;
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
