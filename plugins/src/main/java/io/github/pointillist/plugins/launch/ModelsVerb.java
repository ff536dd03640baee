// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelStore.Entry;
import io.github.pointillist.catalog.ModelStore.ImportOptions;
import io.github.pointillist.catalog.OfficialCards;
import io.github.pointillist.plugins.results.InstalledModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The models installed on this machine. */
@Command(
        name = "models",
        description = {
            "The models installed on this machine: checkpoint files of the papers' authors, and models trained here.",
            "",
            "A model is a folder with model.json and weights.safetensors in the folder of models: ~/.pointillist/models,"
                    + " or what the environment variable POINTILLIST_MODELS names. Nothing is downloaded, and nothing"
                    + " in a checkpoint file is executed.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            ModelsVerb.ListVerb.class,
            ModelsVerb.ImportVerb.class,
            ModelsVerb.ShowVerb.class,
            ModelsVerb.VerifyVerb.class,
            ModelsVerb.ExportVerb.class,
            ModelsVerb.RemoveVerb.class
        })
final class ModelsVerb implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "no action given; allowed are list, import, show, verify, export and remove");
    }

    /** What the actions share. */
    abstract static class Action implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        abstract int act(InstalledModels models, PrintWriter out) throws IOException;

        @Override
        public final Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            try {
                return act(InstalledModels.standard(), out);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            } finally {
                out.flush();
            }
        }
    }

    @Command(
            name = "list",
            description = "Lists the installed and bundled models; with --official also those that can be imported.",
            mixinStandardHelpOptions = true)
    static final class ListVerb extends Action {
        @Option(names = "--official", description = "List the authors' models whose files can be imported.")
        private boolean official;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            List<Entry> entries = models.entries();
            entries.forEach(entry -> out.println(InstalledModels.line(entry)));
            if (entries.stream().allMatch(Entry::bundled)) {
                out.println(models.none());
            }
            if (official) {
                out.println();
                out.println("Models whose files can be imported (name, title, task, where the weights are):");
                for (ModelCard card : OfficialCards.all()) {
                    out.println(card.name() + "\t" + card.title() + "\t" + card.task() + "\t" + card.weights());
                }
            }
            return entries.stream().allMatch(entry -> entry.problem() == null) ? 0 : Main.FAILED_SOME;
        }
    }

    @Command(
            name = "import",
            description = {
                "Installs a checkpoint file (.pth, .pth.tar, .pt, .pkl, .safetensors, .npz) or a model folder.",
                "",
                "Every name and shape is checked against the model. What the model is, is told from the file; where the"
                        + " file does not say it, name the variant.",
                ""
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ImportVerb extends Action {
        @Parameters(paramLabel = "FILE", description = "Checkpoint file or model folder.")
        private Path file;

        @Option(names = "--as", paramLabel = "NAME", required = true, description = "Name of the installed model.")
        private String name;

        @Option(
                names = "--variant",
                paramLabel = "NAME|FILE.json",
                description =
                        "Official variant; or a JSON file with the configuration, or with an object \"config\" that"
                                + " holds it, under the names of the reference implementation.")
        private String variant;

        @Option(names = "--architecture", paramLabel = "ID", description = "Family of the model, such as secvit.")
        private String architecture;

        @Option(
                names = "--part",
                paramLabel = "KEY",
                description = "State dict in the file, such as model_ema. Default: what the official code evaluates.")
        private String part;

        @Option(
                names = "--class-names",
                paramLabel = "FILE",
                description = "Text file with one class name a line. Default: those of the card or the file.")
        private Path classNames;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            List<String> names = classNames == null
                    ? null
                    : Files.readAllLines(classNames).stream()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .toList();
            models.install(file, name, new ImportOptions(variant, architecture, part, names))
                    .forEach(out::println);
            return 0;
        }
    }

    @Command(
            name = "show",
            description = "Shows the card of an installed model, or of an official one that can be imported.",
            mixinStandardHelpOptions = true)
    static final class ShowVerb extends Action {
        @Parameters(paramLabel = "NAME", description = "Name of the model.")
        private String name;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            models.show(name).forEach(out::println);
            return 0;
        }
    }

    @Command(
            name = "verify",
            description = "Checks the SHA-256, the names and the shapes of installed models.",
            mixinStandardHelpOptions = true)
    static final class VerifyVerb extends Action {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names; all models where none is given.")
        private List<String> names;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            List<String> all = names != null
                    ? names
                    : models.entries().stream().map(Entry::name).toList();
            if (all.isEmpty()) {
                out.println(models.none());
            }
            int failed = 0;
            for (String name : all) {
                try {
                    out.println(models.verify(name));
                } catch (IOException | IllegalArgumentException e) {
                    failed++;
                    out.flush();
                    spec.commandLine().getErr().println("pointillist: " + name + ": " + Main.oneLine(Main.reason(e)));
                }
            }
            return failed == 0 ? 0 : Main.FAILED_SOME;
        }
    }

    @Command(
            name = "export",
            description = "Writes the weights of an installed model to one file, under their official names.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ExportVerb extends Action {
        @Parameters(paramLabel = "NAME", description = "Name of the model.")
        private String name;

        @Option(names = "--format", paramLabel = "NAME", description = "safetensors (default).")
        private String format = "safetensors";

        @Option(names = "--out", paramLabel = "FILE", description = "Default: NAME.safetensors in this folder.")
        private Path file;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            if (!format.equals("safetensors")) {
                throw new IllegalArgumentException("--format is " + format + "; allowed is safetensors");
            }
            Path target = file != null ? file : Path.of(name + ".safetensors");
            out.println(models.export(name, target));
            return 0;
        }
    }

    @Command(name = "remove", description = "Deletes an installed model.", mixinStandardHelpOptions = true)
    static final class RemoveVerb extends Action {
        @Parameters(paramLabel = "NAME", description = "Name of the model.")
        private String name;

        @Override
        int act(InstalledModels models, PrintWriter out) throws IOException {
            out.println(models.remove(name));
            return 0;
        }
    }
}
