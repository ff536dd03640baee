// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.List;
import java.util.Locale;

/**
 * How long the engine's threads wait for each other spinning before they sleep. On Linux they are those of GNU OpenMP, which
 * spins for seconds: where other programs want the processors too, whoever is waited for gets none, and the engine stalls.
 * OpenMP reads its setting from the environment of the process when its library is loaded, so that has to be written before.
 */
final class SpinCount {
    private static final String VARIABLE = "GOMP_SPINCOUNT";
    private static final String TURNS = "10000";
    private static final List<String> SETTINGS = List.of(VARIABLE, "OMP_WAIT_POLICY");

    private static String state = "not set yet: the engine has not been started";

    private SpinCount() {}

    /** Sets a short wait unless the user has set one; where that cannot be done, the engine works all the same. */
    @SuppressWarnings("PMD.AvoidCatchingThrowable")
    static synchronized void shorten() {
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
            state = "as this system's OpenMP sets it";
            return;
        }
        for (String variable : SETTINGS) {
            if (System.getenv(variable) != null) {
                state = variable + "=" + System.getenv(variable) + " of the environment";
                return;
            }
        }
        try {
            Function setenv = NativeLibrary.getInstance("c").getFunction("setenv");
            int failed = setenv.invokeInt(new Object[] {VARIABLE, TURNS, 0});
            state = failed == 0
                    ? VARIABLE + "=" + TURNS + ", set here"
                    : "OpenMP's default, since " + VARIABLE + " could not be set";
        } catch (LinkageError | RuntimeException e) { // jna is missing, another version, or may not load
            state = "OpenMP's default, since jna could not set " + VARIABLE + " ("
                    + e.getClass().getSimpleName()
                    + "): set it before the start, where other programs use the processors";
        }
    }

    /** What is set, and by whom. */
    static synchronized String state() {
        return state;
    }
}
