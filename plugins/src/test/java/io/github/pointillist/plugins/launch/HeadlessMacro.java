// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import net.imagej.patcher.LegacyInjector;

/**
 * Runs macro files in headless ImageJ, one after the other: the main class of a JVM of its own. Arguments: macro file, its
 * argument, and so on.
 */
final class HeadlessMacro {
    private HeadlessMacro() {}

    public static void main(String[] args) {
        LegacyInjector.preinit();
        Session.run(args);
    }

    /** Apart, so that no class of ImageJ is loaded before it is patched. */
    private static final class Session {
        static void run(String[] args) {
            for (int i = 0; i < args.length; i += 2) {
                String result = ij.IJ.runMacroFile(args[i], args[i + 1]);
                System.out.println("macro result: " + result);
            }
            for (int id : ids()) {
                ij.ImagePlus image = ij.WindowManager.getImage(id);
                System.out.println("open image: " + image.getTitle() + " " + image.getBitDepth() + "-bit max "
                        + (int) image.getStatistics().max + " "
                        + image.getCalibration().getUnit());
            }
            System.exit(0);
        }

        private static int[] ids() {
            int[] ids = ij.WindowManager.getIDList();
            return ids == null ? new int[0] : ids;
        }
    }
}
