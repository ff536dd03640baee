// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.weights;

import io.github.pointillist.weights.Pickled.Dict;
import io.github.pointillist.weights.Pickled.Global;
import io.github.pointillist.weights.Pickled.Opaque;
import io.github.pointillist.weights.Pickled.Tuple;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The pickle machine, protocols 0 to 5, without the part that makes it dangerous: a class or function named in a
 * pickle stays a name. Whatever a pickle wants to call is put to a {@link Calls}, which knows the few functions that
 * tensors need; everything else becomes an inert {@link Opaque}.
 *
 * <p>Opcodes after CPython's Lib/pickletools.py. Every length is checked against what is left of the file before
 * memory is taken, nothing recurses, and the instructions and what they make are bounded by the {@link Budget}.
 */
final class Unpickler {
    private static final int WINDOW = 8192;
    private static final int MAX_LINE = 1 << 20;
    private static final int MAX_NUMBER_CHARS = 400;
    private static final int MAX_MARKS = 10_000;
    private static final int MAX_INTEGER_BYTES = 1024;

    // About what objects take in memory, see Budget.
    private static final int SLOT = 8;
    private static final int OBJECT = 24;
    private static final int TEXT = 40;
    private static final int LIST = 64;
    private static final int DICT = 80;
    private static final int ENTRY = 64;
    private static final int CALL = 64;

    /** The functions that a pickle may call. */
    interface Calls {
        /** The object behind a persistent id. */
        Object persistent(Object id) throws IOException;

        /** The result of a call, or an {@link Opaque}. */
        Object call(Global function, List<Object> arguments) throws IOException;

        /** Gives {@code object} its state. */
        void build(Object object, Object state) throws IOException;
    }

    private static final Tuple EMPTY = new Tuple(List.of());

    private final Bytes in;
    private final Calls calls;
    private final Budget budget;
    private final byte[] window = new byte[WINDOW];
    private long windowStart;
    private int windowLength;
    private long position;

    private final ArrayList<Object> stack = new ArrayList<>();
    private final ArrayList<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private long counted;

    Unpickler(Bytes in, long start, Calls calls, Budget budget) {
        this.in = in;
        this.position = start;
        this.counted = start;
        this.calls = calls;
        this.budget = budget;
    }

    /** Where the next byte is read. */
    long position() {
        return position;
    }

    /** Runs one pickle and returns its object; the position is then behind it. */
    Object load() throws IOException {
        stack.clear();
        marks.clear();
        memo.clear();
        while (true) {
            budget.step();
            int opcode = u8();
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

    private void step(int opcode) throws IOException {
        switch (opcode) {
            case '(' -> mark();
            case '0' -> popAny();
            case '1' -> popToMark();
            case '2' -> push(top());
            case 'N' -> push(null);
            case 0x88 -> push(Boolean.TRUE);
            case 0x89 -> push(Boolean.FALSE);
            case 'I' -> push(intLine(line(MAX_NUMBER_CHARS)));
            case 'L' -> push(longLine(line(MAX_NUMBER_CHARS)));
            case 'F' -> push(made(OBJECT, floatLine(line(MAX_NUMBER_CHARS))));
            case 'J' -> push(made(OBJECT, (long) (int) unsigned(4)));
            case 'K' -> push((long) u8());
            case 'M' -> push(made(OBJECT, unsigned(2)));
            case 0x8a -> push(twosComplement(u8()));
            case 0x8b -> push(twosComplement(unsigned(4)));
            case 'G' -> push(made(OBJECT, Double.longBitsToDouble(Long.reverseBytes(unsigned(8)))));
            case 'S' -> push(quotedLine(textLine()));
            case 'V' -> push(unescape(textLine(), false));
            case 'T' -> push(latin1(unsigned(4)));
            case 'U' -> push(latin1(u8()));
            case 'X' -> push(utf8(unsigned(4)));
            case 0x8c -> push(utf8(u8()));
            case 0x8d -> push(utf8(unsigned(8)));
            case 'B' -> push(bytes(unsigned(4)));
            case 'C' -> push(bytes(u8()));
            case 0x8e, 0x96 -> push(bytes(unsigned(8)));
            case ')' -> push(EMPTY);
            case 't' -> push(tuple(popToMark()));
            case 0x85 -> push(tuple(popItems(1)));
            case 0x86 -> push(tuple(popItems(2)));
            case 0x87 -> push(tuple(popItems(3)));
            case ']', 0x8f -> push(made(LIST, new ArrayList<>()));
            case 'l', 0x91 -> push(popToMark());
            case 'a' -> append(popItems(1));
            case 'e', 0x90 -> append(popToMark());
            case '}' -> push(made(DICT, new Dict()));
            case 'd' -> {
                List<Object> items = popToMark();
                push(made(DICT, new Dict()));
                setItems(items);
            }
            case 's' -> setItems(popItems(2));
            case 'u' -> setItems(popToMark());
            case 'c' -> push(made(OBJECT, new Global(textLine(), textLine())));
            case 0x93 -> {
                List<Object> names = popItems(2);
                push(made(OBJECT, new Global(string(names.get(0)), string(names.get(1)))));
            }
            case 'R' -> {
                List<Object> pair = popItems(2);
                push(call(pair.get(0), pair.get(1)));
            }
            case 'b' -> {
                Object state = pop();
                build(top(), state);
            }
            case 'i' -> {
                Global type = new Global(textLine(), textLine());
                push(call(type, tuple(popToMark())));
            }
            case 'o' -> {
                List<Object> items = popToMark();
                if (items.isEmpty()) {
                    throw damaged("an object without a class");
                }
                push(call(items.get(0), tuple(items.subList(1, items.size()))));
            }
            case 0x81 -> {
                List<Object> pair = popItems(2);
                push(call(pair.get(0), pair.get(1)));
            }
            case 0x92 -> {
                List<Object> triple = popItems(3);
                push(call(triple.get(0), triple.get(1)));
            }
            case 'P' -> push(calls.persistent(line(MAX_LINE)));
            case 'Q' -> push(calls.persistent(pop()));
            case 'g' -> push(recall(parseIndex(line(MAX_NUMBER_CHARS))));
            case 'h' -> push(recall(u8()));
            case 'j' -> push(recall(unsigned(4)));
            case 'p' -> remember(parseIndex(line(MAX_NUMBER_CHARS)));
            case 'q' -> remember((long) u8());
            case 'r' -> remember(unsigned(4));
            case 0x94 -> remember((long) memo.size());
            case 0x80 -> {
                int protocol = u8();
                if (protocol > 5) {
                    throw damaged("protocol " + protocol + "; known are 0 to 5");
                }
            }
            case 0x95 -> unsigned(8);
            case 0x82, 0x83, 0x84 -> throw damaged("a class from the extension registry, which is not supported");
            case 0x97, 0x98 -> throw damaged("an out-of-band buffer, which is not supported");
            default -> throw damaged(String.format("an unknown instruction 0x%02x", opcode));
        }
    }

    private Object call(Object function, Object arguments) throws IOException {
        if (!(arguments instanceof Tuple)) {
            throw damaged("a call without an argument tuple");
        }
        charge(CALL);
        if (function instanceof Global) {
            return calls.call((Global) function, ((Tuple) arguments).items);
        }
        return new Opaque("the result of a computed call");
    }

    private void build(Object object, Object state) throws IOException {
        if (object instanceof Opaque) {
            ((Opaque) object).state = state;
        } else {
            calls.build(object, state);
        }
    }

    private void append(List<Object> items) throws IOException {
        Object target = top();
        if (target instanceof ArrayList) {
            @SuppressWarnings("unchecked") // every ArrayList on the stack was made here
            List<Object> list = (List<Object>) target;
            charge((long) SLOT * items.size());
            list.addAll(items);
        } else if (!(target instanceof Opaque)) {
            throw damaged("items appended to something that is no list");
        }
    }

    private void setItems(List<Object> items) throws IOException {
        if (items.size() % 2 != 0) {
            throw damaged("a key without a value");
        }
        Object target = top();
        if (target instanceof Dict) {
            charge(ENTRY / 2L * items.size());
            for (int i = 0; i < items.size(); i += 2) {
                ((Dict) target).put(items.get(i), items.get(i + 1));
            }
        } else if (!(target instanceof Opaque)) {
            throw damaged("items set in something that is no dict");
        }
    }

    // ---- the stack

    private void push(Object value) throws IOException {
        charge(SLOT);
        stack.add(value);
    }

    private void remember(long index) throws IOException {
        charge(ENTRY);
        memo.put(index, top());
    }

    /** Takes memory out of the budget, which what was read of the pickle adds to. */
    private void charge(long count) throws IOException {
        budget.pickled(position - counted);
        counted = position;
        budget.object(count);
    }

    private <T> T made(long count, T value) throws IOException {
        charge(count);
        return value;
    }

    private Tuple tuple(List<Object> items) throws IOException {
        charge(LIST + (long) SLOT * items.size());
        return new Tuple(items);
    }

    private void mark() throws IOException {
        if (marks.size() == MAX_MARKS) {
            throw damaged("more than " + MAX_MARKS + " open marks");
        }
        marks.add(stack.size());
    }

    private int floor() {
        return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    }

    private Object top() throws IOException {
        if (stack.size() <= floor()) {
            throw damaged("an empty stack");
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() throws IOException {
        Object value = top();
        stack.remove(stack.size() - 1);
        return value;
    }

    private void popAny() throws IOException {
        if (!marks.isEmpty() && stack.size() == floor()) {
            marks.remove(marks.size() - 1);
        } else {
            pop();
        }
    }

    private List<Object> popItems(int count) throws IOException {
        if (stack.size() - floor() < count) {
            throw damaged("an empty stack");
        }
        return popFrom(stack.size() - count);
    }

    private List<Object> popToMark() throws IOException {
        if (marks.isEmpty()) {
            throw damaged("no mark to go back to");
        }
        return popFrom(marks.remove(marks.size() - 1));
    }

    private ArrayList<Object> popFrom(int from) {
        List<Object> tail = stack.subList(from, stack.size());
        ArrayList<Object> items = new ArrayList<>(tail);
        tail.clear();
        return items;
    }

    private Object recall(long index) throws IOException {
        if (!memo.containsKey(index)) {
            throw damaged("memo entry " + index + ", which was never stored");
        }
        return memo.get(index);
    }

    // ---- values

    private Object twosComplement(long length) throws IOException {
        if (length > MAX_INTEGER_BYTES) {
            throw damaged("an integer of " + length + " bytes; at most " + MAX_INTEGER_BYTES + " are allowed");
        }
        charge(OBJECT + 2 * length);
        byte[] little = bytes(length);
        if (little.length == 0) {
            return 0L;
        }
        byte[] big = new byte[little.length];
        for (int i = 0; i < big.length; i++) {
            big[i] = little[little.length - 1 - i];
        }
        return narrow(new BigInteger(big));
    }

    private static Object narrow(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private Object intLine(String text) throws IOException {
        return switch (text) {
            case "00" -> Boolean.FALSE;
            case "01" -> Boolean.TRUE;
            default -> longLine(text);
        };
    }

    private Object longLine(String text) throws IOException {
        charge(OBJECT + text.length());
        String digits = text.endsWith("L") ? text.substring(0, text.length() - 1) : text;
        try {
            return narrow(new BigInteger(digits));
        } catch (NumberFormatException e) {
            throw damaged("an integer " + CheckpointException.quote(text));
        }
    }

    private long parseIndex(String text) throws IOException {
        Object value = longLine(text);
        if (!(value instanceof Long) || (Long) value < 0) {
            throw damaged("a memo index " + CheckpointException.quote(text));
        }
        return (Long) value;
    }

    private Double floatLine(String text) throws IOException {
        try {
            return switch (text) {
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "nan" -> Double.NaN;
                default -> Double.valueOf(text);
            };
        } catch (NumberFormatException e) {
            throw damaged("a number " + CheckpointException.quote(text));
        }
    }

    private String quotedLine(String text) throws IOException {
        int last = text.length() - 1;
        char quote = last < 1 ? 0 : text.charAt(0);
        if ((quote != '\'' && quote != '"') || text.charAt(last) != quote) {
            throw damaged("a string without quotes");
        }
        return unescape(text.substring(1, last), true);
    }

    /** Undoes Python's escapes: only those of code points in a unicode line, the usual ones too in a quoted line. */
    private String unescape(String text, boolean quoted) throws IOException {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char kind = c == '\\' && i + 1 < text.length() ? text.charAt(i + 1) : 0;
            int digits = kind == 'u' && !quoted ? 4 : kind == 'U' && !quoted ? 8 : kind == 'x' && quoted ? 2 : 0;
            int simple = quoted ? "\\'\"ntr".indexOf(kind) : -1;
            if (digits > 0) {
                plain.appendCodePoint(hex(text, i + 2, digits));
                i += 1 + digits;
            } else if (kind != 0 && simple >= 0) {
                plain.append("\\'\"\n\t\r".charAt(simple));
                i++;
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    private int hex(String text, int from, int digits) throws IOException {
        int value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0 || value > Character.MAX_CODE_POINT) {
                throw damaged("an escape in " + CheckpointException.quote(text));
            }
            value = value << 4 | digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw damaged("an escape in " + CheckpointException.quote(text));
        }
        return value;
    }

    private String string(Object value) throws IOException {
        if (value instanceof String) {
            return (String) value;
        }
        throw damaged("a class without a name");
    }

    // ---- bytes

    private int u8() throws IOException {
        if (position < windowStart || position >= windowStart + windowLength) {
            fill();
        }
        return window[(int) (position++ - windowStart)] & 0xFF;
    }

    private void fill() throws IOException {
        if (position >= in.size()) {
            throw damaged("no end: the file is cut off");
        }
        windowLength = (int) Math.min(WINDOW, in.size() - position);
        windowStart = position;
        in.copy(position, ByteBuffer.wrap(window, 0, windowLength));
    }

    private long unsigned(int length) throws IOException {
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= (long) u8() << 8 * i;
        }
        return value;
    }

    private byte[] bytes(long length) throws IOException {
        byte[] bytes = in.read(position, length).array();
        position += length;
        charge(OBJECT + length);
        return bytes;
    }

    private String latin1(long length) throws IOException {
        return text(new String(bytes(length), StandardCharsets.ISO_8859_1));
    }

    private String utf8(long length) throws IOException {
        return text(new String(bytes(length), StandardCharsets.UTF_8));
    }

    private String text(String text) throws IOException {
        return made(TEXT + 2L * text.length(), text);
    }

    private String textLine() throws IOException {
        return text(line(MAX_LINE));
    }

    private String line(int maxLength) throws IOException {
        byte[] bytes = new byte[64];
        int length = 0;
        for (int c = u8(); c != '\n'; c = u8()) {
            if (length == maxLength) {
                throw damaged("a line of more than " + maxLength + " bytes");
            }
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) c;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private CheckpointException damaged(String what) {
        return new CheckpointException(
                "the pickle in it is damaged or no checkpoint: it has " + what + " (at byte " + position + ")");
    }
}
