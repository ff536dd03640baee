// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import io.github.pointillist.samples.SpotsSample.Spot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.imglib2.img.array.ArrayImgs;

/** Simulates single molecules (as in smFISH) over autofluorescent cells. */
final class Spots {
    private static final double PIXEL_SIZE_UM = 0.108;
    private static final double SIGMA_PX = 1.35;
    private static final double DENSITY = 0.0022;
    private static final double RADIUS_PX = 2;

    /** Closer ones could not be told apart, and each keeps the pixel that it lies in. */
    private static final double CLOSEST_PX = 3;

    private final int width;
    private final int height;
    private final SampleRandom random;

    private Spots(int width, int height, long seed) {
        this.width = width;
        this.height = height;
        random = new SampleRandom(seed);
    }

    static SpotsSample simulate(int width, int height, long seed) {
        int pixels = Sample.pixels(width, height);
        Spots spots = new Spots(width, height, seed);
        List<Spot> list = spots.scatter(pixels);
        short[] counts = Camera.SCMOS.expose(spots.photons(list), spots.random);
        Sample sample = new Sample(
                "spots",
                ArrayImgs.unsignedShorts(counts, width, height),
                ArrayImgs.unsignedShorts(spots.labels(list), width, height),
                false,
                PIXEL_SIZE_UM,
                Sample.MICROMETRE);
        return new SpotsSample(sample, list);
    }

    private List<Spot> scatter(int pixels) {
        long wanted = Math.max(1, (long) Math.floor(DENSITY * pixels + 0.5));
        Sample.checkLabels(wanted);
        Map<Long, List<Spot>> byCell = new HashMap<>();
        List<Spot> spots = new ArrayList<>();
        for (long n = 0; n < wanted; n++) {
            double x = random.between(-0.5, width - 0.5);
            double y = random.between(-0.5, height - 0.5);
            double photons = Math.min(20_000, 1500 * StrictMath.exp(0.6 * random.gaussian()));
            Spot spot = new Spot(x, y, photons);
            if (isAlone(spot, byCell)) {
                spots.add(spot);
                byCell.computeIfAbsent(cell(spot, 0, 0), key -> new ArrayList<>())
                        .add(spot);
            }
        }
        return spots;
    }

    private static boolean isAlone(Spot spot, Map<Long, List<Spot>> byCell) {
        for (int i = 0; i < 9; i++) {
            for (Spot other : byCell.getOrDefault(cell(spot, i % 3 - 1, i / 3 - 1), List.of())) {
                double dx = spot.xPx() - other.xPx();
                double dy = spot.yPx() - other.yPx();
                if (dx * dx + dy * dy < CLOSEST_PX * CLOSEST_PX) {
                    return false;
                }
            }
        }
        return true;
    }

    private static long cell(Spot spot, int shiftX, int shiftY) {
        long column = (long) Math.floor(spot.xPx() / CLOSEST_PX) + shiftX;
        long row = (long) Math.floor(spot.yPx() / CLOSEST_PX) + shiftY;
        return column << 32 | row & 0xffffffffL;
    }

    private float[] photons(List<Spot> spots) {
        float[] photons = new float[width * height];
        long seed = random.nextLong();
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                double cell = Fields.step(-0.25, 0.35, Fields.fractal(x / 130.0, y / 130.0, 2, seed));
                double texture = 1 + 0.25 * Fields.fractal(x / 14.0, y / 14.0, 3, seed + 10);
                photons[i] = (float) (14 + 26 * cell * texture);
            }
        }
        int reach = (int) Math.ceil(5 * SIGMA_PX);
        for (Spot spot : spots) {
            int cx = (int) Math.floor(spot.xPx() + 0.5);
            int cy = (int) Math.floor(spot.yPx() + 0.5);
            for (int y = Math.max(0, cy - reach); y <= Math.min(height - 1, cy + reach); y++) {
                double sy = overPixel(y - spot.yPx());
                for (int x = Math.max(0, cx - reach); x <= Math.min(width - 1, cx + reach); x++) {
                    photons[y * width + x] += (float) (spot.photons() * sy * overPixel(x - spot.xPx()));
                }
            }
        }
        return photons;
    }

    /** The Gaussian's integral over a pixel at this distance: Simpson's rule, off by less than 1e-4 of it. */
    private static double overPixel(double distance) {
        return (gaussian(distance - 0.5) + 4 * gaussian(distance) + gaussian(distance + 0.5)) / 6;
    }

    private static double gaussian(double distance) {
        return StrictMath.exp(-distance * distance / (2 * SIGMA_PX * SIGMA_PX)) / (SIGMA_PX * Math.sqrt(2 * Math.PI));
    }

    private short[] labels(List<Spot> spots) {
        short[] labels = new short[width * height];
        double[] nearest = new double[labels.length];
        Arrays.fill(nearest, RADIUS_PX * RADIUS_PX);
        int reach = (int) Math.ceil(RADIUS_PX) + 1;
        for (int n = 0; n < spots.size(); n++) {
            Spot spot = spots.get(n);
            int cx = (int) Math.floor(spot.xPx() + 0.5);
            int cy = (int) Math.floor(spot.yPx() + 0.5);
            for (int y = Math.max(0, cy - reach); y <= Math.min(height - 1, cy + reach); y++) {
                for (int x = Math.max(0, cx - reach); x <= Math.min(width - 1, cx + reach); x++) {
                    double dx = x - spot.xPx();
                    double dy = y - spot.yPx();
                    double distance = dx * dx + dy * dy;
                    if (distance < nearest[y * width + x]) {
                        nearest[y * width + x] = distance;
                        labels[y * width + x] = (short) (n + 1);
                    }
                }
            }
        }
        return labels;
    }
}
