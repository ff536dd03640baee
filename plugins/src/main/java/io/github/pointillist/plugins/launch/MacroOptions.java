// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** The second argument of a macro's {@code run}: {@code key=value key=[a value] key='a value'}, and the values in it. */
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

    /**
     * A value of an input. In macros true is also 1, false 0: {@code "table=" + true} is "table=1" there.
     *
     * @throws IllegalArgumentException if the text is no such value
     */
    static Object value(String key, Class<?> type, String text) {
        String allowed;
        try {
            if (type == String.class) {
                return text;
            } else if (type == int.class || type == Integer.class) {
                allowed = "a whole number";
                return new BigDecimal(text).intValueExact();
            } else if (type == long.class || type == Long.class) {
                allowed = "a whole number";
                return new BigDecimal(text).longValueExact();
            } else if (type == double.class || type == Double.class) {
                allowed = "a number";
                return Double.valueOf(text);
            } else if (type == boolean.class || type == Boolean.class) {
                allowed = "true or false";
                if (text.equals("true") || text.equals("1")) {
                    return true;
                }
                if (text.equals("false") || text.equals("0")) {
                    return false;
                }
            } else {
                throw new IllegalStateException("inputs of " + type + " have no form in macros");
            }
        } catch (ArithmeticException | NumberFormatException e) {
            allowed = type == double.class || type == Double.class ? "a number" : "a whole number";
        }
        throw new IllegalArgumentException(key + " is '" + text + "'; allowed is " + allowed);
    }

    /** Options that {@link #parse} reads back, as they stand in a macro, between the quotes of a string there. */
    static String write(Map<String, Object> values) {
        StringJoiner options = new StringJoiner(" ");
        values.forEach((key, value) -> options.add(key + "=" + text(value)));
        return options.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static String text(Object value) {
        if (value instanceof Double number && Double.isFinite(number)) {
            return BigDecimal.valueOf(number).toPlainString();
        }
        String text = String.valueOf(value);
        boolean plain = !text.isEmpty()
                && text.charAt(0) != '['
                && text.charAt(0) != '\''
                && text.chars().noneMatch(Character::isWhitespace);
        return plain ? text : isBalanced(text) ? "[" + text + "]" : "'" + text + "'";
    }

    private static boolean isBalanced(String text) {
        int depth = 0;
        for (int i = 0; i < text.length() && depth >= 0; i++) {
            depth += text.charAt(i) == '[' ? 1 : text.charAt(i) == ']' ? -1 : 0;
        }
        return depth == 0;
    }
}
