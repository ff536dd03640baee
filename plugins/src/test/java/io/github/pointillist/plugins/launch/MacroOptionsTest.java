// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

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
    void refusesBareWordsAndOpenBrackets() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MacroOptions.parse("a=1 table"))
                .withMessageContaining("table=true");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MacroOptions.parse("a=[b c"))
                .withMessageContaining("does not end");
    }
}
