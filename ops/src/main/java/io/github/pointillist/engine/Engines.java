// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtEngineProvider;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.function.Supplier;

/**
 * The one place that starts PyTorch. Everything that needs the engine asks here, so that telemetry is off, native code comes
 * from a folder that nobody else may write to, threads do not spin for long, the class loader is right and a library that cannot be loaded gives one clear error, each time it is asked for.
 */
public final class Engines {
    /** DJL's name of the engine. */
    public static final String PYTORCH = "PyTorch";

    static final String OPT_OUT = "OPT_OUT_TRACKING";

    private static Engine engine;
    private static EngineUnavailableException failure;

    private Engines() {}

    /**
     * Starts PyTorch, or returns it if it runs. The first call loads the native library, which DJL unpacks into its
     * cache folder and, if it is not on the class path, downloads.
     *
     * @throws EngineUnavailableException if the native library cannot be loaded
     */
    @SuppressWarnings("PMD.AvoidCatchingThrowable")
    public static synchronized Engine start() {
        if (engine != null) {
            return engine;
        }
        if (failure != null) {
            throw failure;
        }
        optOutOfTelemetry();
        EngineLog.quieten();
        try {
            CacheFolder.choose();
            SpinCount.shorten();
            engine = withLoader(Engine.class.getClassLoader(), Engines::load);
            return engine;
        } catch (EngineException | IllegalArgumentException | UnsafeFolderException | LinkageError | AssertionError e) {
            // After a failed static initialiser every later attempt says only "could not initialize class".
            failure = new EngineUnavailableException(explain(e), e);
            throw failure;
        }
    }

    /**
     * Switches DJL's telemetry off unless the user has decided for himself. DJL reads the environment variable first,
     * then the system property, once, when its Engine class is initialised.
     */
    static void optOutOfTelemetry() {
        if (System.getProperty(OPT_OUT) == null) {
            System.setProperty(OPT_OUT, "true");
        }
    }

    private static Engine load() {
        if (!Engine.hasEngine(PYTORCH)) {
            // Another plugin initialised DJL from a class loader that does not see this engine.
            Engine.registerEngine(new PtEngineProvider());
        }
        return Engine.getEngine(PYTORCH);
    }

    /** Runs {@code body} with the thread's context class loader set: DJL finds engines and natives through that one. */
    static <T> T withLoader(ClassLoader loader, Supplier<T> body) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return body.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** One line from the deepest cause that says something. */
    static String explain(Throwable thrown) {
        if (thrown instanceof UnsafeFolderException) {
            return "PyTorch could not be started: " + thrown.getMessage(); // says itself what to do
        }
        Throwable cause = thrown;
        String reason = describe(cause);
        boolean network = false;
        boolean folder = false;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
            folder |= isOfFiles(cause);
            network |= cause instanceof IOException;
            if (cause.getMessage() != null) {
                reason = describe(cause);
            }
        }
        String advice = folder
                ? "see that the folder of native libraries can be written and has room (a gigabyte), or name one of your own"
                        + " in the environment variable " + CacheFolder.PROPERTY
                : network
                        ? "put the pytorch-native-cpu jar of this platform on the class path to work without a network"
                        : "the engine report lists the libraries in use";
        return "PyTorch could not be started: " + reason.strip().replaceAll("\\s*\\R\\s*", " ") + "; " + advice;
    }

    /** A file that may not be opened, a folder that is full or closed: nothing that a network would help. */
    private static boolean isOfFiles(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return cause instanceof FileSystemException
                || (cause instanceof IOException && message.contains("No space left"))
                || (cause instanceof FileNotFoundException && message.endsWith(")"));
    }

    private static String describe(Throwable thrown) {
        return thrown.getClass().getSimpleName() + ": " + thrown.getMessage();
    }
}
