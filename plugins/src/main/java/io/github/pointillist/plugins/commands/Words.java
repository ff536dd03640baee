// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.commands;

/**
 * Words that parameters share. Those that stand for what is left out are there because a text field without a text would
 * not be recorded.
 */
public final class Words {
    static final String NONE = "none";
    static final String AUTOMATIC = "automatic";

    /** Attribute of parameters that few need: ImageJ's dialog has them behind a button. */
    public static final String RARE = "rare";

    /** Style of decimal numbers: without it SciJava's dialog shows none of the decimals. */
    static final String DECIMALS = "format:0.########";

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
