// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.FileInfo;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.plugins.results.TrainingPairs.Examples;
import io.github.pointillist.plugins.results.TrainingPairs.Found;
import io.github.pointillist.plugins.results.TrainingPairs.Pair;
import io.github.pointillist.training.Annotated;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Annotated images as a user has them: two folders, or an open image with regions or a label image. Read when training begins. */
public final class TrainingData {
    /** Reads the images; where there are regions, as {@code options} says. */
    private interface Reader {
        Examples read(int channel, RoiLabels.Options options) throws IOException;
    }

    /**
     * An image and its annotation, for the manifest.
     *
     * @param image path or title
     * @param imageSha256 of the file, or of the pixels of an open image
     * @param labels path or title, or what stands for regions
     * @param labelsSha256 of the file, or of the labels of an open image
     */
    record Origin(String image, String imageSha256, String labels, String labelsSha256) {}

    /** Says what was read. */
    private interface Origins {
        List<Origin> of(Examples examples) throws IOException;
    }

    private final String found;
    private final List<Roi> regions;
    private final boolean labelImages;
    private final Reader reader;
    private final Origins origins;

    private TrainingData(String found, List<Roi> regions, boolean labelImages, Reader reader, Origins origins) {
        this.found = found;
        this.regions = regions;
        this.labelImages = labelImages;
        this.reader = reader;
        this.origins = origins;
    }

    /**
     * The files of two folders, which may be the same; see {@link TrainingPairs#find}.
     *
     * @param kind objects or classes, where a folder holds both; null where that is to be told from the labels
     * @throws IOException if a folder cannot be read, or no file has a partner
     */
    public static TrainingData ofFolders(Path images, Path labels, Kind kind) throws IOException {
        return ofFolders(images, labels, kind, false, null);
    }

    /** The same, also of the folders in folders; and of the images only those that a pattern fits. */
    public static TrainingData ofFolders(Path images, Path labels, Kind kind, boolean recursive, String pattern)
            throws IOException {
        Found found = TrainingPairs.find(images, labels, kind, recursive, pattern);
        List<Pair> pairs = found.pairs();
        List<Roi> regions = new ArrayList<>();
        boolean labelImages = false;
        for (Pair pair : pairs) {
            if (pair.hasRegions()) {
                regions.addAll(Regions.read(pair.labels()));
            } else {
                labelImages = true;
            }
        }
        String line = pairs.size() + (pairs.size() == 1 ? " image" : " images") + " with "
                + (regions.isEmpty() ? "labels" : labelImages ? "labels or regions" : "regions") + " in " + images
                + (found.leftOut().isEmpty() ? "" : "; " + found.leftOut());
        return new TrainingData(
                line,
                List.copyOf(regions),
                labelImages,
                (channel, options) -> TrainingPairs.read(pairs, channel, options),
                examples -> {
                    List<Origin> files = new ArrayList<>();
                    for (Pair pair : pairs) {
                        files.add(new Origin(
                                pair.image().toAbsolutePath().normalize().toString(),
                                RunManifest.sha256(pair.image()),
                                pair.labels().toAbsolutePath().normalize().toString(),
                                RunManifest.sha256(pair.labels())));
                    }
                    return files;
                });
    }

    /**
     * An open image with regions on it.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static TrainingData of(ImagePlus image, List<Roi> regions) {
        if (regions.isEmpty()) {
            throw new IllegalArgumentException(image.getTitle() + " has no region of interest; outline some objects and"
                    + " add them to the ROI Manager (T) or the overlay (B), or name a label image");
        }
        List<Roi> kept = List.copyOf(regions);
        return new TrainingData(
                image.getTitle() + " with " + kept.size() + (kept.size() == 1 ? " region" : " regions"),
                kept,
                false,
                (channel, options) -> TrainingPairs.of(image, kept, channel, options),
                examples -> contents(image, kept.size() + " regions", examples));
    }

    /** An open image and its label image. */
    public static TrainingData of(ImagePlus image, ImagePlus labels) {
        return new TrainingData(
                image.getTitle() + " with the labels " + labels.getTitle(),
                List.of(),
                true,
                (channel, options) -> TrainingPairs.of(image, labels, channel),
                examples -> contents(image, labels.getTitle(), examples));
    }

    /** What there is, in one line. */
    String found() {
        return found;
    }

    /** All regions; empty where annotation is in label images. */
    List<Roi> regions() {
        return regions;
    }

    /** Whether some annotation is in label images. */
    boolean hasLabelImages() {
        return labelImages;
    }

    Examples read(int channel, RoiLabels.Options options) throws IOException {
        return reader.read(channel, options);
    }

    /** Where it came from, after it was read. */
    List<Origin> origins(Examples examples) throws IOException {
        return origins.of(examples);
    }

    private static List<Origin> contents(ImagePlus image, String labels, Examples examples) {
        FileInfo file = image.getOriginalFileInfo();
        boolean saved = file != null && file.directory != null && file.fileName != null && !image.changes;
        String name = saved ? Path.of(file.directory, file.fileName).toString() : image.getTitle();
        MessageDigest pixels = sha256();
        MessageDigest annotation = sha256();
        for (Annotated plane : examples.images()) {
            float[] values = plane.image().data();
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
            bytes.asFloatBuffer().put(values);
            pixels.update(bytes);
            bytes = ByteBuffer.allocate(Integer.BYTES * plane.labels().length);
            bytes.asIntBuffer().put(plane.labels());
            annotation.update(bytes);
        }
        HexFormat hex = HexFormat.of();
        return List.of(new Origin(name, hex.formatHex(pixels.digest()), labels, hex.formatHex(annotation.digest())));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
