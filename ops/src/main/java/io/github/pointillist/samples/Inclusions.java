// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.ArrayList;
import java.util.List;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * Things of four shapes on simulated tissue: dark round cells, rods, pale rings and angular crystals. Colours follow from
 * optical densities, as those of the tissue.
 */
final class Inclusions {
    private static final int ROUND = 4;
    private static final int ROD = 5;
    private static final int RING = 6;

    /** Things for one square of this side, on average. */
    private static final double SPACING_PX = 34;

    private static final int TRIES = 12;
    private static final int SMALLEST_PX = 12;
    private static final double EDGE_PX = 0.9;

    private static final double[] BLUE = {0.78, 0.52, 0.16};
    private static final double[] TEAL = {0.80, 0.30, 0.34};
    private static final double[] RED = {0.08, 0.62, 0.55};
    private static final double[] AMBER = {0.10, 0.32, 0.72};

    private final int width;
    private final int height;
    private final double zoom;
    private final SampleRandom random;
    private final float[][] light = new float[3][];
    private final int[] owner;
    private final List<Outline> placed = new ArrayList<>();
    private final List<Integer> kinds = new ArrayList<>();

    private Inclusions(int width, int height, long seed, double zoom) {
        this.width = width;
        this.height = height;
        this.zoom = zoom;
        this.random = new SampleRandom(seed ^ 0x696e636c7573L);
        this.owner = new int[width * height];
    }

    static InclusionSample simulate(int width, int height, long seed, TissueScene scene) {
        TissueSample tissue = Tissue.simulate(width, height, seed, scene);
        Inclusions inclusions = new Inclusions(width, height, seed, scene.magnification());
        inclusions.take(tissue.sample());
        inclusions.populate();
        return inclusions.sample(tissue, scene);
    }

    private void take(Sample tissue) {
        int pixels = width * height;
        for (int c = 0; c < 3; c++) {
            light[c] = new float[pixels];
        }
        int[] position = new int[1];
        @SuppressWarnings("unchecked")
        Img<UnsignedByteType> image = (Img<UnsignedByteType>) tissue.image();
        image.forEach(value -> {
            light[position[0] / pixels][position[0] % pixels] = value.get();
            position[0]++;
        });
    }

    private void populate() {
        double area = width * (double) height / (SPACING_PX * SPACING_PX * zoom * zoom);
        long wanted = (long) FastNoise.poisson(area * StrictMath.exp(random.between(-0.7, 0.7)), random);
        Sample.checkLabels(wanted);
        for (long n = 0; n < wanted; n++) {
            int kind = ROUND + random.below(4);
            Outline outline = place(outline(kind));
            if (outline != null) {
                placed.add(outline);
                kinds.add(kind);
                paint(outline, kind, placed.size());
            }
        }
    }

    private Outline outline(int kind) {
        double angle = random.between(0, Math.PI);
        double[] cosines = new double[6];
        double[] sines = new double[6];
        switch (kind) {
            case ROUND:
                swing(cosines, sines, 0.035);
                double round = zoom * random.between(5, 8.5);
                double stretch = Math.sqrt(random.between(1, 1.25));
                return Outline.of(0, 0, round * stretch, round / stretch, angle, 0, cosines, sines);
            case ROD:
                swing(cosines, sines, 0.02);
                cosines[0] += 0.03;
                return Outline.of(
                        0,
                        0,
                        zoom * random.between(9, 17),
                        zoom * random.between(2.2, 3.4),
                        angle,
                        random.between(-0.7, 0.7),
                        cosines,
                        sines);
            case RING:
                swing(cosines, sines, 0.02);
                double ring = zoom * random.between(6.5, 10);
                return Outline.of(0, 0, ring * 1.05, ring / 1.05, angle, 0, cosines, sines);
            default:
                // three to five corners
                int corners = 1 + random.below(3);
                cosines[corners] = 0.15 / corners;
                swing(cosines, sines, 0.03);
                double crystal = zoom * random.between(6, 12);
                double longer = Math.sqrt(random.between(1, 1.9));
                return Outline.of(0, 0, crystal * longer, crystal / longer, angle, 0, cosines, sines);
        }
    }

    private void swing(double[] cosines, double[] sines, double strength) {
        for (int k = 0; k < cosines.length; k++) {
            cosines[k] += strength * FastNoise.gaussian(random) / (1 + 0.5 * k);
            sines[k] += strength * FastNoise.gaussian(random) / (1 + 0.5 * k);
        }
    }

    /** Where it overlaps few others, or null; things may touch and cover each other a little. */
    private Outline place(Outline shape) {
        for (int n = 0; n < TRIES; n++) {
            double x = random.between(0, width);
            double y = random.between(0, height);
            boolean free = true;
            for (Outline other : placed) {
                double dx = other.x - x;
                double dy = other.y - y;
                double near = 0.85 * (other.meanRadius() + shape.meanRadius());
                free &= dx * dx + dy * dy > near * near;
            }
            if (free) {
                return shape.at(x, y);
            }
        }
        return null;
    }

    private void paint(Outline outline, int kind, int number) {
        double strength = random.between(0.75, 1.35);
        double tone = random.between(0.85, 1.15);
        long texture = random.nextLong();
        double[] stain = kind == ROUND ? BLUE : kind == ROD ? TEAL : kind == RING ? RED : AMBER;
        int x0 = (int) Math.max(0, Math.floor(outline.left - 2));
        int x1 = (int) Math.min(width - 1, Math.ceil(outline.right + 2));
        int y0 = (int) Math.max(0, Math.floor(outline.top - 2));
        int y1 = (int) Math.min(height - 1, Math.ceil(outline.bottom + 2));
        double soft = EDGE_PX * zoom / Math.min(outline.a, outline.b);
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                double at = outline.position(x, y);
                if (at > 1 + 2 * soft) {
                    continue;
                }
                double cover = 1 - Fields.step(1 - soft, 1 + soft, at);
                double density = strength * density(kind, outline, at, x, y, texture);
                for (int c = 0; c < 3; c++) {
                    int i = y * width + x;
                    double seen = kind == ROUND || kind == ROD ? 0.35 * light[c][i] + 150 : 0.6 * light[c][i] + 95;
                    double dyed = seen * StrictMath.exp(-density * stain[c] * (c == 1 ? tone : 1));
                    light[c][i] = (float) (light[c][i] + cover * (dyed - light[c][i]));
                }
                if (at <= 1) {
                    owner[y * width + x] = number;
                }
            }
        }
    }

    /** Optical density of a thing at a point: nuclei are grainy, rings are pale inside, crystals have bright edges. */
    private static double density(int kind, Outline outline, double at, int x, int y, long texture) {
        double grain = Fields.fractal(x / 2.4, y / 2.4, 2, texture);
        return switch (kind) {
            case ROUND -> 1.15 + 0.35 * grain;
            case ROD -> 0.9 + 0.1 * grain + 0.25 * at;
            case RING -> 0.35 + 0.75 * Fields.step(0.35, 0.85, at) + 0.05 * grain;
            default -> {
                double side = (x - outline.x) * outline.sin - (y - outline.y) * outline.cos;
                yield 0.55 + 0.35 * Fields.step(-0.2, 0.2, side / outline.b) - 0.3 * Fields.step(0.78, 0.98, at);
            }
        };
    }

    private InclusionSample sample(TissueSample tissue, TissueScene scene) {
        int pixels = width * height;
        int[] visible = new int[placed.size() + 1];
        for (int number : owner) {
            visible[number]++;
        }
        int[] label = new int[placed.size() + 1];
        int count = 0;
        for (int number = 1; number < visible.length; number++) {
            label[number] = visible[number] >= SMALLEST_PX ? ++count : 0;
        }
        short[] labels = new short[pixels];
        byte[] classes = new byte[pixels];
        int[] at = new int[1];
        tissue.classes().forEach(value -> classes[at[0]++] = (byte) value.get());
        for (int i = 0; i < pixels; i++) {
            if (label[owner[i]] > 0) {
                labels[i] = (short) label[owner[i]];
                classes[i] = (byte) (int) kinds.get(owner[i] - 1);
            }
        }
        byte[] bytes = new byte[3 * pixels];
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < pixels; i++) {
                double noise = owner[i] == 0 ? 0 : scene.noise() * FastNoise.gaussian(random);
                bytes[c * pixels + i] = (byte) (int) Math.max(0, Math.min(255, Math.floor(light[c][i] + noise + 0.5)));
            }
        }
        Sample sample = new Sample(
                "inclusions",
                ArrayImgs.unsignedBytes(bytes, width, height, 3),
                ArrayImgs.unsignedShorts(labels, width, height),
                true,
                tissue.sample().pixelSizeUm(),
                Sample.MICROMETRE);
        return new InclusionSample(sample, ArrayImgs.unsignedBytes(classes, width, height));
    }
}
