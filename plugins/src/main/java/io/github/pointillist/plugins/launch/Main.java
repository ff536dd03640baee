// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.Versions;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command line. Exit status: 0 all done; 1 some images failed, each named in one line on the standard error, the
 * others done; 2 wrong usage, or nothing could be done; 128 and the number of the signal that ended it: 130 after Ctrl-C,
 * 143 after kill.
 */
@Command(
        name = "pointillist",
        description = "Vision models that cluster, for images in files.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            ClassifyVerb.class,
            ClusterMapVerb.class,
            EngineVerb.class,
            EvaluateVerb.class,
            ModelsVerb.class,
            SamplesVerb.class,
            SegmentVerb.class,
            TrainVerb.class
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all done",
            "1:some images failed, the others are done",
            "2:wrong usage, or nothing could be done",
            "130, 143:stopped by Ctrl-C (130) or a signal (143); nothing is half written"
        })
public final class Main {
    static final int FAILED_SOME = 1;
    static final int WRONG_USAGE = 2;
    private static final int MOST_CAUSES = 20;
    /** What the operating systems say, which is all that Java tells. */
    private static final Pattern FULL = Pattern.compile(
            "No space left on device|Disk quota exceeded|There is not enough space on the disk|File too large");

    /** Starts the command line. */
    public static void main(String[] args) throws InterruptedException {
        System.setProperty("java.awt.headless", "true");
        // DJL tells what it does in the log; a command line is quiet unless something is wrong
        if (System.getProperty("org.slf4j.simpleLogger.defaultLogLevel") == null) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        }
        Ending.listen();
        int status = commandLine().execute(args);
        Ending.silent();
        Ending.leaveToSignal();
        System.exit(status);
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(Main::wrongUsage);
        // Colours of the help would be control characters.
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.setOut(new PlainWriter(line.getOut()));
        line.setErr(new PlainWriter(line.getErr()));
        line.setExecutionExceptionHandler((thrown, command, parsed) -> failed(thrown, command, parsed));
        return line;
    }

    private static int wrongUsage(ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("pointillist: " + oneLine(wrong.getMessage()));
        err.println("see: " + command.getCommandSpec().qualifiedName() + " --help");
        return WRONG_USAGE;
    }

    private static int failed(Exception thrown, CommandLine command, ParseResult parsed) {
        command.getErr().println("pointillist: " + oneLine(reason(thrown)));
        if (System.getenv("POINTILLIST_DEBUG") != null) {
            thrown.printStackTrace(command.getErr());
        }
        return WRONG_USAGE;
    }

    /** What went wrong; the messages of file system errors are often just a path. */
    static String reason(Throwable thrown) {
        String full = diskFull(thrown);
        if (full != null) {
            return full + ": no room for the results; nothing half written is kept, what was there before is as it was";
        }
        if (thrown instanceof NoSuchFileException e) {
            return e.getFile() + ": no such file or folder";
        }
        if (thrown instanceof AccessDeniedException e) {
            return e.getFile() + ": no permission";
        }
        return thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
    }

    /** Whether a write failed for want of room, or over a quota or limit of file sizes. */
    static boolean isDiskFull(Throwable thrown) {
        return diskFull(thrown) != null;
    }

    /** What the system says of the disk; null if that is not what went wrong. */
    private static String diskFull(Throwable thrown) {
        int depth = 0;
        for (Throwable cause = thrown; cause != null && depth < MOST_CAUSES; cause = cause.getCause(), depth++) {
            Matcher found = FULL.matcher(String.valueOf(cause.getMessage()));
            if (found.find()) {
                return found.group();
            }
        }
        return null;
    }

    static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"pointillist " + Versions.pointillist()};
        }
    }
}
