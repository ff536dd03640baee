// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.List;

/** Paints what has no label: cell bodies, processes, fibres, ghosts, clouds and debris. */
final class SceneSurroundings {
    private final NucleiCanvas canvas;
    private final NucleiScene scene;
    private final NucleiScene.Surroundings settings;
    private final List<Outline> nuclei;
    private final SampleRandom random;
    private final double radius;

    SceneSurroundings(NucleiCanvas canvas, NucleiScene scene, List<Outline> nuclei, SampleRandom random) {
        this.canvas = canvas;
        this.scene = scene;
        this.nuclei = nuclei;
        this.random = random;
        settings = scene.surroundings();
        radius = scene.diameterPx() / 2;
    }

    void paint() {
        for (Outline nucleus : nuclei) {
            processes(nucleus);
        }
        int count = nuclei.size();
        repeat(settings.threads() * Math.max(3, count) / 10, this::thread);
        repeat(settings.ghosts() * count, this::ghost);
        repeat(settings.debris() * count, this::debris);
        if (settings.haze() > 0) {
            double clouds = canvas.width * (double) canvas.height / (60 * radius * radius);
            repeat(Math.min(400, Math.max(2, clouds)), this::cloud);
        }
    }

    private void repeat(double expected, Runnable what) {
        long times = (long) FastNoise.poisson(expected, random);
        for (long k = 0; k < times; k++) {
            what.run();
        }
    }

    /** Cell bodies on pixels of 2 x 2, or null without. */
    float[] cellBodies() {
        if (settings.cytoplasm() <= 0) {
            return null;
        }
        int w = (canvas.width + 1) / 2;
        int h = (canvas.height + 1) / 2;
        float[] plane = new float[w * h];
        double scale = random.between(1.6, 2.8);
        for (Outline nucleus : nuclei) {
            double light = settings.cytoplasm() * StrictMath.exp(0.5 * FastNoise.gaussian(random));
            double a = nucleus.a / 2 * scale * random.between(0.9, 1.6);
            double b = nucleus.b / 2 * scale * random.between(0.8, 1.1);
            double angle = StrictMath.atan2(nucleus.sin, nucleus.cos) + 0.2 * FastNoise.gaussian(random);
            double[] cosines = swings();
            double[] sines = swings();
            double x = nucleus.x / 2 + a * random.between(-0.3, 0.3);
            double y = nucleus.y / 2 + a * random.between(-0.3, 0.3);
            cover(plane, w, h, Outline.of(x, y, a, b, angle, 0, cosines, sines), light);
        }
        return plane;
    }

    private double[] swings() {
        double[] swings = new double[4];
        for (int k = 0; k < swings.length; k++) {
            swings[k] = 0.22 / (1 + 0.5 * k) * FastNoise.gaussian(random);
        }
        return swings;
    }

    /** Neighbouring cells do not add up: the brighter one shows. */
    private static void cover(float[] plane, int w, int h, Outline outline, double light) {
        int x0 = (int) Math.max(0, Math.floor(outline.left));
        int x1 = (int) Math.min(w - 1, Math.ceil(outline.right));
        int y0 = (int) Math.max(0, Math.floor(outline.top));
        int y1 = (int) Math.min(h - 1, Math.ceil(outline.bottom));
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                double q = outline.position(x, y);
                if (q < 1) {
                    double rest = 1 - q * q;
                    plane[y * w + x] = Math.max(plane[y * w + x], (float) (light * rest * (2 - rest)));
                }
            }
        }
    }

    private void processes(Outline nucleus) {
        long count = (long) FastNoise.poisson(settings.processes(), random);
        for (long k = 0; k < count; k++) {
            // mostly off the ends
            double turn = (random.chance(0.5) ? 0 : Math.PI) + 0.5 * FastNoise.gaussian(random);
            double c = StrictMath.cos(turn);
            double s = StrictMath.sin(turn);
            double dx = nucleus.cos * c - nucleus.sin * s;
            double dy = nucleus.sin * c + nucleus.cos * s;
            double start = 0.8 * nucleus.radius(dx, dy);
            NucleiCanvas.stroke(
                    canvas.sharp,
                    canvas.width,
                    nucleus.x + start * dx,
                    nucleus.y + start * dy,
                    StrictMath.atan2(dy, dx),
                    radius * random.between(2, 9),
                    radius * random.between(0.15, 0.8),
                    random.between(0.02, 0.25),
                    random.between(0.01, 0.06),
                    random);
        }
    }

    private void thread() {
        NucleiCanvas.stroke(
                random.chance(0.5) ? canvas.sharp : canvas.soft(),
                canvas.width,
                random.between(0, canvas.width),
                random.between(0, canvas.height),
                random.between(0, 2 * Math.PI),
                radius * random.between(4, 30),
                radius * random.between(0.08, 0.4),
                StrictMath.exp(random.between(-3.5, -0.5)),
                random.between(0.005, 0.08),
                random);
    }

    private void ghost() {
        double r = radius * random.between(0.7, 1.5);
        double stretch = random.between(1, 1.5);
        Outline outline = Outline.ellipse(
                random.between(-radius, canvas.width + radius),
                random.between(-radius, canvas.height + radius),
                r * stretch,
                r / stretch,
                random.between(0, Math.PI));
        canvas.paint(outline, Dye.plain(random.between(0.1, 0.6), 0.5), 0, false, canvas.haze());
    }

    private void cloud() {
        double size = radius * random.between(1, 5);
        Outline outline = Outline.of(
                random.between(0, canvas.width),
                random.between(0, canvas.height),
                size * random.between(1, 1.8),
                size,
                random.between(0, Math.PI),
                0,
                swings(),
                swings());
        canvas.paint(outline, Dye.plain(settings.haze() * random.uniform(), 0), 0, false, canvas.haze());
    }

    /**
     * An irregular piece: a splinter or a blurred shred. Compact sharp ones are {@link NucleiScene.Events#specks} and have
     * labels: what looks the same must be labelled the same.
     */
    private void debris() {
        double size = radius * StrictMath.exp(random.between(-1.8, 0.2));
        boolean splinter = size < 0.5 * radius;
        double stretch = Math.sqrt(splinter ? random.between(3, 8) : random.between(1, 3));
        boolean soft = random.chance(splinter ? 0.4 : 0.92);
        Outline outline = Outline.of(
                random.between(0, canvas.width),
                random.between(0, canvas.height),
                Math.max(0.7, size * stretch),
                Math.max(0.7, size / stretch),
                random.between(0, Math.PI),
                random.between(-1, 1),
                swings(),
                swings());
        Dye dye = Dye.plain(StrictMath.exp(random.between(-3.2, soft ? -0.8 : -0.3)), 0.2);
        canvas.paint(outline, dye, 0, false, soft ? canvas.soft() : canvas.sharp);
    }
}
