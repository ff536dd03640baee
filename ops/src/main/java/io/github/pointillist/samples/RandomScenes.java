// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import io.github.pointillist.samples.NucleiScene.Detector;
import io.github.pointillist.samples.NucleiScene.Events;
import io.github.pointillist.samples.NucleiScene.Layout;
import io.github.pointillist.samples.NucleiScene.Look;
import io.github.pointillist.samples.NucleiScene.Optics;
import io.github.pointillist.samples.NucleiScene.Shape;
import io.github.pointillist.samples.NucleiScene.Surroundings;

/** Draws scenes: a kind of image, then what is usual for it; optics and detector apart from that. */
final class RandomScenes {
    private enum Kind {
        CULTURE(0.33),
        CONFLUENT(0.18),
        ELONGATED(0.1),
        COLONIES(0.12),
        SECTION(0.1),
        PROCESSES(0.1),
        LARGE(0.05),
        ANY(0.02);

        private final double share;

        Kind(double share) {
            this.share = share;
        }
    }

    private final SampleRandom random;
    private final double diameter;
    private final Kind kind;

    private RandomScenes(long seed, double diameterPx) {
        random = new SampleRandom(seed ^ 0x6e75636c6569L);
        kind = kind();
        double drawn = kind == Kind.LARGE ? logarithmic(28, 80) : logarithmic(6, random.chance(0.75) ? 36 : 80);
        diameter = diameterPx > 0 ? diameterPx : drawn;
    }

    /** @param diameterPx 0 to draw it too */
    static NucleiScene scene(long seed, double diameterPx) {
        return new RandomScenes(seed, diameterPx).scene();
    }

    private NucleiScene scene() {
        double spread = kind == Kind.SECTION ? random.between(0.15, 0.4) : random.between(0.08, 0.3);
        if (kind == Kind.ANY) {
            spread = random.between(0.1, 0.45);
        }
        return new NucleiScene(
                diameter,
                spread,
                shape(),
                layout(),
                look(),
                events(),
                surroundings(),
                optics(),
                detector(),
                10 / diameter);
    }

    private Kind kind() {
        double rest = random.uniform();
        for (Kind one : Kind.values()) {
            rest -= one.share;
            if (rest < 0) {
                return one;
            }
        }
        return Kind.ANY;
    }

    private double logarithmic(double low, double high) {
        return StrictMath.exp(random.between(StrictMath.log(low), StrictMath.log(high)));
    }

    /** 0, or with that chance something between. */
    private double sometimes(double chance, double low, double high) {
        double value = random.between(low, high);
        return random.chance(chance) ? value : 0;
    }

    private Shape shape() {
        return switch (kind) {
            case ELONGATED ->
                new Shape(random.between(1.6, 3.2), random.between(0.2, 0.5), random.between(0.1, 0.8), 0.05, 0.05);
            case SECTION ->
                new Shape(
                        random.between(1.2, 2.1),
                        random.between(0.4, 0.8),
                        random.between(0.1, 0.5),
                        random.between(0, 0.08),
                        random.between(0.03, 0.1));
            case ANY ->
                new Shape(
                        random.between(1.05, 2.3),
                        random.between(0.2, 0.8),
                        random.between(0, 0.6),
                        random.between(0, 0.14),
                        random.between(0, 0.14));
            default ->
                new Shape(
                        random.between(1.1, 1.6),
                        random.between(0.3, 0.7),
                        random.between(0, 0.35),
                        random.chance(0.05) ? random.between(0.08, 0.2) : random.between(0, 0.05),
                        random.between(0.01, 0.08));
        };
    }

    private Layout layout() {
        double pressed = random.uniform();
        return switch (kind) {
            case CONFLUENT ->
                new Layout(
                        random.between(0.3, 0.7),
                        random.between(0.4, 0.95),
                        random.between(0.02, 0.25),
                        pressed,
                        random.between(0, 0.5),
                        sometimes(0.3, 0, 0.8));
            case COLONIES ->
                new Layout(
                        random.between(0.12, 0.5),
                        random.between(0.6, 0.97),
                        random.between(0.02, 0.22),
                        pressed,
                        random.between(0.6, 1),
                        0);
            case SECTION ->
                new Layout(
                        random.between(0.2, 0.7),
                        random.between(0.3, 0.9),
                        random.between(0.05, 0.35),
                        pressed,
                        random.between(0, 1),
                        sometimes(0.5, 0.2, 0.9));
            case ELONGATED ->
                new Layout(
                        random.between(0.05, 0.4),
                        random.between(0, 0.6),
                        random.between(0, 0.25),
                        pressed,
                        random.between(0, 0.5),
                        sometimes(0.6, 0.3, 1));
            case ANY ->
                new Layout(
                        random.between(0.02, 0.75),
                        random.uniform(),
                        random.between(0, 0.4),
                        pressed,
                        random.uniform(),
                        sometimes(0.3, 0, 1));
            default ->
                new Layout(
                        logarithmic(0.03, 0.35),
                        random.between(0, 0.6),
                        random.between(0, 0.2),
                        pressed,
                        random.between(0, 0.7),
                        sometimes(0.15, 0, 0.8));
        };
    }

    private Look look() {
        boolean large = kind == Kind.LARGE;
        double brightnessSpread =
                kind == Kind.ANY || random.chance(0.2) ? random.between(0.4, 0.9) : random.between(0.1, 0.45);
        double rim = random.chance(0.75) ? random.between(-0.15, 0.15) : random.between(-0.5, 0.6);
        return new Look(
                brightnessSpread,
                random.between(0.15, 0.95),
                random.between(0.02, large ? 0.35 : 0.25),
                random.chance(0.6) ? random.between(0.3, 4) : 0,
                random.chance(large ? 0.5 : 0.3) ? random.between(2, 14) : random.between(0, 1),
                rim,
                random.between(0, 0.35));
    }

    private Events events() {
        double common = random.chance(0.25) ? 4 : 1;
        return new Events(
                random.between(0, 0.04) * (random.chance(0.15) ? 3 : 1),
                random.between(0, 0.025) * common,
                random.between(0, 0.05) * common,
                kind == Kind.PROCESSES ? random.between(0.1, 0.5) : sometimes(0.6, 0, 0.25),
                kind == Kind.SECTION ? random.between(0.1, 0.6) : sometimes(0.5, 0, 0.25));
    }

    private Surroundings surroundings() {
        boolean section = kind == Kind.SECTION;
        boolean threads = kind == Kind.PROCESSES;
        double background = section ? logarithmic(0.05, 0.8) : logarithmic(0.004, random.chance(0.12) ? 1.2 : 0.25);
        return new Surroundings(
                background,
                random.between(0, section ? 0.7 : 0.4),
                threads ? logarithmic(0.02, 0.25) : sometimes(0.6, 0.005, random.chance(0.2) ? 0.3 : 0.1),
                threads ? random.between(0.3, 1.8) : sometimes(0.2, 0, 0.6),
                threads ? random.between(0.2, 1.5) : sometimes(0.25, 0, 0.6),
                section ? random.between(0.1, 0.9) : sometimes(0.3, 0, 0.25),
                section ? random.between(0.05, 0.5) : sometimes(0.3, 0, 0.15),
                sometimes(0.7, 0, random.chance(0.2) ? 0.4 : 0.12));
    }

    private Optics optics() {
        // small nuclei are near the resolution of the microscope
        double widest = random.chance(0.35) ? Math.max(0.075, Math.min(0.14, 1.4 / diameter)) : 0.075;
        double sigma = diameter * logarithmic(0.02, kind == Kind.SECTION ? Math.max(0.09, widest) : widest);
        double sharpest = Math.min(random.between(0.45, 0.95), 0.1 * diameter);
        return new Optics(
                Math.max(sharpest, Math.min(6, sigma)),
                kind == Kind.SECTION ? random.between(0.1, 0.5) : random.between(0, random.chance(0.25) ? 0.4 : 0.15),
                sometimes(0.5, 0, 0.5),
                sometimes(0.5, 0, 0.4));
    }

    private Detector detector() {
        double photons = logarithmic(random.chance(0.15) ? 6 : 30, random.chance(0.3) ? 20_000 : 2_000);
        int bits = random.chance(0.65) ? 8 : random.chance(0.3) ? 12 : 16;
        double exposure = bits == 8 ? logarithmic(0.035, 1.2) : logarithmic(0.01, 1);
        double offset =
                random.chance(0.5) ? random.between(0, 0.01) : random.between(0, 0.12) * Math.min(1, 3 * exposure);
        double gamma = random.chance(0.75) ? 1 : logarithmic(0.55, 1.6);
        double largestPixel = Math.min(2.5, diameter / 6);
        return new Detector(
                photons,
                Math.min(200, photons * logarithmic(0.001, 0.1)),
                bits,
                offset,
                exposure,
                gamma,
                random.chance(0.25) && largestPixel > 1.1 ? random.between(1.1, largestPixel) : 1,
                sometimes(0.25, 0.3, 1),
                random.chance(0.1) ? logarithmic(1e-5, 1e-3) : 0,
                bits == 8 ? sometimes(0.2, 0.5, 12) * Math.min(1, exposure) : 0,
                random.chance(0.07));
    }
}
