// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.measure.ResultsTable;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.catalog.ModelStore.Entry;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.catalog.OfficialCards;
import io.github.pointillist.weights.Plain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What can be done with the models of a store, told in lines: the one path of command line, menu command and macro. */
public final class InstalledModels {
    private final ModelStore store;

    /** Those of a store. */
    public InstalledModels(ModelStore store) {
        this.store = store;
    }

    /** The user's own. */
    public static InstalledModels standard() {
        return new InstalledModels(ModelStore.standard());
    }

    /** All of them, damaged ones too, and those that come with the program. */
    public List<Entry> entries() throws IOException {
        return store.list();
    }

    /** A line a model: name, title, task and whether it is bundled with tabs between, or what is wrong with it. */
    public static String line(Entry entry) {
        if (entry.problem() != null) {
            return entry.name() + ": damaged: " + Plain.line(entry.problem());
        }
        ModelCard card = entry.model().card();
        return entry.name() + "\t" + card.title() + "\t" + card.task() + (entry.bundled() ? "\tbundled" : "");
    }

    /** That there are none, and what to do. */
    public String none() {
        return "no model is installed in " + store.root()
                + "; import one: pointillist models import FILE --as NAME, or Plugins > Pointillist > Models...";
    }

    /** Appends a row a model to a table of ImageJ's. */
    public static void appendTo(ResultsTable table, List<Entry> entries) {
        for (Entry entry : entries) {
            boolean whole = entry.problem() == null;
            ModelCard card = whole ? entry.model().card() : null;
            table.incrementCounter();
            table.addValue("Name", entry.name());
            table.addValue("Title", whole ? card.title() : "damaged: " + Plain.line(entry.problem()));
            table.addValue("Task", whole ? card.task() : "");
            table.addValue("Classes", whole ? card.classes() : 0);
            table.addValue("Megabytes", whole ? entry.model().weights().bytes() / 1e6 : 0);
            table.addValue("Licence", whole && card.licence() != null ? card.licence() : "");
            table.addValue("From", entry.bundled() ? "bundled" : "installed");
        }
    }

    /**
     * Installs a checkpoint file or a copy of a model folder; see {@link ModelStore#install}.
     *
     * @return what it was read as
     */
    public List<String> install(Path source, String name, ImportOptions options) throws IOException {
        ModelFile model = store.install(source, name, options);
        List<String> lines = new ArrayList<>(
                List.of("installed " + name + ": " + model.card().title()));
        lines.addAll(ModelText.origin(model));
        return lines;
    }

    /** The card of an installed or bundled model, or of an official one. */
    public List<String> show(String name) throws IOException {
        if (!store.contains(name)) {
            for (ModelCard official : OfficialCards.all()) {
                if (official.name().equals(name)) {
                    List<String> lines = new ArrayList<>(ModelText.card(official));
                    lines.add("installed: no");
                    return lines;
                }
            }
        }
        ModelFile model = store.show(name);
        List<String> lines = new ArrayList<>(ModelText.card(model.card()));
        lines.add(
                store.isBundled(name)
                        ? "bundled: comes with the program"
                        : "installed: " + store.root().resolve(name));
        lines.add("configuration: " + model.config());
        lines.add("weights: " + model.weights().entries() + " arrays, "
                + model.weights().bytes() + " bytes, SHA-256 " + model.weights().sha256());
        lines.addAll(ModelText.origin(model));
        store.learnedNumbers(name)
                .forEach(reading ->
                        lines.add(String.format(Locale.ROOT, "learned: %s = %.4f", reading.name(), reading.value())));
        return lines;
    }

    /** Checks one; see {@link ModelStore#verify}. */
    public String verify(String name) throws IOException {
        store.verify(name);
        return name + "\tok";
    }

    /** Writes the weights to a file; see {@link ModelStore#export}. */
    public String export(String name, Path file) throws IOException {
        store.export(name, file);
        return "wrote " + file + (store.isBundled(name) ? " (bundled model)" : "");
    }

    /** Deletes one; see {@link ModelStore#remove}. */
    public String remove(String name) throws IOException {
        store.remove(name);
        return "removed " + name;
    }
}
