// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.tasks.SegmentPanoptic;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * What came of one image.
 *
 * @param kind objects, classes, or segments of things and stuff
 * @param labels slices and frames as in the image: for objects 1 to n in each plane, 0 elsewhere; for classes the
 *     labels the model learned
 * @param classes for segments: the class of each pixel plus 1, 0 for none; else null
 * @param segments for segments: what each label is; else empty
 * @param table measurements: one row an object and plane, or a class and plane
 * @param classNames names of classes by their labels; empty for objects
 * @param objects number of objects in all planes, where those of linked slices count once; for classes of those that
 *     occur
 * @param scale pixels of the model's input for one pixel of the image, in the first plane in which something was found
 * @param pixelSizeUm micrometres a pixel, 0 where unknown
 * @param notes what was done, one line each; what is not the same in all planes with the planes that it is about
 * @param milliseconds taken by the model
 * @param planes scale and objects of each plane
 */
public record SegmentResult(
        Kind kind,
        ImagePlus labels,
        ImagePlus classes,
        Map<Place, SegmentPanoptic.Segment> segments,
        ObjectTable table,
        SortedMap<Integer, String> classNames,
        int objects,
        double scale,
        double pixelSizeUm,
        List<String> notes,
        long milliseconds,
        List<PlaneNote> planes) {
    /**
     * What was done with one plane.
     *
     * @param slice from 1
     * @param frame from 1
     * @param scale pixels of the model's input for one pixel of the image
     * @param found objects, classes or segments in it
     * @param notes one line each
     */
    public record PlaneNote(int slice, int frame, double scale, int found, List<String> notes) {}

    /** A label in a plane, which counts from 1. */
    public record Place(int slice, int frame, int label) {}

    /** What was found and at what scale, in a few words. */
    public String summary() {
        if (kind == Kind.PANOPTIC) {
            long things = segments.values().stream()
                    .filter(SegmentPanoptic.Segment::thing)
                    .count();
            return segments.size()
                    + (segments.size() == 1 ? " segment, " : " segments, ")
                    + things
                    + (things == 1 ? " thing" : " things")
                    + (scale == 1 ? ", at its own size" : String.format(Locale.ROOT, ", resized by %.3g", scale));
        }
        String found = kind == Kind.INSTANCES
                ? objects + (objects == 1 ? " object" : " objects")
                : objects + (objects == 1 ? " class" : " classes") + " of " + classNames.size();
        if (planes.stream()
                        .filter(plane -> plane.found() > 0)
                        .mapToDouble(PlaneNote::scale)
                        .distinct()
                        .count()
                > 1) {
            return found + ", each plane at a scale of its own";
        }
        String size =
                scale == 1 ? "at its own size" : String.format(Locale.ROOT, "resized by %.3g for the model", scale);
        return found + ", " + size;
    }
}
