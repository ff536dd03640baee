// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTest {
    @Test
    void showsWhatMovesTheCursorAsQuestionMarks() {
        assertThat(Plain.line("\u001b[31mred\u0007\r\n\t\u007f\u009b1m")).isEqualTo("?[31mred??????1m");
        assertThat(Plain.line("a\u202eb\u2066c\u200fd\u2028e")).isEqualTo("a?b?c?d?e");
        assertThat(Plain.lines("a\tb\nc\rd\u001b")).isEqualTo("a\tb\nc?d?");
        String plain = "Zellkerne, \u00fcblich \u4e2d\u6587 \ud83d\ude00";
        assertThat(Plain.line(plain)).isSameAs(plain);
        assertThat(Plain.line(null)).isNull();
    }
}
