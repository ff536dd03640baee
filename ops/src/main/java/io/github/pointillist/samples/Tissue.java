// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import net.imglib2.img.array.ArrayImgs;

/**
 * Simulates a section stained with haematoxylin and eosin: glands (epithelium around a lumen) and fat in stroma. The
 * plan is a Voronoi diagram seen through a warped plane; colours follow from optical densities (Beer-Lambert; stain
 * vectors after Ruifrok and Johnston 2001).
 */
final class Tissue {
    private static final int STROMA = 0;
    private static final int EPITHELIUM = 1;
    private static final int LUMEN = 2;
    private static final int FAT = 3;

    private static final double PIXEL_SIZE_UM = 0.5;
    private static final double GLAND_PX = 165;
    private static final double FAT_CELL_PX = 46;
    private static final double EPITHELIAL_CELL_PX = 13;
    private static final double STROMAL_CELL_PX = 21;
    private static final int SMALLEST_REGION_PX = 40;

    private static final double[] HAEMATOXYLIN = {0.65, 0.70, 0.29};
    private static final double[] EOSIN = {0.10, 0.95, 0.28};

    /** From blue to brown, and from pink to orange. */
    private static final double[] HAEMATOXYLIN_HUE = {-0.25, 0.05, 0.3};

    private static final double[] EOSIN_HUE = {-0.05, -0.12, 0.3};

    private final int width;
    private final int height;
    private final TissueScene scene;

    /** Pixels for one of the plan. */
    private final double zoom;

    private final SampleRandom random;
    private final long seed;
    private final float[] warpedX;
    private final float[] warpedY;
    private final Voronoi glands;
    private final Voronoi fatCells;
    private final Voronoi epithelialCells;
    private final Voronoi stromalCells;
    private final double slopeX;
    private final double slopeY;
    private Regions regions;

    private Tissue(int width, int height, long seed, TissueScene scene) {
        int pixels = Sample.pixels(width, height);
        this.scene = scene;
        zoom = scene.magnification();
        this.width = width;
        this.height = height;
        random = new SampleRandom(seed);
        this.seed = random.nextLong();
        warpedX = new float[pixels];
        warpedY = new float[pixels];
        double direction = random.between(0, 2 * Math.PI);
        slopeX = StrictMath.cos(direction);
        slopeY = StrictMath.sin(direction);
        glands = new Voronoi(GLAND_PX, random.nextLong());
        fatCells = new Voronoi(FAT_CELL_PX, random.nextLong());
        epithelialCells = new Voronoi(EPITHELIAL_CELL_PX, random.nextLong());
        stromalCells = new Voronoi(STROMAL_CELL_PX, random.nextLong());
    }

    static TissueSample simulate(int width, int height, long seed, TissueScene scene) {
        Tissue tissue = new Tissue(width, height, seed, scene);
        tissue.plan();
        Sample.checkLabels(tissue.regions.count());
        int pixels = width * height;
        short[] labels = new short[pixels];
        byte[] classes = new byte[pixels];
        for (int i = 0; i < pixels; i++) {
            labels[i] = (short) tissue.regions.labels()[i];
            classes[i] = (byte) tissue.tissueAt(i);
        }
        Sample sample = new Sample(
                "tissue",
                ArrayImgs.unsignedBytes(tissue.photograph(), width, height, 3),
                ArrayImgs.unsignedShorts(labels, width, height),
                true,
                PIXEL_SIZE_UM / scene.magnification(),
                Sample.MICROMETRE);
        return new TissueSample(sample, ArrayImgs.unsignedBytes(classes, width, height));
    }

    private static double[] mixed(double[] stain, double[] hue, double share) {
        double[] mixed = new double[3];
        for (int c = 0; c < 3; c++) {
            mixed[c] = stain[c] + share * hue[c];
        }
        return mixed;
    }

    private int tissueAt(int pixel) {
        return (int) (regions.keys()[regions.labels()[pixel]] & 3);
    }

    private void plan() {
        long[] keys = new long[warpedX.length];
        for (int row = 0, i = 0; row < height; row++) {
            double y = row / zoom;
            for (int column = 0; column < width; column++, i++) {
                double x = column / zoom;
                warpedX[i] = (float) (x + 34 * Fields.fractal(x / 110.0, y / 110.0, 3, seed + 10));
                warpedY[i] = (float) (y + 34 * Fields.fractal(x / 110.0, y / 110.0, 3, seed + 20));
                keys[i] = key(x, y, warpedX[i], warpedY[i]);
            }
        }
        regions = Regions.of(keys, width, height, SMALLEST_REGION_PX);
    }

    /** The class in the lowest two bits, above them what tells one structure from the next. */
    private long key(double x, double y, double wx, double wy) {
        glands.locate(wx, wy);
        long gland = Fields.hash(glands.column, glands.row, seed + 30);
        boolean fatty =
                Fields.noise(glands.column * 0.43 + 0.5, glands.row * 0.43 + 0.5, seed + 40) > 0.22 - scene.fat();
        if (fatty) {
            return fatKey(x, y, wx, wy);
        }
        double kind = (gland >>> 40) * 0x1p-24;
        double wobble = Fields.fractal(x / 26, y / 26, 2, seed + 50);
        double dx = wx - glands.x;
        double dy = wy - glands.y;
        double margin = 9 + 5 * wobble;
        double radius = GLAND_PX * (0.36 + 0.2 * kind) * (1 + 0.06 * wobble);
        if (kind < 0.18 || glands.edge < margin || dx * dx + dy * dy > radius * radius) {
            return STROMA;
        }
        // a slit of its own direction
        double size = ((gland & 0xffff) * 0x1p-16 + 0.35) * 0.34 * radius * (1 + 0.25 * wobble);
        double direction = (gland >>> 16 & 0xffff) * 0x1p-16 * 2 - 1;
        double along = dx * direction + dy * Math.sqrt(1 - direction * direction);
        double across = dy * direction - dx * Math.sqrt(1 - direction * direction);
        boolean lumen = along * along / 2.6 + across * across * 1.8 < size * size
                && glands.edge > margin + 20
                && dx * dx + dy * dy < (radius - 20) * (radius - 20);
        return gland & ~3L | (lumen ? LUMEN : EPITHELIUM);
    }

    private long fatKey(double x, double y, double wx, double wy) {
        if (glands.edge < 2) {
            return STROMA;
        }
        long lobule = Fields.hash(glands.column, glands.row, seed + 30);
        fatCells.locate(0.7 * x + 0.3 * wx, 0.7 * y + 0.3 * wy);
        double wall = 1.2 + Math.max(0, 2.5 * Fields.noise(x / 40, y / 40, seed + 60));
        long cell = Fields.hash(fatCells.column, fatCells.row, lobule);
        return fatCells.edge < wall ? STROMA : cell & ~3L | FAT;
    }

    /** Stains, light, blur and noise. Returns bytes (x, y, c). */
    private byte[] photograph() {
        int pixels = warpedX.length;
        double staining = scene.staining() * random.between(0.88, 1.15);
        double balance = scene.balance() * random.between(0.85, 1.15);
        double[] haematoxylin = mixed(HAEMATOXYLIN, HAEMATOXYLIN_HUE, scene.haematoxylinHue());
        double[] eosin = mixed(EOSIN, EOSIN_HUE, scene.eosinHue());
        double[] lamp = {random.between(243, 248), random.between(241, 246), random.between(242, 248)};
        float[][] light = new float[3][pixels];
        double[] stains = new double[2];
        for (int c = 0; c < 3; c++) {
            lamp[c] *= 1 - scene.warmth() * (c == 0 ? 0 : c == 1 ? 0.4 : 1);
        }
        for (int row = 0, i = 0; row < height; row++) {
            double y = row / zoom;
            for (int column = 0; column < width; column++, i++) {
                double x = column / zoom;
                stain(x, y, i, stains);
                double thickness = staining * (1 + 0.1 * Fields.fractal(x / 190.0, y / 190.0, 2, seed + 70));
                double h = Math.max(0, stains[0]) * thickness * balance;
                double e = Math.max(0, stains[1]) * thickness / balance;
                for (int c = 0; c < 3; c++) {
                    light[c][i] = (float) (lamp[c] * StrictMath.exp(-h * haematoxylin[c] - e * eosin[c]));
                }
            }
        }
        byte[] bytes = new byte[3 * pixels];
        for (int c = 0; c < 3; c++) {
            float[] blurred = Planes.blur(light[c], width, height, scene.blurSigmaPx());
            for (int i = 0; i < pixels; i++) {
                double noisy = blurred[i] + scene.noise() * Math.sqrt(0.6 + blurred[i] * 0.02) * random.gaussian();
                bytes[c * pixels + i] = (byte) (int) Math.max(0, Math.min(255, Math.floor(noisy + 0.5)));
            }
        }
        return bytes;
    }

    /** Natural-log optical densities of haematoxylin and eosin. */
    private void stain(double x, double y, int i, double[] stains) {
        double grain = Fields.fractal(x / 3.0, y / 3.0, 2, seed + 80);
        switch (tissueAt(i)) {
            case STROMA -> stroma(x, y, grain, stains);
            case EPITHELIUM -> epithelium(x, y, i, grain, stains);
            case LUMEN -> {
                double mucus = Math.max(0, Fields.fractal(x / 22.0, y / 22.0, 3, seed + 90));
                stains[0] = 0.02 + 0.1 * mucus;
                stains[1] = 0.03 + 0.16 * mucus + 0.01 * grain;
            }
            default -> {
                stains[0] = 0.01;
                stains[1] = 0.03 + 0.01 * grain;
            }
        }
    }

    /** Bundles of fibres run along the level lines of a smooth field; a slope keeps most lines from closing. */
    private double fibreField(double x, double y) {
        return 0.7 * Fields.fractal(x / 150, y / 150, 2, seed + 100) + (x * slopeX + y * slopeY) / 150;
    }

    private void stroma(double x, double y, double grain, double[] stains) {
        double field = fibreField(x, y);
        double bundle = Fields.noise(field * 12, (x - y) / 160.0, seed + 110);
        double fibre = Fields.noise(field * 33 + 0.3 * grain, (x + y) / 70.0, seed + 120);
        double cleft = Fields.step(0.25, 0.6, bundle + 0.25 * fibre);
        stains[0] = 0.08 + 0.03 * grain;
        stains[1] = (0.42 + 0.13 * bundle + 0.12 * fibre + 0.05 * grain) * (1 - 0.8 * cleft);
        stromalCells.locate(x, y);
        long cell = Fields.hash(stromalCells.column, stromalCells.row, seed + 130);
        if ((cell & 7) < 4) {
            double gx = fibreField(stromalCells.x + 2, stromalCells.y) - fibreField(stromalCells.x - 2, stromalCells.y);
            double gy = fibreField(stromalCells.x, stromalCells.y + 2) - fibreField(stromalCells.x, stromalCells.y - 2);
            double length = (cell >>> 8 & 0xff) / 255.0 * 4 + 4.5;
            double inside = ellipse(x - stromalCells.x, y - stromalCells.y, -gy, gx, length, 1.9);
            addNucleus(inside, 1.25, grain, stains);
        }
    }

    private void epithelium(double x, double y, int i, double grain, double[] stains) {
        glands.locate(warpedX[i], warpedY[i]);
        double dx = warpedX[i] - glands.x;
        double dy = warpedY[i] - glands.y;
        double outward = Math.sqrt(dx * dx + dy * dy) / (GLAND_PX * 0.5);
        long gland = Fields.hash(glands.column, glands.row, seed + 140);
        double tone = (gland >>> 40) * 0x1p-24;
        stains[0] = 0.26 + 0.16 * tone + 0.08 * grain;
        stains[1] = 0.5 - 0.12 * tone - 0.12 * outward + 0.07 * grain;
        epithelialCells.locate(x, y);
        stains[1] += 0.16 * (1 - Fields.step(0.2, 1.4, epithelialCells.edge));
        long cell = Fields.hash(epithelialCells.column, epithelialCells.row, seed + 150);
        double seedX = epithelialCells.x;
        double seedY = epithelialCells.y;
        if ((cell & 15) < 14 && isEpithelium(seedX, seedY)) {
            double length = (cell >>> 8 & 0xff) / 255.0 * 1.6 + 5.2;
            double breadth = (cell >>> 16 & 0xff) / 255.0 * 0.9 + 3.3;
            double inside = ellipse(x - seedX, y - seedY, seedX - x + dx, seedY - y + dy, length, breadth);
            double chromatin = Fields.fractal(x / 2.2, y / 2.2, 1, seed + 160);
            addNucleus(inside, 0.95 + 0.35 * ((cell >>> 24 & 0xff) / 255.0) + 0.3 * chromatin, grain, stains);
        }
    }

    private boolean isEpithelium(double x, double y) {
        int px = (int) Math.floor(x * zoom + 0.5);
        int py = (int) Math.floor(y * zoom + 0.5);
        boolean inside = px >= 0 && px < width && py >= 0 && py < height;
        return !inside || tissueAt(py * width + px) == EPITHELIUM;
    }

    /** Distance from the centre of an ellipse along (ux, uy): below 1 inside. */
    private static double ellipse(double dx, double dy, double ux, double uy, double length, double breadth) {
        double norm = Math.sqrt(ux * ux + uy * uy) + 1e-12;
        double along = (dx * ux + dy * uy) / norm / length;
        double across = (dy * ux - dx * uy) / norm / breadth;
        return Math.sqrt(along * along + across * across);
    }

    private static void addNucleus(double inside, double density, double grain, double[] stains) {
        double share = 1 - Fields.step(0.85, 1.15, inside);
        double membrane = Fields.step(0.55, 0.95, inside);
        stains[0] += share * (density * (0.8 + 0.25 * membrane) + 0.12 * grain);
        stains[1] *= 1 - 0.45 * share;
    }
}
