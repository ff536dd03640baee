// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.clustering.Components;
import io.github.pointillist.clustering.Labels;
import io.github.pointillist.progress.Progress;

/**
 * Makes every object of a patch one connected part (pixels that share a side). Cutting and warping leave objects in
 * parts. The parts of an object become objects of their own, but crumbs are not annotated: parts of less than a tenth of
 * the object's largest part in the patch, and parts of less than 4 pixels of objects of twice that or more. A network
 * should neither be told to find what can hardly be seen nor that it is background.
 */
final class ObjectParts {
    private static final int CRUMB_PX = 4;
    private static final int LEAST_SHARE = 10;

    private ObjectParts() {}

    /**
     * Splits.
     *
     * @param labels row-major; 0 background, above 0 objects, {@link Annotated#IGNORE}
     * @param areas pixels that each object would have if all of it were in the patch
     * @return new labels, 1 to n in raster order of the parts' first pixels
     */
    static int[] split(int[] labels, int width, int height, double[] areas) {
        Labels parts = connected(labels, width, height);
        int[] sizes = new int[parts.count()];
        int[] owners = new int[parts.count()];
        for (int i = 0; i < labels.length; i++) {
            int part = parts.labels()[i];
            if (part >= 0) {
                sizes[part]++;
                owners[part] = labels[i];
            }
        }
        int[] largest = new int[areas.length];
        for (int p = 0; p < sizes.length; p++) {
            largest[owners[p]] = Math.max(largest[owners[p]], sizes[p]);
        }
        int[] names = new int[sizes.length];
        int count = 0;
        for (int p = 0; p < sizes.length; p++) {
            boolean crumb = sizes[p] * LEAST_SHARE < largest[owners[p]]
                    || (sizes[p] < CRUMB_PX && areas[owners[p]] >= 2 * CRUMB_PX);
            names[p] = crumb ? Annotated.IGNORE : ++count;
        }
        int[] out = new int[labels.length];
        for (int i = 0; i < out.length; i++) {
            int part = parts.labels()[i];
            out[i] = part < 0 ? labels[i] : names[part];
        }
        return out;
    }

    /** The connected parts of all labels above 0, from 0 in raster order; -1 elsewhere. */
    static Labels connected(int[] labels, int width, int height) {
        int[] objects = new int[labels.length];
        int most = 0;
        for (int i = 0; i < objects.length; i++) {
            objects[i] = labels[i] > 0 ? labels[i] : -1;
            most = Math.max(most, labels[i]);
        }
        return Components.split(new Labels(width, height, objects, most + 1), 0, Progress.NONE);
    }
}
