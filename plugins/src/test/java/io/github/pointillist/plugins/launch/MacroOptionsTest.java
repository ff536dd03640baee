// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MacroOptionsTest {
    @Test
    void readsValuesOfAllForms() {
        assertThat(MacroOptions.parse("  a=1 min_size=-1 b=[two words [in brackets]] c='it =' d=[] e= f=x=y "))
                .containsExactly(
                        entry("a", "1"),
                        entry("min_size", "-1"),
                        entry("b", "two words [in brackets]"),
                        entry("c", "it ="),
                        entry("d", ""),
                        entry("e", ""),
                        entry("f", "x=y"));
        assertThat(MacroOptions.parse(" ")).isEmpty();
    }

    @Test
    void whatTheRecorderWritesIsReadBack() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("a", "plain");
        values.put("b", "two words [x]");
        values.put("c", "");
        values.put("d", "[all]");
        values.put("e", "open [ only");
        values.put("f", "it's");
        values.put("g", 0.0001);
        values.put("h", -1.0);
        values.put("i", true);
        values.put("j", 1e9);
        String written = MacroOptions.write(values);
        assertThat(written)
                .isEqualTo("a=plain b=[two words [x]] c=[] d=[[all]] e='open [ only' f=it's g=0.00010 h=-1.0 i=true"
                        + " j=1000000000");
        Map<String, String> read = MacroOptions.parse(written);
        assertThat(read.keySet()).isEqualTo(values.keySet());
        values.forEach((key, value) -> assertThat(MacroOptions.value(key, value.getClass(), read.get(key)))
                .isEqualTo(value));
        assertThat(MacroOptions.write(Map.of("file", "C:\\my \"folder\""))).isEqualTo("file=[C:\\\\my \\\"folder\\\"]");
    }

    @Test
    void trueIsAlsoOneAsInMacros() {
        assertThat(MacroOptions.value("a", boolean.class, "1")).isEqualTo(true);
        assertThat(MacroOptions.value("a", boolean.class, "0")).isEqualTo(false);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MacroOptions.value("a", boolean.class, "yes"))
                .withMessage("a is 'yes'; allowed is true or false");
    }

    @Test
    void refusesBareWordsAndOpenBrackets() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MacroOptions.parse("a=1 table"))
                .withMessageContaining("table=true");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MacroOptions.parse("a=[b c"))
                .withMessageContaining("does not end");
    }
}
