// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.imglib2.img.array.ArrayImgs;

/** Simulates a widefield fluorescence image of stained nuclei. Light adds up; the later label covers the earlier. */
final class Nuclei {
    private static final int TRIES = 30;
    private static final double MITOTIC = 0.03;

    /** Largest radius in units of the mean one. */
    private static final double LARGEST = 1.6;

    private final int width;
    private final int height;
    private final NucleiSettings settings;
    private final SampleRandom random;
    private final long textureSeed;
    private final float[] light;
    private final short[] labels;
    private final List<double[]> placed = new ArrayList<>();
    private final Map<Long, List<double[]>> byCell = new HashMap<>();

    private Nuclei(int width, int height, long seed, NucleiSettings settings) {
        int pixels = Sample.pixels(width, height);
        this.width = width;
        this.height = height;
        this.settings = settings;
        random = new SampleRandom(seed);
        textureSeed = random.nextLong();
        light = new float[pixels];
        labels = new short[pixels];
    }

    static Sample simulate(int width, int height, long seed, NucleiSettings settings) {
        Nuclei nuclei = new Nuclei(width, height, seed, settings);
        nuclei.populate();
        nuclei.scatterDebris();
        int count = nuclei.renumber();
        Sample.checkLabels(count);
        short[] counts = Camera.SCMOS.expose(nuclei.photons(), nuclei.random);
        return new Sample(
                "nuclei",
                ArrayImgs.unsignedShorts(counts, width, height),
                ArrayImgs.unsignedShorts(nuclei.labels, width, height),
                false,
                settings.pixelSizeUm(),
                Sample.MICROMETRE);
    }

    /** A closed smooth outline around (x, y): an ellipse whose radius swings by harmonics 2 to 5 of the angle. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Outline(
            double x, double y, double a, double b, double cos, double sin, double[] cosines, double[] sines) {
        static Outline of(double x, double y, double a, double b, double roughness, SampleRandom random) {
            double angle = random.between(0, Math.PI);
            return turned(x, y, a, b, angle, roughness, random);
        }

        static Outline turned(
                double x, double y, double a, double b, double angle, double roughness, SampleRandom random) {
            double[] cosines = new double[4];
            double[] sines = new double[4];
            for (int k = 0; k < 4; k++) {
                cosines[k] = roughness / (k + 1) * random.gaussian();
                sines[k] = roughness / (k + 1) * random.gaussian();
            }
            return new Outline(x, y, a, b, StrictMath.cos(angle), StrictMath.sin(angle), cosines, sines);
        }

        /** 0 in the centre, 1 on the outline. */
        double position(double px, double py) {
            double u = ((px - x) * cos + (py - y) * sin) / a;
            double v = ((py - y) * cos - (px - x) * sin) / b;
            double rho = Math.sqrt(u * u + v * v);
            if (rho < 1e-9) {
                return 0;
            }
            double c1 = u / rho;
            double s1 = v / rho;
            double c = c1;
            double s = s1;
            double radius = 1;
            for (int k = 0; k < 4; k++) {
                double next = c * c1 - s * s1;
                s = s * c1 + c * s1;
                c = next;
                radius += cosines[k] * c + sines[k] * s;
            }
            return rho / Math.max(0.3, radius);
        }

        double reach() {
            return Math.max(a, b) * 1.6;
        }
    }

    /** A dark nucleolus or a bright focus. */
    private record Focus(double x, double y, double inverseVariance, double strength) {}

    private void populate() {
        double mean = settings.diameterPx() / 2;
        double margin = mean;
        double area = (width + 2 * margin) * (height + 2 * margin);
        double expected = settings.coverage() * area / (Math.PI * mean * mean);
        Sample.checkLabels((long) expected + 1);
        long wanted = (long) Math.floor(expected + random.uniform());
        for (long n = 0; n < wanted; n++) {
            double radius = mean * Math.max(0.55, Math.min(LARGEST, 1 + 0.16 * random.gaussian()));
            double[] at = place(radius, margin);
            if (at != null) {
                double[] circle = {at[0], at[1], radius};
                placed.add(circle);
                byCell.computeIfAbsent(cell(at[0], at[1], 0, 0), key -> new ArrayList<>())
                        .add(circle);
                draw(placed.size(), at[0], at[1], radius);
            }
        }
    }

    /** A free place, or one at the side of another nucleus; null if none was found. */
    private double[] place(double radius, double margin) {
        boolean touching = !placed.isEmpty() && random.chance(settings.touching());
        for (int attempt = 0; attempt < TRIES; attempt++) {
            double[] neighbour = touching ? placed.get(random.below(placed.size())) : null;
            double x;
            double y;
            if (neighbour == null) {
                x = random.between(-margin, width + margin);
                y = random.between(-margin, height + margin);
            } else {
                double angle = random.between(0, 2 * Math.PI);
                double distance = (radius + neighbour[2]) * random.between(0.72, 0.98);
                x = neighbour[0] + distance * StrictMath.cos(angle);
                y = neighbour[1] + distance * StrictMath.sin(angle);
            }
            boolean inside = x > -margin && x < width + margin && y > -margin && y < height + margin;
            if (inside && isFree(x, y, radius, neighbour)) {
                return new double[] {x, y};
            }
        }
        return null;
    }

    private boolean isFree(double x, double y, double radius, double[] neighbour) {
        for (int i = 0; i < 9; i++) {
            for (double[] other : byCell.getOrDefault(cell(x, y, i % 3 - 1, i / 3 - 1), List.of())) {
                double distance = (radius + other[2]) * (neighbour == null ? 1.12 : 0.9);
                double dx = x - other[0];
                double dy = y - other[1];
                if (other != neighbour && dx * dx + dy * dy < distance * distance) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The grid cell of a place, shifted; cells are as wide as the largest distance at which two nuclei matter. */
    private long cell(double x, double y, int shiftX, int shiftY) {
        double size = 1.12 * LARGEST * settings.diameterPx();
        return ((long) Math.floor(x / size) + shiftX) << 32 | ((long) Math.floor(y / size) + shiftY) & 0xffffffffL;
    }

    private void draw(int label, double x, double y, double radius) {
        double brightness = StrictMath.exp(0.28 * random.gaussian());
        if (random.chance(MITOTIC)) {
            double angle = random.between(0, Math.PI);
            boolean separating = random.chance(0.4);
            double apart = separating ? radius * random.between(0.4, 0.7) : 0;
            for (int side = -1; side <= (separating ? 1 : -1); side += 2) {
                Outline plate = Outline.turned(
                        x - side * apart * StrictMath.sin(angle),
                        y + side * apart * StrictMath.cos(angle),
                        radius * random.between(0.75, 0.95),
                        radius * random.between(0.26, 0.36),
                        angle,
                        0.17,
                        random);
                fill(plate, label, brightness * random.between(1.8, 2.4), 0.3, List.of());
            }
            return;
        }
        double elongation = random.between(1, 1.5);
        Outline outline =
                Outline.of(x, y, radius * Math.sqrt(elongation), radius / Math.sqrt(elongation), 0.045, random);
        List<Focus> foci = new ArrayList<>();
        int nucleoli = 1 + random.below(3);
        int total = nucleoli + random.below(6);
        for (int k = 0; k < total; k++) {
            double angle = random.between(0, 2 * Math.PI);
            double distance = radius * 0.75 * Math.sqrt(random.uniform());
            double size = radius * (k < nucleoli ? random.between(0.1, 0.2) : random.between(0.05, 0.1));
            foci.add(new Focus(
                    x + distance * StrictMath.cos(angle),
                    y + distance * StrictMath.sin(angle),
                    1 / (2 * size * size),
                    k < nucleoli ? -random.between(0.25, 0.5) : random.between(0.3, 0.7)));
        }
        fill(outline, label, brightness, 0.5, foci);
    }

    /** Adds the light of an object and, where {@code label} is not 0, its label. */
    private void fill(Outline outline, int label, double brightness, double contrast, List<Focus> foci) {
        int x0 = (int) Math.max(0, Math.floor(outline.x - outline.reach()));
        int x1 = (int) Math.min(width - 1, Math.ceil(outline.x + outline.reach()));
        int y0 = (int) Math.max(0, Math.floor(outline.y - outline.reach()));
        int y1 = (int) Math.min(height - 1, Math.ceil(outline.y + outline.reach()));
        double grain = Math.max(2, settings.diameterPx() / 7);
        long seed = textureSeed + 8L * label;
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                double q = outline.position(x, y);
                if (q >= 1) {
                    continue;
                }
                // a flattened ellipsoid: nearly flat on top, thin at the rim
                double thickness = 0.4 + 0.6 * Math.sqrt(1 - q * q * q * q);
                double chromatin = 1 + contrast * Fields.fractal(x / grain, y / grain, 3, seed);
                for (Focus focus : foci) {
                    double dx = x - focus.x;
                    double dy = y - focus.y;
                    double exponent = (dx * dx + dy * dy) * focus.inverseVariance;
                    if (exponent < 12) {
                        chromatin += focus.strength * StrictMath.exp(-exponent);
                    }
                }
                int i = y * width + x;
                light[i] += (float) (brightness * thickness * Math.max(0.15, chromatin));
                if (label != 0) {
                    labels[i] = (short) label;
                }
            }
        }
    }

    /** Fragments of dead cells and dirt: bright, small, without label. */
    private void scatterDebris() {
        double mean = settings.diameterPx() / 2;
        double expected = placed.size() * 0.12;
        long piles = (long) Math.floor(expected + random.uniform());
        for (long n = 0; n < piles; n++) {
            double x = random.between(0, width);
            double y = random.between(0, height);
            int fragments = 1 + random.below(3);
            for (int k = 0; k < fragments; k++) {
                double radius = mean * random.between(0.06, 0.16);
                Outline outline = Outline.of(
                        x + mean * 0.35 * random.gaussian(),
                        y + mean * 0.35 * random.gaussian(),
                        Math.max(0.8, radius * random.between(1, 1.6)),
                        Math.max(0.8, radius),
                        0.12,
                        random);
                fill(outline, 0, random.between(0.5, 1.8), 0.1, List.of());
            }
        }
    }

    /** Labels without gaps: some nuclei lie outside or are covered. */
    private int renumber() {
        int[] renamed = new int[placed.size() + 1];
        for (short label : labels) {
            renamed[label & 0xffff] = 1;
        }
        int count = 0;
        for (int k = 1; k < renamed.length; k++) {
            count += renamed[k];
            renamed[k] = count;
        }
        renamed[0] = 0;
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (short) renamed[labels[i] & 0xffff];
        }
        return count;
    }

    /** Expected photons: objects, out-of-focus haze and uneven background under uneven illumination, blurred. */
    private float[] photons() {
        float[] haze = Fields.blur(light, width, height, settings.diameterPx() * 0.55);
        float[] sharp = Fields.blur(light, width, height, settings.blurSigmaPx());
        double extent = Math.max(width, height);
        double centreX = random.between(0.4, 0.6) * width;
        double centreY = random.between(0.4, 0.6) * height;
        double tilt = random.between(-0.3, 0.3);
        long seed = random.nextLong();
        float[] photons = new float[light.length];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                double dx = (x - centreX) / extent;
                double dy = (y - centreY) / extent;
                double illumination = 1 - 0.55 * (dx * dx + dy * dy);
                double background =
                        0.055 * (1 + tilt * (dx - dy) * 2 + 0.35 * Fields.fractal(2.2 * dx, 2.2 * dy, 2, seed));
                double total = (sharp[i] + 0.09 * haze[i] + background) * illumination;
                photons[i] = (float) Math.max(0, total * settings.photons());
            }
        }
        return photons;
    }
}
