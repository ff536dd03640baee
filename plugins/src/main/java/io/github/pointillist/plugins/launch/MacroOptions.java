// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the second argument of a macro's {@code run}: {@code key=value key=[a value] key='a value'}. */
final class MacroOptions {
    private MacroOptions() {}

    /**
     * The values by key, in order.
     *
     * @throws IllegalArgumentException if a word has no value or a bracket is left open
     */
    static Map<String, String> parse(String options) {
        Map<String, String> values = new LinkedHashMap<>();
        int at = 0;
        while (true) {
            while (at < options.length() && Character.isWhitespace(options.charAt(at))) {
                at++;
            }
            if (at == options.length()) {
                return values;
            }
            int start = at;
            while (at < options.length() && options.charAt(at) != '=' && !Character.isWhitespace(options.charAt(at))) {
                at++;
            }
            String key = options.substring(start, at);
            if (at == options.length() || options.charAt(at) != '=') {
                throw new IllegalArgumentException("macro option '" + key + "' has no value; write key=value, as in "
                        + key + "=true or " + key + "=false");
            }
            int end = endOfValue(options, at + 1, key);
            String value = options.substring(at + 1, end);
            boolean wrapped = !value.isEmpty() && (value.charAt(0) == '[' || value.charAt(0) == '\'');
            values.put(key, wrapped ? value.substring(1, value.length() - 1) : value);
            at = end;
        }
    }

    private static int endOfValue(String options, int start, String key) {
        char first = start < options.length() ? options.charAt(start) : ' ';
        int depth = 0;
        for (int i = start; i < options.length(); i++) {
            char c = options.charAt(i);
            if (first == '[') {
                depth += c == '[' ? 1 : c == ']' ? -1 : 0;
                if (depth == 0) {
                    return i + 1;
                }
            } else if (first == '\'') {
                if (i > start && c == '\'') {
                    return i + 1;
                }
            } else if (Character.isWhitespace(c)) {
                return i;
            }
        }
        if (first == '[' || first == '\'') {
            throw new IllegalArgumentException("macro option '" + key + "' begins with " + first + " and does not end");
        }
        return options.length();
    }
}
