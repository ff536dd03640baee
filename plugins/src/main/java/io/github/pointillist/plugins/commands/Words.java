// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

/** Words that stand for what is left out: a text field without a text would not be recorded. */
final class Words {
    static final String NONE = "none";
    static final String AUTOMATIC = "automatic";

    private Words() {}

    /** Whether a field holds the word, in capitals or not, or nothing. */
    static boolean is(String text, String word) {
        return text == null || text.isBlank() || text.strip().equalsIgnoreCase(word);
    }

    /**
     * The model in a field.
     *
     * @throws IllegalArgumentException if it is none
     */
    static String model(String text) {
        if (is(text, NONE)) {
            throw new IllegalArgumentException("model is none; give the name of an installed model (see Plugins >"
                    + " Pointillist > Models...), a model folder or a checkpoint file");
        }
        return text.strip();
    }
}
