// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import io.github.pointillist.parity.Judge.Verdict;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Runs all golden cases in some folders and prints one line a case: name, worst absolute difference, worst relative
 * difference, share of differing assignments, and pass, FAIL or "not yet" (no code for it). Exit codes: 0 all passed, 1
 * some failed, 2 wrong usage, 3 none failed but some are not yet known.
 */
public final class ParityMain {
    static final int ALL_PASSED = 0;
    static final int SOME_FAILED = 1;
    static final int WRONG_USAGE = 2;
    static final int SOME_NOT_YET = 3;

    private static final int MAX_CHARS = 300;

    private enum Outcome {
        PASSED,
        FAILED,
        NOT_YET
    }

    private ParityMain() {}

    /** Runs the cases in the folders given as arguments. */
    public static void main(String[] dirs) {
        System.exit(run(dirs, CaseKinds::find, System.out, System.err));
    }

    static int run(String[] dirs, Function<GoldenCase, Optional<CaseKind>> kinds, PrintStream out, PrintStream err) {
        if (dirs.length == 0) {
            err.println("usage: parity DIR...   (folders with golden cases, searched for case.json)");
            return WRONG_USAGE;
        }
        List<Path> cases = new ArrayList<>();
        for (String dir : dirs) {
            Path root = Path.of(dir);
            if (!Files.isDirectory(root)) {
                err.println("parity: " + dir + " is no folder");
                return WRONG_USAGE;
            }
            try (Stream<Path> walk = Files.walk(root)) {
                walk.filter(path -> path.endsWith(GoldenCase.FILE))
                        .map(path -> path.toAbsolutePath().normalize().getParent())
                        .sorted()
                        .forEach(cases::add);
            } catch (IOException e) {
                err.println("parity: " + dir + " cannot be searched: " + e.getMessage());
                return WRONG_USAGE;
            }
        }
        List<Path> distinct = cases.stream().distinct().toList();
        if (distinct.isEmpty()) {
            err.println("parity: no case.json in " + String.join(", ", dirs));
            return WRONG_USAGE;
        }
        int[] counts = new int[Outcome.values().length];
        for (Path dir : distinct) {
            counts[runCase(dir, kinds, out).ordinal()]++;
        }
        int failed = counts[Outcome.FAILED.ordinal()];
        int notYet = counts[Outcome.NOT_YET.ordinal()];
        out.println(counts[Outcome.PASSED.ordinal()] + " passed, " + failed + " failed, " + notYet + " not yet");
        return failed > 0 ? SOME_FAILED : notYet > 0 ? SOME_NOT_YET : ALL_PASSED;
    }

    private static Outcome runCase(Path dir, Function<GoldenCase, Optional<CaseKind>> kinds, PrintStream out) {
        String name = dir.subpath(Math.max(0, dir.getNameCount() - 2), dir.getNameCount())
                .toString();
        try {
            GoldenCase golden = GoldenCase.read(dir);
            Optional<CaseKind> kind = kinds.apply(golden);
            if (kind.isEmpty()) {
                out.println(line(name, "abs -", "rel -", "differing -", "not yet"));
                return Outcome.NOT_YET;
            }
            Judge judge = Judge.run(golden, kind.get());
            out.println(line(name, judge));
            return judge.failures().isEmpty() ? Outcome.PASSED : Outcome.FAILED;
        } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError e) {
            // Whatever is wrong with one case, the others still run.
            String problem = e instanceof IOException ? e.getMessage() : e.toString();
            out.println(line(name, "abs -", "rel -", "differing -", "FAIL " + oneLine(problem)));
            return Outcome.FAILED;
        }
    }

    private static String line(String name, Judge judge) {
        double worstAbs = 0;
        double worstRel = 0;
        long differing = 0;
        long decisions = 0;
        for (Verdict verdict : judge.verdicts().values()) {
            worstAbs = Math.max(worstAbs, verdict.worstAbs());
            worstRel = Math.max(worstRel, verdict.worstRel());
            differing += verdict.differing();
            decisions += verdict.decisions();
        }
        List<Verdict> failures = judge.failures();
        StringBuilder result = new StringBuilder(failures.isEmpty() ? "pass" : "FAIL");
        if (!failures.isEmpty()) {
            Verdict first = failures.get(0);
            result.append(' ').append(first.key()).append(": ").append(first.problem());
            if (failures.size() > 1) {
                result.append(" (and ").append(failures.size() - 1).append(" more)");
            }
        }
        if (judge.rejudged()) {
            result.append(" (some outputs in float64, after a flipped decision)");
        }
        if (!judge.skipped().isEmpty()) {
            result.append(" (left out: ").append(judge.skipped()).append(')');
        }
        return line(
                name,
                String.format(Locale.ROOT, "abs %.2e", worstAbs),
                String.format(Locale.ROOT, "rel %.2e", worstRel),
                decisions == 0
                        ? "differing 0"
                        : String.format(Locale.ROOT, "differing %.2e", (double) differing / decisions),
                oneLine(result.toString()));
    }

    private static String line(String name, String abs, String rel, String differing, String result) {
        return String.format(Locale.ROOT, "%-44s %-13s %-13s %-18s %s", name, abs, rel, differing, result);
    }

    private static String oneLine(String text) {
        String flat = String.valueOf(text).replaceAll("\\s+", " ");
        return flat.length() <= MAX_CHARS ? flat : flat.substring(0, MAX_CHARS) + "...";
    }
}
