// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/** The microscope and the camera of a {@link NucleiScene}: from planes of light to the values of a file. */
final class SceneCamera {
    private final NucleiCanvas canvas;
    private final NucleiScene scene;
    private final SampleRandom random;
    private final int width;
    private final int height;

    SceneCamera(NucleiCanvas canvas, NucleiScene scene, SampleRandom random) {
        this.canvas = canvas;
        this.scene = scene;
        this.random = random;
        width = canvas.width;
        height = canvas.height;
    }

    /**
     * Expected photons of each pixel, in units of those of a typical nucleus.
     *
     * @param cellBodies on pixels of 2 x 2, or null
     */
    float[] light(float[] cellBodies) {
        NucleiScene.Optics optics = scene.optics();
        NucleiScene.Surroundings surroundings = scene.surroundings();
        double diameter = scene.diameterPx();
        float[] light =
                Planes.blur(canvas.sharp, width, height, optics.blurSigmaPx()).clone();
        if (canvas.hasSoft()) {
            double sigma = optics.blurSigmaPx() + diameter * random.between(0.05, 0.13);
            add(light, Planes.blur(canvas.soft(), width, height, sigma), 1);
        }
        if (canvas.hasHaze()) {
            add(light, Planes.blur(canvas.haze(), width, height, diameter * random.between(0.25, 0.6)), 1);
        }
        if (cellBodies != null) {
            int w = (width + 1) / 2;
            int h = (height + 1) / 2;
            float[] blurred = Planes.blur(cellBodies, w, h, Math.max(optics.blurSigmaPx(), 0.08 * diameter) / 2);
            add(light, Planes.enlarge(blurred, w, h, 2, width, height), 1);
        }
        if (optics.halo() > 0) {
            float[] halo = Planes.blur(light, width, height, diameter * random.between(0.3, 0.7));
            float share = (float) optics.halo();
            for (int i = 0; i < light.length; i++) {
                light[i] += share * (halo[i] - light[i]);
            }
        }
        if (surroundings.background() > 0) {
            background(light);
        }
        if (optics.vignette() > 0 || optics.tilt() > 0) {
            illuminate(light);
        }
        return light;
    }

    private static void add(float[] sum, float[] plane, float weight) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += weight * plane[i];
        }
    }

    private void background(float[] light) {
        NucleiScene.Surroundings surroundings = scene.surroundings();
        float level = (float) surroundings.background();
        if (surroundings.unevenness() == 0) {
            for (int i = 0; i < light.length; i++) {
                light[i] += level;
            }
            return;
        }
        double grain = Math.max(4 * scene.diameterPx(), Math.max(width, height) * random.between(0.3, 1));
        add(light, Planes.field(width, height, grain, random.nextLong()), level * (float) surroundings.unevenness());
        for (int i = 0; i < light.length; i++) {
            light[i] = Math.max(0, light[i] + level);
        }
    }

    private void illuminate(float[] light) {
        NucleiScene.Optics optics = scene.optics();
        double extent = 0.5 * Math.sqrt(width * (double) width + height * (double) height);
        double centreX = random.between(0.35, 0.65) * width;
        double centreY = random.between(0.35, 0.65) * height;
        double direction = random.between(0, 2 * Math.PI);
        double tiltX = optics.tilt() * StrictMath.cos(direction) / extent;
        double tiltY = optics.tilt() * StrictMath.sin(direction) / extent;
        double fall = optics.vignette() / (extent * extent);
        for (int y = 0, i = 0; y < height; y++) {
            double dy = y - centreY;
            for (int x = 0; x < width; x++, i++) {
                double dx = x - centreX;
                double level = 1 - fall * (dx * dx + dy * dy) + 0.5 * (tiltX * dx + tiltY * dy);
                light[i] *= (float) Math.max(0.1, level);
            }
        }
    }

    /** Standard deviation of a pixel where the light is {@code level}, in units of a typical nucleus. */
    double noise(double level) {
        NucleiScene.Detector detector = scene.detector();
        double photons = Math.max(0, level) * detector.photons();
        double perPixel = Math.sqrt(photons + detector.readNoise() * detector.readNoise()) / detector.photons();
        double rounding = 0.3 / (detector.exposure() * detector.full());
        return Math.sqrt(perPixel * perPixel + rounding * rounding) / detector.pixelation();
    }

    /** One grey level in units of a typical nucleus. */
    double greyLevel() {
        return 1 / (scene.detector().exposure() * scene.detector().full());
    }

    /** Light that reaches the end of the range. */
    double brightest() {
        NucleiScene.Detector detector = scene.detector();
        return (1 - detector.offset()) / detector.exposure();
    }

    /** Takes the picture; may overwrite the light. */
    short[] expose(float[] light) {
        NucleiScene.Detector detector = scene.detector();
        double step = detector.pixelation();
        int w = Math.max(1, (int) Math.ceil(width / step));
        int h = Math.max(1, (int) Math.ceil(height / step));
        boolean pixelated = step > 1.02;
        float[] values = pixelated ? Planes.shrink(light, width, height, step, w, h) : light;
        photograph(values);
        if (pixelated) {
            values = Planes.enlarge(values, w, h, step, width, height);
        }
        if (detector.smoothingSigmaPx() > 0) {
            values = Planes.blur(values, width, height, detector.smoothingSigmaPx());
        }
        if (detector.inverted()) {
            invert(values);
        }
        int full = detector.full();
        short[] file = new short[values.length];
        float[] curve = curve(full);
        for (int i = 0; i < values.length; i++) {
            float value = Math.max(0, Math.min(full, values[i]));
            if (curve != null) {
                float at = value * (curve.length - 2) / full;
                int k = (int) at;
                value = curve[k] + (at - k) * (curve[k + 1] - curve[k]);
            }
            values[i] = value;
        }
        if (detector.compression() > 0) {
            BlockRounding.round(values, width, height, detector.compression() * full / 255);
        }
        for (int i = 0; i < values.length; i++) {
            file[i] = (short) (int) Math.max(0, Math.min(full, Math.floor(values[i] + 0.5)));
        }
        return file;
    }

    /** Photons arrive, are counted and scaled; in place. */
    private void photograph(float[] values) {
        NucleiScene.Detector detector = scene.detector();
        double gain = detector.exposure() * detector.full() / detector.photons();
        double offset = detector.offset() * detector.full();
        double readNoise = detector.readNoise();
        double full = detector.full();
        for (int i = 0; i < values.length; i++) {
            double electrons =
                    FastNoise.poisson(values[i] * detector.photons(), random) + readNoise * FastNoise.gaussian(random);
            values[i] = (float) Math.max(0, Math.min(full, offset + gain * electrons));
        }
        double hot = detector.hotPixels() * values.length;
        long count = hot > 0 ? (long) FastNoise.poisson(hot, random) : 0;
        for (long k = 0; k < count; k++) {
            int i = random.below(values.length);
            values[i] = (float) Math.min(full, values[i] + gain * detector.photons() * random.between(0.1, 1.5));
        }
    }

    private static void invert(float[] values) {
        float low = Float.MAX_VALUE;
        float high = -Float.MAX_VALUE;
        for (float value : values) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = low + high - values[i];
        }
    }

    /** The curve of gamma at equal distances, one more than needed; null for none. */
    private float[] curve(int full) {
        double gamma = scene.detector().gamma();
        if (gamma == 1) {
            return null;
        }
        float[] curve = new float[1026];
        for (int k = 0; k < curve.length; k++) {
            curve[k] = (float) (full * StrictMath.pow(k / 1024.0, gamma));
        }
        return curve;
    }
}
