// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.io.OpenDialog;
import io.github.pointillist.catalog.ModelStore.Entry;
import io.github.pointillist.plugins.commands.ListChooser.Item;
import io.github.pointillist.plugins.results.InstalledModels;
import java.awt.KeyboardFocusManager;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.swing.JFileChooser;

/** What the buttons of dialogs open. Each gives back the text of a field: what was chosen, or what was there before. */
final class Choosers {
    private static final String A_FILE = "file...";
    private static final String A_FOLDER = "folder...";

    private Choosers() {}

    /** One of the installed models. */
    static String installed(String before) {
        return fromList("Installed models", before, false);
    }

    /** One of the installed models, or a file. */
    static String model(String before) {
        return fromList("Model", before, true);
    }

    private static String fromList(String title, String before, boolean orFile) {
        List<Item> items = new ArrayList<>();
        InstalledModels models = InstalledModels.standard();
        try {
            for (Entry entry : models.entries()) {
                String[] parts = InstalledModels.line(entry).split("\t", 2);
                items.add(new Item(parts[0], parts[1].replace("\t", ", ")));
            }
        } catch (IOException e) {
            IJ.error(title, e.getMessage());
            return before;
        }
        if (orFile) {
            items.add(new Item(A_FILE, "a model folder or a checkpoint file of the authors"));
        } else if (items.isEmpty()) {
            IJ.showMessage(title, models.none());
            return before;
        }
        String chosen = ListChooser.choose(title, items, List.of(before.strip()), false)
                .flatMap(names -> names.stream().findFirst())
                .orElse(before);
        return chosen.equals(A_FILE) ? open("Model folder or checkpoint file", before) : chosen;
    }

    /** The title of one of the open images. */
    static String openImage(String title, String before) {
        List<Item> items = openImages();
        if (items.isEmpty()) {
            IJ.showMessage(title, "There is no open image.");
            return before;
        }
        return fromList(title, items, before);
    }

    /** The title of one of the open images, a folder, or one of a few words. */
    static String openImageOrFolder(String title, List<Item> words, String before) {
        List<Item> items = new ArrayList<>(words);
        items.addAll(openImages());
        items.add(new Item(A_FOLDER, "of image files"));
        String chosen = fromList(title, items, before);
        if (!chosen.equals(A_FOLDER)) {
            return chosen;
        }
        String folder = open(title, new File(before.strip()).exists() ? before : Words.NONE);
        return Words.is(folder, Words.NONE) ? before : folder;
    }

    /** By their titles; those that share one by their ids. */
    private static List<Item> openImages() {
        List<ImagePlus> images = new ArrayList<>();
        int[] ids = WindowManager.getIDList();
        for (int id : ids == null ? new int[0] : ids) {
            ImagePlus image = WindowManager.getImage(id);
            if (image != null) {
                images.add(image);
            }
        }
        return images.stream().map(image -> item(image, images)).toList();
    }

    private static Item item(ImagePlus image, List<ImagePlus> all) {
        String size = image.getWidth() + " x " + image.getHeight() + " pixels, " + image.getBitDepth() + " bits";
        boolean alone = all.stream()
                        .filter(other -> other.getTitle().equals(image.getTitle()))
                        .count()
                == 1;
        return alone
                ? new Item(image.getTitle(), size)
                : new Item(Integer.toString(image.getID()), image.getTitle() + ", " + size);
    }

    private static String fromList(String title, List<Item> items, String before) {
        return ListChooser.choose(title, items, List.of(before.strip()), false)
                .flatMap(names -> names.stream().findFirst())
                .orElse(before);
    }

    /**
     * Levels of a model.
     *
     * @param items name and description of each
     * @param last those that the word last stands for
     * @param before the text of the field: names with commas between, or the word all or last
     */
    static String levels(List<Item> items, List<String> last, String before) {
        List<String> all = items.stream().map(Item::name).toList();
        List<String> chosen =
                switch (before.strip()) {
                    case "all" -> all;
                    case "last", "" -> last;
                    default -> List.of(before.strip().split("\\s*,\\s*"));
                };
        List<String> names = ListChooser.choose("Levels", items, chosen, true).orElse(null);
        if (names == null) {
            return before;
        }
        return names.isEmpty() || names.equals(last) ? "last" : names.equals(all) ? "all" : String.join(",", names);
    }

    /** A file or folder that is there. */
    static String open(String title, String before) {
        JFileChooser chooser = chooser(title, before);
        chooser.setFileSelectionMode(JFileChooser.FILES_AND_DIRECTORIES);
        return chooser.showOpenDialog(KeyboardFocusManager.getCurrentKeyboardFocusManager()
                                .getActiveWindow())
                        == JFileChooser.APPROVE_OPTION
                ? chosen(chooser)
                : before;
    }

    /** A file to write. */
    static String save(String title, String before, String stem) {
        JFileChooser chooser = chooser(title, before);
        if (Words.is(before, Words.NONE)) {
            chooser.setSelectedFile(new File(chooser.getCurrentDirectory(), stem + ".safetensors"));
        }
        return chooser.showSaveDialog(KeyboardFocusManager.getCurrentKeyboardFocusManager()
                                .getActiveWindow())
                        == JFileChooser.APPROVE_OPTION
                ? chosen(chooser)
                : before;
    }

    private static JFileChooser chooser(String title, String before) {
        String start = OpenDialog.getDefaultDirectory();
        JFileChooser chooser = new JFileChooser(start);
        chooser.setDialogTitle(title);
        if (!Words.is(before, Words.NONE)) {
            chooser.setSelectedFile(new File(before.strip()));
        }
        return chooser;
    }

    private static String chosen(JFileChooser chooser) {
        OpenDialog.setDefaultDirectory(chooser.getCurrentDirectory().getPath());
        return chooser.getSelectedFile().getAbsolutePath();
    }
}
