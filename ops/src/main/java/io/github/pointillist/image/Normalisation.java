// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.util.List;

/**
 * (value / 255 - mean) / std for each channel, in float32 and in this order, as torchvision does it.
 *
 * @param mean one per channel, of values scaled to 0 to 1
 * @param std one per channel, above 0
 * @param lifts for pictures of one channel: how much each channel of the model lifts what is dark, before all else: a
 *     value v (of 0 to 1) becomes ln(1 + k v) / ln(1 + k), or stays where k is 0; empty where all channels show the same
 */
public record Normalisation(List<Float> mean, List<Float> std, List<Float> lifts) {
    /** Mean and standard deviation of ImageNet, red, green, blue. */
    public static final Normalisation IMAGENET =
            new Normalisation(List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));

    private static final int MAX_CHANNELS = 16;

    /** Checks that there is a positive standard deviation for each mean. */
    public Normalisation {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        lifts = List.copyOf(lifts);
        if (!lifts.isEmpty() && (lifts.size() != mean.size() || !lifts.stream().allMatch(k -> k >= 0 && k <= 1e6))) {
            throw new IllegalArgumentException(
                    "lifts are " + lifts + "; allowed is one number of 0 to 1000000 for every channel, or none");
        }
        if (mean.size() > MAX_CHANNELS) {
            throw new IllegalArgumentException(
                    "mean has " + mean.size() + " numbers; allowed are up to " + MAX_CHANNELS + " channels");
        }
        if (mean.isEmpty() || mean.size() != std.size() || !std.stream().allMatch(value -> value > 0)) {
            throw new IllegalArgumentException("mean " + mean + " and std " + std
                    + " given; one of each is needed for every channel, and std above 0");
        }
    }

    /** The same for every picture. */
    public Normalisation(List<Float> mean, List<Float> std) {
        this(mean, std, List.of());
    }

    /** The number of channels of the model. */
    public int channels() {
        return mean.size();
    }

    /**
     * Normalises a picture.
     *
     * @param picture values 0 to 255, with this many channels or one, which is repeated
     * @return (C, H, W)
     */
    public float[] apply(RasterF picture) {
        float[] planes = Images.planes(picture.withChannels(channels()));
        if (picture.channels() == 1 && !lifts.isEmpty()) {
            lift(planes, picture.data().length);
        }
        int pixels = picture.width() * picture.height();
        for (int c = 0, i = 0; c < channels(); c++) {
            float m = mean.get(c);
            float s = std.get(c);
            for (int end = i + pixels; i < end; i++) {
                planes[i] = (planes[i] / 255 - m) / s;
            }
        }
        return planes;
    }

    private void lift(float[] planes, int pixels) {
        for (int c = 0; c < channels(); c++) {
            ToneCurve curve = new ToneCurve(lifts.get(c));
            for (int i = c * pixels; i < (c + 1) * pixels; i++) {
                planes[i] = curve.apply(planes[i]);
            }
        }
    }

    /** The same for an 8-bit picture. */
    public float[] apply(Raster8 picture) {
        return apply(picture.toFloat());
    }
}
