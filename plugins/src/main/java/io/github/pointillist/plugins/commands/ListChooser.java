// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import java.awt.BorderLayout;
import java.awt.Component;
import java.awt.Dialog;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.KeyboardFocusManager;
import java.awt.Window;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.swing.BorderFactory;
import javax.swing.DefaultListCellRenderer;
import javax.swing.DefaultListModel;
import javax.swing.JButton;
import javax.swing.JDialog;
import javax.swing.JLabel;
import javax.swing.JList;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.JTextField;
import javax.swing.ListSelectionModel;
import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;

/** A window to choose from a list, with a field that narrows it down. What is chosen stays so while it is not shown. */
final class ListChooser {
    private static final Dimension SIZE = new Dimension(560, 420);

    /**
     * Something to choose.
     *
     * @param name what is given back
     * @param description in words
     */
    record Item(String name, String description) {
        @Override
        public String toString() {
            return description.isEmpty() ? name : name + "   " + description;
        }
    }

    private final List<Item> items;
    private final Set<String> chosen = new LinkedHashSet<>();
    private final DefaultListModel<Item> shown = new DefaultListModel<>();
    private final JList<Item> list = new JList<>(shown);
    private final JTextField filter = new JTextField();
    private final JLabel count = new JLabel();
    private final JDialog dialog;
    private boolean filling;
    private boolean accepted;

    private ListChooser(String title, List<Item> items, Collection<String> before, boolean several) {
        this.items = items;
        items.stream().map(Item::name).filter(before::contains).forEach(chosen::add);
        Window active = KeyboardFocusManager.getCurrentKeyboardFocusManager().getActiveWindow();
        dialog = new JDialog(active, title, Dialog.ModalityType.APPLICATION_MODAL);
        list.setName("list");
        list.setFont(list.getFont().deriveFont(Font.PLAIN));
        list.setSelectionMode(
                several ? ListSelectionModel.MULTIPLE_INTERVAL_SELECTION : ListSelectionModel.SINGLE_SELECTION);
        list.setCellRenderer(new Renderer());
        list.addListSelectionListener(event -> keepSelection());
        list.addMouseListener(new MouseAdapter() {
            @Override
            public void mouseClicked(MouseEvent event) {
                if (event.getClickCount() == 2 && !several) {
                    close(true);
                }
            }
        });
        filter.setName("filter");
        filter.getDocument().addDocumentListener(new Typing());
        JPanel top = new JPanel(new BorderLayout(8, 0));
        top.add(new JLabel("Filter:"), BorderLayout.WEST);
        top.add(filter, BorderLayout.CENTER);
        JButton ok = new JButton("OK");
        ok.addActionListener(event -> close(true));
        JButton cancel = new JButton("Cancel");
        cancel.addActionListener(event -> close(false));
        JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT));
        buttons.add(ok);
        buttons.add(cancel);
        JPanel bottom = new JPanel(new BorderLayout());
        bottom.add(count, BorderLayout.WEST);
        bottom.add(buttons, BorderLayout.EAST);
        JPanel all = new JPanel(new BorderLayout(8, 8));
        all.setBorder(BorderFactory.createEmptyBorder(10, 10, 10, 10));
        all.add(top, BorderLayout.NORTH);
        all.add(new JScrollPane(list), BorderLayout.CENTER);
        all.add(bottom, BorderLayout.SOUTH);
        all.setPreferredSize(SIZE);
        dialog.setContentPane(all);
        dialog.getRootPane().setDefaultButton(ok);
        fill();
    }

    /**
     * Shows the window and waits for it.
     *
     * @param before names that are chosen at first
     * @param several whether more than one can be chosen
     * @return the names chosen, in the order of the list; empty if cancelled
     */
    static Optional<List<String>> choose(String title, List<Item> items, Collection<String> before, boolean several) {
        ListChooser chooser = new ListChooser(title, items, before, several);
        chooser.dialog.pack();
        chooser.dialog.setLocationRelativeTo(chooser.dialog.getOwner());
        chooser.dialog.setVisible(true);
        if (!chooser.accepted) {
            return Optional.empty();
        }
        return Optional.of(
                items.stream().map(Item::name).filter(chooser.chosen::contains).toList());
    }

    private void close(boolean accept) {
        accepted = accept;
        dialog.dispose();
    }

    /** Lists what has the words of the filter, and selects in it what is chosen. */
    private void fill() {
        filling = true;
        String[] words = filter.getText().toLowerCase(Locale.ROOT).strip().split("\\s+");
        shown.clear();
        List<Integer> selected = new ArrayList<>();
        for (Item item : items) {
            String text = item.toString().toLowerCase(Locale.ROOT);
            if (List.of(words).stream().allMatch(text::contains)) {
                if (chosen.contains(item.name())) {
                    selected.add(shown.size());
                }
                shown.addElement(item);
            }
        }
        list.setSelectedIndices(selected.stream().mapToInt(Integer::intValue).toArray());
        if (!selected.isEmpty()) {
            list.ensureIndexIsVisible(selected.get(0));
        }
        filling = false;
        tell();
    }

    private void keepSelection() {
        if (filling) {
            return;
        }
        if (list.getSelectionMode() == ListSelectionModel.SINGLE_SELECTION) {
            chosen.clear();
        }
        for (int i = 0; i < shown.size(); i++) {
            if (list.isSelectedIndex(i)) {
                chosen.add(shown.get(i).name());
            } else {
                chosen.remove(shown.get(i).name());
            }
        }
        tell();
    }

    private void tell() {
        count.setText(chosen.size() + " of " + items.size() + " chosen");
    }

    /** Names stand out from descriptions. */
    private static final class Renderer extends DefaultListCellRenderer {
        private static final long serialVersionUID = 1L;

        @Override
        public Component getListCellRendererComponent(
                JList<?> list, Object value, int index, boolean selected, boolean focus) {
            Item item = (Item) value;
            String text = "<html><b>" + escaped(item.name()) + "</b>&nbsp;&nbsp; " + escaped(item.description());
            return super.getListCellRendererComponent(list, text, index, selected, focus);
        }

        private static String escaped(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;");
        }
    }

    private final class Typing implements DocumentListener {
        @Override
        public void insertUpdate(DocumentEvent event) {
            fill();
        }

        @Override
        public void removeUpdate(DocumentEvent event) {
            fill();
        }

        @Override
        public void changedUpdate(DocumentEvent event) {
            fill();
        }
    }
}
