// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.ArrayList;
import java.util.List;

/**
 * How light is spread in one object.
 *
 * @param brightness in the middle
 * @param flatness 1 for a disc to 0 for a dome
 * @param grain standard deviation of the texture
 * @param grainPx size of its coarsest grains
 * @param tileX where on the tile
 * @param tileY likewise
 * @param rim brightness of the rim over the middle, less 1
 * @param gradientX relative change over the object's half axis
 * @param gradientY likewise
 * @param foci dark holes and bright specks
 */
record Dye(
        double brightness,
        double flatness,
        double grain,
        double grainPx,
        double tileX,
        double tileY,
        double rim,
        double gradientX,
        double gradientY,
        List<Focus> foci) {

    /**
     * A spot that ends at its radius.
     *
     * @param strength added in its middle, relative to the brightness; negative for a hole
     */
    record Focus(double x, double y, double radius, double strength) {}

    /** Without texture. */
    static Dye plain(double brightness, double flatness) {
        return new Dye(brightness, flatness, 0, 1, 0, 0, 0, 0, 0, List.of());
    }

    /** The dye of a nucleus of this outline. */
    static Dye of(NucleiScene.Look look, Outline outline, double brightness, SampleRandom random) {
        double radius = outline.meanRadius();
        double direction = random.between(0, 2 * Math.PI);
        double gradient = look.gradient() * random.uniform();
        List<Focus> foci = new ArrayList<>();
        double[] depths = {-random.between(0.25, 0.7), random.between(0.25, 1)};
        int holes = (int) FastNoise.poisson(look.nucleoli(), random);
        int specks = (int) FastNoise.poisson(look.chromocentres(), random);
        for (int k = 0; k < holes + specks; k++) {
            double angle = random.between(0, 2 * Math.PI);
            double distance = 0.75 * Math.sqrt(random.uniform());
            double u = outline.a * distance * StrictMath.cos(angle);
            double v = outline.b * distance * StrictMath.sin(angle);
            double size = radius * (k < holes ? random.between(0.2, 0.45) : random.between(0.14, 0.3));
            foci.add(new Focus(
                    outline.x + u * outline.cos - v * outline.sin,
                    outline.y + u * outline.sin + v * outline.cos,
                    Math.max(1, size),
                    depths[k < holes ? 0 : 1] * random.between(0.6, 1.3)));
        }
        return new Dye(
                brightness,
                look.flatness(),
                look.grain() * random.between(0.6, 1.4),
                Math.max(2, radius * random.between(0.4, 0.9)),
                random.between(0, 256),
                random.between(0, 256),
                look.rim() * random.between(0.5, 1.3),
                gradient * StrictMath.cos(direction),
                gradient * StrictMath.sin(direction),
                foci);
    }
}
