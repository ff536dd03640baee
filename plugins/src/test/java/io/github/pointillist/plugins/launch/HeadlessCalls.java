// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import net.imagej.patcher.LegacyInjector;

/** Calls of a command by Java in headless ImageJ: the main class of a JVM of its own. */
final class HeadlessCalls {
    private HeadlessCalls() {}

    public static void main(String[] args) throws InterruptedException {
        LegacyInjector.preinit();
        Session.run();
    }

    /** Apart, so that no class of ImageJ is loaded before it is patched. */
    private static final class Session {
        static void run() throws InterruptedException {
            ij.macro.Interpreter.batchMode = true;
            ij.IJ.createImage("shown", "8-bit ramp", 50, 40, 1).show();
            ij.ImagePlus hidden = ij.IJ.createImage("hidden", "8-bit ramp", 30, 20, 1);
            for (String call : new String[] {"hidden", "again"}) {
                ij.IJ.run(hidden, "Cluster Map...", "clusters=4");
                System.out.println(call + ": " + describe(ij.macro.Interpreter.getLastBatchModeImage()));
            }
            ij.IJ.selectWindow("shown");
            System.out.println("current: " + ij.IJ.getImage().getTitle());
            System.out.print("wrong: ");
            try {
                ij.IJ.run(hidden, "Cluster Map...", "clusters=nine");
            } catch (RuntimeException e) { // how ImageJ stops a script
                System.out.println("stopped: " + e.getMessage());
            }
            Thread other = new Thread(Session::batch, "another thread");
            other.start();
            other.join();
            System.exit(0);
        }

        private static void batch() {
            String[] names = {"one", "two"};
            for (int i = 1; i <= names.length; i++) {
                ij.ImagePlus image = ij.IJ.createImage(names[i - 1], "8-bit ramp", 20 + i, 20, 1);
                ij.WindowManager.setTempCurrentImage(image);
                ij.ImagePlus saved = new ij.macro.Interpreter().runBatchMacro("run('Cluster Map...');", image);
                ij.WindowManager.setTempCurrentImage(null);
                System.out.println("batch " + i + ": " + describe(saved));
            }
        }

        private static String describe(ij.ImagePlus image) {
            return image.getTitle() + " " + image.getWidth();
        }
    }
}
