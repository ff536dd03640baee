// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.scijava.annotations.Index;
import org.scijava.annotations.IndexItem;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.Button;

class PluginsConfigTest {
    private static final String ENTRY = "Plugins>%s, \"%s\", " + Launcher.class.getName() + "(\"%s\")";

    private static List<IndexItem<Plugin>> commands() {
        List<IndexItem<Plugin>> commands = new ArrayList<>();
        for (IndexItem<Plugin> item : Index.load(Plugin.class)) {
            if (item.className().startsWith("io.github.pointillist.")
                    && item.annotation().type() == Command.class) {
                commands.add(item);
            }
        }
        return commands;
    }

    /** Plain ImageJ and Fiji show the same menus. */
    @Test
    void hasAnEntryForEachCommandAndNoOther() throws IOException {
        List<String> wanted = new ArrayList<>();
        for (IndexItem<Plugin> item : commands()) {
            String path = item.annotation().menuPath();
            assertThat(path).startsWith("Plugins>").endsWith("...");
            int leaf = path.lastIndexOf('>');
            wanted.add(String.format(
                    ENTRY, path.substring("Plugins>".length(), leaf), path.substring(leaf + 1), item.className()));
        }
        assertThat(wanted).hasSizeGreaterThanOrEqualTo(3);
        try (var config = getClass().getResourceAsStream("/plugins.config")) {
            List<String> entries = new String(config.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
            assertThat(entries).containsExactlyInAnyOrderElementsOf(wanted);
        }
    }

    /** Else Fiji runs the commands in a thread that does not know the macro's image, and records them twice. */
    @Test
    void fijiLeavesMenuMacrosAndRecorderToTheLauncher() throws ClassNotFoundException {
        for (IndexItem<Plugin> item : commands()) {
            assertThat(Class.forName(item.className())
                            .getAnnotation(Plugin.class)
                            .attrs())
                    .extracting(Attr::name)
                    .contains("no-legacy", "no-record");
        }
    }

    /** SciJava's dialog shows no decimals and steps by 1 without these. */
    @Test
    void decimalNumbersSayHowTheyAreShownAndStep() throws ClassNotFoundException {
        for (IndexItem<Plugin> item : commands()) {
            for (var field : Class.forName(item.className()).getDeclaredFields()) {
                Parameter parameter = field.getAnnotation(Parameter.class);
                if (parameter != null && field.getType() == double.class) {
                    assertThat(parameter.style()).as(field.toString()).startsWith("format:0.###");
                    assertThat(parameter.stepSize()).as(field.toString()).isNotEmpty();
                }
            }
        }
    }

    /** What a macro leaves out must take its default, never a value of an earlier run. */
    @Test
    void keysAreLowerCaseAndNothingPersists() throws ClassNotFoundException {
        for (IndexItem<Plugin> item : commands()) {
            for (var field : Class.forName(item.className()).getDeclaredFields()) {
                Parameter parameter = field.getAnnotation(Parameter.class);
                if (parameter != null) {
                    assertThat(field.getName()).matches("[a-z][a-z0-9_]*");
                    boolean value = field.getType().isPrimitive()
                            || field.getType() == String.class
                            || field.getType() == Button.class;
                    assertThat(parameter.persist()).as(field.toString()).isEqualTo(!value);
                }
            }
        }
    }
}
