// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import io.github.pointillist.image.RasterF;

/**
 * How one patch looks: everything of an {@link Augmentation} that changes intensities, in the order in which a microscope, a
 * camera and a program would: stain and colour, contrast, illumination, sharpness, noise, compression. Planes of (height,
 * width), 0 to 255. What is off changes no bit. For one patch; not thread-safe.
 */
final class Looks {
    private static final int CURVE = 1024;
    private static final float WHITE = 255;

    private final Augmentation.Light light;
    private final Augmentation.Camera camera;
    private final Augmentation.Colour colour;
    private final Draws draws;
    private final double[] range;

    Looks(Augmentation augmentation, Draws draws) {
        light = augmentation.light();
        camera = augmentation.camera();
        colour = augmentation.colour();
        this.draws = draws;
        Draws own = draws.split(0);
        boolean moves = own.chance(light.share());
        range = moves ? new double[] {own.around(light.range()), own.around(light.range())} : new double[] {0, 0};
    }

    /** How far black and white move, as shares of the range of intensities. */
    double[] range() {
        return range;
    }

    /** Changes the planes; the arrays given may be reused. Values may leave 0 to 255. */
    float[][] apply(float[][] planes, int width, int height) {
        if (planes.length == 3) {
            stain(planes, draws.split(1));
            jitterColour(planes, draws.split(2));
        }
        contrast(planes, draws.split(3));
        illuminate(planes, width, height, draws.split(4));
        focus(planes, width, height, draws.split(5));
        noise(planes, width, height, draws.split(6));
        hotPixels(planes, draws.split(7));
        Draws compression = draws.split(8);
        if (camera.jpeg() > 0 && compression.chance(camera.share())) {
            JpegTraces.add(planes, width, height, 100 - 90 * camera.jpeg() * compression.uniform(), compression);
        }
        return planes;
    }

    /** Scales the amounts of three stains: optical densities in Ruifrok and Johnston's basis (2001). */
    private void stain(float[][] planes, Draws own) {
        if (colour.stain() == 0 || !own.chance(light.share())) {
            return;
        }
        double[] amounts = new double[3];
        for (int k = 0; k < 3; k++) {
            amounts[k] = 1 + own.around(colour.stain());
        }
        float[] m = Stains.scaling(amounts);
        float[] red = planes[0];
        float[] green = planes[1];
        float[] blue = planes[2];
        for (int i = 0; i < red.length; i++) {
            float r = Stains.density(red[i]);
            float g = Stains.density(green[i]);
            float b = Stains.density(blue[i]);
            red[i] = Stains.intensity(r * m[0] + g * m[3] + b * m[6]);
            green[i] = Stains.intensity(r * m[1] + g * m[4] + b * m[7]);
            blue[i] = Stains.intensity(r * m[2] + g * m[5] + b * m[8]);
        }
    }

    /** Turns the hue around the grey axis, then changes saturation, contrast and brightness. */
    private void jitterColour(float[][] planes, Draws own) {
        double jitter = colour.jitter();
        if (jitter == 0 || !own.chance(light.share())) {
            return;
        }
        double angle = own.around(jitter) * Math.PI / 2;
        double saturation = 1 + own.around(jitter);
        double contrast = 1 + own.around(jitter);
        double brightness = own.around(jitter) * WHITE / 2;
        double cos = StrictMath.cos(angle);
        double third = (1 - cos) / 3;
        double skew = StrictMath.sin(angle) / Math.sqrt(3);
        double[][] turn = {
            {cos + third, third - skew, third + skew},
            {third + skew, cos + third, third - skew},
            {third - skew, third + skew, cos + third}
        };
        double[] grey = {0.299, 0.587, 0.114};
        float[] m = new float[9];
        for (int to = 0; to < 3; to++) {
            for (int from = 0; from < 3; from++) {
                double value = saturation * turn[to][from];
                for (int k = 0; k < 3; k++) {
                    value += (1 - saturation) * grey[k] * turn[k][from];
                }
                m[3 * to + from] = (float) (contrast * value);
            }
        }
        float add = (float) (127.5 * (1 - contrast) + brightness);
        float[] red = planes[0];
        float[] green = planes[1];
        float[] blue = planes[2];
        for (int i = 0; i < red.length; i++) {
            float r = red[i];
            float g = green[i];
            float b = blue[i];
            red[i] = r * m[0] + g * m[1] + b * m[2] + add;
            green[i] = r * m[3] + g * m[4] + b * m[5] + add;
            blue[i] = r * m[6] + g * m[7] + b * m[8] + add;
        }
    }

    /** Gain, offset, gamma and inversion as one curve. */
    private void contrast(float[][] planes, Draws own) {
        double gain = own.chance(light.share()) ? own.factor(light.gain()) : 1;
        double offset = own.chance(light.share()) ? own.around(light.offset()) : 0;
        double gamma = own.chance(light.share()) ? own.factor(light.gamma()) : 1;
        boolean inverted = own.chance(light.inversion());
        if (gain == 1 && offset == 0 && gamma == 1 && !inverted) {
            return;
        }
        float[] curve = new float[CURVE + 2];
        for (int k = 0; k < curve.length; k++) {
            double value = Math.max(0, Math.min(1, ((double) k / CURVE) * gain + offset / WHITE));
            value = gamma == 1 ? value : StrictMath.pow(value, gamma);
            curve[k] = (float) (WHITE * (inverted ? 1 - value : value));
        }
        float unit = CURVE / WHITE;
        for (float[] plane : planes) {
            for (int i = 0; i < plane.length; i++) {
                float at = Math.max(0, Math.min(WHITE, plane[i])) * unit;
                int k = (int) at;
                plane[i] = curve[k] + (at - k) * (curve[k + 1] - curve[k]);
            }
        }
    }

    /** Uneven light, which multiplies, or uneven haze, which adds. */
    private void illuminate(float[][] planes, int width, int height, Draws own) {
        if (light.illumination() == 0 || !own.chance(light.share())) {
            return;
        }
        double deviation = light.illumination() / 2 * own.uniform();
        double grain = Math.max(width, height) * own.between(0.4, 1.5);
        boolean adds = own.chance(0.5);
        float[] field = SmoothField.draw(width, height, deviation, grain, own);
        float most = (float) light.illumination();
        for (int i = 0; i < field.length; i++) {
            field[i] = Math.max(-most, Math.min(most, field[i]));
        }
        for (float[] plane : planes) {
            for (int i = 0; i < plane.length; i++) {
                plane[i] = adds ? plane[i] + field[i] * (WHITE / 2) : plane[i] * (1 + field[i]);
            }
        }
    }

    private void focus(float[][] planes, int width, int height, Draws own) {
        boolean changes = own.chance(camera.share());
        boolean blurs = camera.sharpen() == 0 || (camera.blurPx() > 0 && own.chance(0.7));
        double strength = own.uniform();
        if (!changes || (camera.blurPx() == 0 && camera.sharpen() == 0)) {
            return;
        }
        double sigma = blurs ? camera.blurPx() * strength : 1;
        if (sigma < 0.2) {
            return;
        }
        float[] kernel = Smoothing.kernel(sigma);
        float amount = (float) (camera.sharpen() * strength);
        for (int c = 0; c < planes.length; c++) {
            float[] soft = Smoothing.blur(planes[c], width, height, kernel);
            if (blurs) {
                planes[c] = soft;
            } else {
                for (int i = 0; i < soft.length; i++) {
                    planes[c][i] += amount * (planes[c][i] - soft[i]);
                }
            }
        }
    }

    /** Noise whose variance grows with the intensity, and noise that does not; in a third of the cases with a grain. */
    private void noise(float[][] planes, int width, int height, Draws own) {
        double shot = own.chance(camera.share()) ? camera.shotNoise() * own.uniform() : 0;
        double read = own.chance(camera.share()) ? camera.readNoise() * own.uniform() : 0;
        boolean grainy = own.chance(1.0 / 3);
        double sigma = own.between(0.4, 0.9);
        if (shot == 0 && read == 0) {
            return;
        }
        float constant = (float) (read * read);
        float slope = (float) (shot * shot / WHITE);
        for (float[] plane : planes) {
            float[] noise = GaussianNoise.fill(plane.length, own);
            float unit = 1;
            if (grainy) {
                float[] kernel = Smoothing.kernel(sigma);
                noise = Smoothing.blur(noise, width, height, kernel);
                unit = (float) (1 / Smoothing.left(kernel));
            }
            for (int i = 0; i < plane.length; i++) {
                float variance = constant + slope * Math.max(0, plane[i]);
                plane[i] += unit * noise[i] * (float) Math.sqrt(variance);
            }
        }
    }

    /** Pixels of a defective or hit camera: three quarters of them too bright, the others black. */
    private void hotPixels(float[][] planes, Draws own) {
        if (camera.hotPixels() == 0 || !own.chance(camera.share())) {
            return;
        }
        int pixels = planes[0].length;
        int count = (int) Math.floor(camera.hotPixels() * own.uniform() * pixels + 0.5);
        for (int n = 0; n < count; n++) {
            int i = own.below(pixels);
            boolean hot = own.chance(0.75);
            float bright = (float) own.between(0.6 * WHITE, WHITE);
            for (float[] plane : planes) {
                plane[i] = hot ? Math.max(plane[i], bright) : 0;
            }
        }
    }

    /** Blanks a rectangle. */
    static void cutOut(float[][] planes, int[] labels, int side, Draws own) {
        int width = (int) (side * own.between(0.125, 0.375));
        int height = (int) (side * own.between(0.125, 0.375));
        int left = own.below(side - width + 1);
        int top = own.below(side - height + 1);
        for (float[] plane : planes) {
            double sum = 0;
            for (float value : plane) {
                sum += value;
            }
            float mean = (float) (sum / plane.length);
            for (int y = top; y < top + height; y++) {
                for (int x = left; x < left + width; x++) {
                    plane[y * side + x] = mean;
                    labels[y * side + x] = Annotated.IGNORE;
                }
            }
        }
    }

    /** The planes as one picture, kept within 0 to 255. */
    static RasterF picture(float[][] planes, int width, int height) {
        int channels = planes.length;
        RasterF picture = RasterF.of(width, height, channels);
        float[] data = picture.data();
        for (int c = 0; c < channels; c++) {
            float[] plane = planes[c];
            for (int i = 0; i < plane.length; i++) {
                data[i * channels + c] = Math.max(0, Math.min(WHITE, plane[i]));
            }
        }
        return picture;
    }
}
