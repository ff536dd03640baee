// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

import ij.IJ;
import ij.measure.ResultsTable;
import io.github.pointillist.catalog.ModelStore.Entry;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.plugins.results.InstalledModels;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.weights.Plain;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

/** Lists, imports, shows, checks, exports and removes models. The names of the fields are the keys of macros. */
@Plugin(
        type = Command.class,
        menuPath = "Plugins>Pointillist>Models...",
        attrs = {@Attr(name = "no-legacy"), @Attr(name = "no-record")})
public final class ModelsCommand extends CancelableCommand {
    @Parameter(
            label = "Action",
            choices = {"list", "import", "show", "verify", "export", "remove"},
            description = "import: installs a checkpoint file or model folder under a name; verify: checks a model, or"
                    + " all; export: writes a model to a safetensors file",
            persist = false)
    private String action = "list";

    @Parameter(label = "Name of the model", description = "Small letters, digits, dots and hyphens", persist = false)
    private String name = Words.NONE;

    @Parameter(label = "Installed models...", callback = "chooseName", required = false, persist = false)
    private Button choose_name;

    @Parameter(
            label = "File (import, export)",
            description = "Import: checkpoint file or model folder; export: the safetensors file to write",
            persist = false)
    private String file = Words.NONE;

    @Parameter(label = "Browse...", callback = "chooseFile", required = false, persist = false)
    private Button choose_file;

    @Parameter(
            label = "Model variant (import)",
            description = "Official name or JSON file; automatic: told from the file",
            persist = false)
    private String variant = Words.AUTOMATIC;

    @Override
    protected void run(Progress progress) throws IOException {
        InstalledModels models = InstalledModels.standard();
        progress.report(0, 1, action);
        switch (action.strip().toLowerCase(Locale.ROOT)) {
            case "list" -> list(models);
            case "import" ->
                models.install(
                                file(),
                                name(),
                                ImportOptions.variant(Words.is(variant, Words.AUTOMATIC) ? null : variant.strip()))
                        .forEach(IJ::log);
            case "show" -> models.show(name()).forEach(IJ::log);
            case "verify" -> verify(models);
            case "export" -> IJ.log(Plain.line(models.export(name(), file())));
            case "remove" -> remove(models);
            default ->
                throw new IllegalArgumentException(
                        "action is '" + action + "'; allowed are list, import, show, verify, export and remove");
        }
    }

    private static void list(InstalledModels models) throws IOException {
        List<Entry> entries = models.entries();
        if (entries.isEmpty()) {
            IJ.log(models.none());
            return;
        }
        entries.forEach(entry -> IJ.log(InstalledModels.line(entry)));
        if (!GraphicsEnvironment.isHeadless()) {
            ResultsTable table = new ResultsTable();
            InstalledModels.appendTo(table, entries);
            table.show("Models");
        }
    }

    private void verify(InstalledModels models) throws IOException {
        List<String> names = Words.is(name, Words.NONE)
                ? models.entries().stream().map(Entry::name).toList()
                : List.of(name.strip());
        String problem = null;
        for (String one : names) {
            try {
                IJ.log(models.verify(one));
            } catch (IOException e) { // the others are checked all the same
                problem = one + ": " + e.getMessage();
                IJ.log(Plain.line(problem));
            }
        }
        if (problem != null) {
            throw new IOException(problem);
        }
    }

    private void remove(InstalledModels models) throws IOException {
        String doomed = name();
        boolean asks = !GraphicsEnvironment.isHeadless() && !IJ.isMacro();
        if (!asks || IJ.showMessageWithCancel(title(), "Delete the installed model " + doomed + "?")) {
            IJ.log(models.remove(doomed));
        }
    }

    private String name() {
        if (Words.is(name, Words.NONE)) {
            throw new IllegalArgumentException("name is none; give the name of a model to " + action);
        }
        return name.strip();
    }

    private Path file() {
        if (Words.is(file, Words.NONE)) {
            throw new IllegalArgumentException("file is none; give "
                    + (action.equals("export") ? "the file to write" : "a checkpoint file or model folder"));
        }
        return Path.of(file.strip());
    }

    @Override
    protected String title() {
        return "Models";
    }

    void chooseName() {
        name = Choosers.installed(name);
    }

    void chooseFile() {
        if (action.equals("export")) {
            file = Choosers.save("Export a model", file, Words.is(name, Words.NONE) ? "model" : name.strip());
            return;
        }
        String before = file;
        file = Choosers.open("Checkpoint file or model folder", file);
        if (!file.equals(before) && Words.is(name, Words.NONE)) {
            name = nameOf(Path.of(file));
        }
    }

    /** A name for the model in a file: the file's without its endings, in the letters that names are made of. */
    static String nameOf(Path file) {
        String stem = file.getFileName().toString().toLowerCase(Locale.ROOT);
        stem = stem.replaceAll("\\.(pth\\.tar|pth|pt|pkl|safetensors|npz)$", "")
                .replaceAll("[^a-z0-9._-]+", "-")
                .replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", "");
        return stem.isEmpty() ? Words.NONE : stem.substring(0, Math.min(64, stem.length()));
    }
}
