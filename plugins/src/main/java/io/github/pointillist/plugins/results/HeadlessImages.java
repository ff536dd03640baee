// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.IJ;
import ij.ImagePlus;
import java.awt.GraphicsEnvironment;
import java.awt.HeadlessException;

/** Images that commands make where there are no windows. */
public final class HeadlessImages {
    private HeadlessImages() {}

    /**
     * Makes an image the active one of a macro that runs without windows, where outputs of commands are shown by nobody.
     * Does nothing where there are windows.
     */
    public static void show(ImagePlus image) {
        if (!GraphicsEnvironment.isHeadless()) {
            return;
        }
        try {
            image.show();
        } catch (HeadlessException e) {
            // ImageJ neither runs a macro nor is patched for this, as Fiji's is: the caller takes the output itself
            IJ.showStatus(image.getTitle());
        }
    }
}
