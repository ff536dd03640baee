// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.benchmark;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The memory that a forward takes for a time beyond what the models hold: for each case of a JMH benchmark and each of its
 * formulations the peak of the resident memory over three forwards, less that before them. Linux alone tells it.
 *
 * <p>The allocator must give back what is freed (MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_), else the peak of one
 * formulation would hide that of the next.
 */
final class PeakMemory {
    private static final int FORWARDS = 3;
    /** The first round also counts what the start has left behind as held. */
    private static final int ROUNDS = 3;

    private PeakMemory() {}

    /** Arguments: the simple name of a benchmark class, then cases; all of its cases where none is given. */
    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            System.err.println("give a benchmark class such as SecVitBenchmark, then cases");
            System.exit(2);
        }
        Class<?> benchmark = Class.forName(PeakMemory.class.getPackageName() + "." + args[0]);
        Field parameter = Arrays.stream(benchmark.getDeclaredFields())
                .filter(field -> field.isAnnotationPresent(Param.class))
                .findFirst()
                .orElseThrow();
        List<String> cases = args.length > 1 ? Arrays.asList(args).subList(1, args.length) : cases(parameter);
        for (String one : cases) {
            measure(benchmark, parameter, one);
        }
    }

    private static List<String> cases(Field parameter) {
        List<String> given = List.of(parameter.getAnnotation(Param.class).value());
        // Of an enumeration without values JMH takes all.
        return given.equals(List.of(Param.BLANK_ARGS))
                ? Arrays.stream(parameter.getType().getEnumConstants())
                        .map(Object::toString)
                        .toList()
                : given;
    }

    private static void measure(Class<?> benchmark, Field parameter, String one) throws Exception {
        Object state = benchmark.getDeclaredConstructor().newInstance();
        parameter.setAccessible(true);
        parameter.set(
                state,
                parameter.getType() == String.class
                        ? one
                        : Arrays.stream(parameter.getType().getEnumConstants())
                                .filter(constant -> constant.toString().equals(one))
                                .findFirst()
                                .orElseThrow(() -> new IllegalArgumentException("no case is called " + one)));
        for (Method method : with(benchmark, Setup.class)) {
            method.invoke(state);
        }
        Map<String, Long> peaks = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (Method method : with(benchmark, Benchmark.class)) {
                peaks.merge(method.getName(), peak(method, state), Math::max);
            }
        }
        peaks.forEach((name, peak) -> System.out.printf(
                Locale.ROOT, "%s %s %s: %.1f MB%n", benchmark.getSimpleName(), one, name, peak / 1024.0));
        for (Method method : with(benchmark, TearDown.class)) {
            method.invoke(state);
        }
    }

    private static long peak(Method method, Object state) throws Exception {
        method.invoke(state);
        System.gc();
        // Makes the kernel forget the peak so far.
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        long before = status("VmRSS");
        for (int i = 0; i < FORWARDS; i++) {
            method.invoke(state);
        }
        return status("VmHWM") - before;
    }

    private static List<Method> with(Class<?> benchmark, Class<? extends Annotation> annotation) {
        return Arrays.stream(benchmark.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(annotation))
                .sorted((a, b) -> a.getName().compareTo(b.getName()))
                .toList();
    }

    /** In kilobytes. */
    private static long status(String key) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(key + ":"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow(() -> new IOException("the system does not tell " + key));
    }
}
