// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.ArrayList;
import java.util.List;
import net.imglib2.img.array.ArrayImgs;

/** Simulates a {@link NucleiScene}: places and paints its objects, then the microscope, the camera and the labels. */
final class SceneNuclei {
    private static final double LARGEST = 2.2;
    private static final double LONGEST = 4.5;

    private final int width;
    private final int height;
    private final NucleiScene scene;
    private final SampleRandom random;
    private final NucleiCanvas canvas;
    private final NucleiPlaces places;
    private final double radius;
    private final double commonAngle;

    private SceneNuclei(int width, int height, long seed, NucleiScene scene) {
        canvas = new NucleiCanvas(width, height);
        this.width = width;
        this.height = height;
        this.scene = scene;
        random = new SampleRandom(seed);
        radius = scene.diameterPx() / 2;
        places = new NucleiPlaces(
                width, height, radius, radius * LARGEST * Math.sqrt(LONGEST) * 1.5, scene.layout(), random);
        commonAngle = random.between(0, Math.PI);
    }

    static Sample simulate(int width, int height, long seed, NucleiScene scene) {
        SceneNuclei nuclei = new SceneNuclei(width, height, seed, scene);
        nuclei.populate();
        SceneSurroundings surroundings =
                new SceneSurroundings(nuclei.canvas, scene, nuclei.places.placed(), nuclei.random);
        surroundings.paint();
        SceneCamera camera = new SceneCamera(nuclei.canvas, scene, nuclei.random);
        float[] light = camera.light(surroundings.cellBodies());
        short[] labels = new SceneLabels(nuclei.canvas, camera, light).labels();
        short[] values = camera.expose(light);
        return new Sample(
                "nuclei",
                ArrayImgs.unsignedShorts(values, width, height),
                ArrayImgs.unsignedShorts(labels, width, height),
                false,
                scene.pixelSizeUm(),
                Sample.MICROMETRE);
    }

    private void populate() {
        double margin = radius;
        double area = (width + 2 * margin) * (height + 2 * margin);
        double spread = scene.sizeSpread();
        double expected = scene.layout().coverage() * area / (Math.PI * radius * radius * (1 + spread * spread));
        Sample.checkLabels((long) expected + 1);
        long wanted = (long) Math.floor(expected + random.uniform());
        for (long n = 0; n < wanted; n++) {
            nucleus();
        }
        long specks = count(scene.events().specks() * wanted);
        for (long n = 0; n < specks; n++) {
            double size = radius * random.between(0.04, 0.35);
            double light = StrictMath.exp(random.between(-2.6, -0.1));
            body(random.between(0, width), random.between(0, height), size, light);
        }
    }

    private long count(double expected) {
        return (long) FastNoise.poisson(expected, random);
    }

    private double brightness() {
        return StrictMath.exp(scene.look().brightnessSpread() * FastNoise.gaussian(random));
    }

    private void nucleus() {
        double spread = scene.sizeSpread();
        // lognormal, of the asked mean and deviation
        double sigma = Math.sqrt(StrictMath.log(1 + spread * spread));
        double size = StrictMath.exp(sigma * FastNoise.gaussian(random) - sigma * sigma / 2);
        double r = radius * Math.max(0.35, Math.min(LARGEST, size));
        double kind = random.uniform();
        NucleiScene.Events events = scene.events();
        if (kind < events.mitoses()) {
            mitosis(r);
        } else if (kind < events.mitoses() + events.apoptoses()) {
            apoptosis(r);
        } else {
            interphase(r);
        }
    }

    private Outline shape(double r) {
        NucleiScene.Shape shape = scene.shape();
        double elongation = 1
                + (shape.elongation() - 1)
                        * StrictMath.exp(
                                shape.elongationSpread() * (FastNoise.gaussian(random) - shape.elongationSpread() / 2));
        double stretch = Math.sqrt(Math.min(LONGEST, elongation));
        double bend = shape.bend() * random.between(-1, 1);
        return rough(r * stretch, r / stretch, angle(), bend, shape.lobes(), shape.roughness());
    }

    private double angle() {
        double any = random.between(0, Math.PI);
        return random.chance(scene.layout().alignment()) ? commonAngle + 0.25 * FastNoise.gaussian(random) : any;
    }

    /** An outline around (0, 0). */
    private Outline rough(double a, double b, double angle, double bend, double lobes, double roughness) {
        double[] cosines = new double[5];
        double[] sines = new double[5];
        for (int k = 0; k < cosines.length; k++) {
            double strength = 0.6 * roughness / (1 + 0.7 * k);
            cosines[k] = strength * FastNoise.gaussian(random);
            sines[k] = strength * FastNoise.gaussian(random);
        }
        // long ones end like cigars rather than ellipses
        cosines[2] -= 0.035 * Math.max(0, Math.min(1, a / b - 1.5));
        double phase = random.between(0, 2 * Math.PI);
        double depth = lobes * random.between(0.3, 1);
        int number = random.below(3);
        cosines[number] += depth * StrictMath.cos(phase);
        sines[number] += depth * StrictMath.sin(phase);
        return Outline.of(0, 0, a, b, angle, bend, cosines, sines);
    }

    private void interphase(double r) {
        Outline outline = places.place(shape(r));
        if (outline == null) {
            return;
        }
        places.add(outline);
        double light = brightness();
        paint(outline, Dye.of(scene.look(), outline, light, random), light);
        if (random.chance(scene.events().micronuclei())) {
            double direction = random.between(0, 2 * Math.PI);
            double c = StrictMath.cos(direction);
            double s = StrictMath.sin(direction);
            double size = radius * random.between(0.15, 0.4);
            double distance = outline.radius(c, s) + size * random.between(0.8, 2.5) + 1;
            body(outline.x + distance * c, outline.y + distance * s, size, light * random.between(0.25, 1.1));
        }
    }

    private void paint(Outline outline, Dye dye, double light) {
        boolean soft = random.chance(scene.events().outOfFocus());
        boolean pressed = random.chance(scene.layout().pressed());
        canvas.paint(
                outline, dye, canvas.next(light, outline.meanRadius()), pressed, soft ? canvas.soft() : canvas.sharp);
    }

    private void mitosis(double r) {
        double angle = random.between(0, Math.PI);
        double kind = random.uniform();
        Outline whole = places.place(Outline.ellipse(0, 0, r, r * 0.8, angle));
        if (whole == null) {
            return;
        }
        places.add(whole);
        double light = brightness() * random.between(1.3, 2.6);
        if (kind < 0.5) {
            Outline plate = rough(r * random.between(0.7, 1), r * random.between(0.26, 0.4), angle, 0.2, 0.06, 0.12);
            paint(plate.at(whole.x, whole.y), condensed(light), light);
            return;
        }
        boolean late = kind > 0.78;
        double apart = r * (late ? random.between(0.65, 1) : random.between(0.28, 0.65));
        double a = r * (late ? random.between(0.5, 0.65) : random.between(0.65, 0.9));
        double b = r * (late ? random.between(0.32, 0.5) : random.between(0.2, 0.3));
        boolean two = 2 * (apart - b) > 2 + scene.diameterPx() / 8 || late;
        double size = Math.sqrt(a * b);
        int object = canvas.next(light, size);
        for (int side = -1; side <= 1; side += 2) {
            Outline half = rough(a, b, angle, -0.3 * side, 0.04, 0.08);
            if (side == 1 && two) {
                object = canvas.next(light, size);
            }
            canvas.paint(
                    half.at(
                            whole.x - side * apart * StrictMath.sin(angle),
                            whole.y + side * apart * StrictMath.cos(angle)),
                    condensed(light),
                    object,
                    false,
                    canvas.sharp);
        }
    }

    private Dye condensed(double light) {
        return new Dye(
                light,
                0.5,
                0.12,
                Math.max(2, 0.3 * radius),
                random.between(0, 256),
                random.between(0, 256),
                0,
                0,
                0,
                List.of());
    }

    private void apoptosis(double r) {
        Outline whole = places.place(Outline.ellipse(0, 0, r * 0.8, r * 0.8, 0));
        if (whole == null) {
            return;
        }
        places.add(whole);
        double light = brightness() * random.between(1.5, 4);
        if (random.chance(0.55)) {
            double size = r * random.between(0.4, 0.8);
            Outline outline = rough(size * 1.08, size / 1.08, random.between(0, Math.PI), 0, 0.03, 0.03);
            paint(outline.at(whole.x, whole.y), Dye.plain(light, random.between(0.1, 0.7)), light);
            return;
        }
        int bodies = 2 + random.below(5);
        List<double[]> done = new ArrayList<>();
        for (int k = 0; k < bodies; k++) {
            double size = r * random.between(0.18, 0.42);
            double direction = random.between(0, 2 * Math.PI);
            double distance = r * random.between(0.1, 1);
            double x = whole.x + distance * StrictMath.cos(direction);
            double y = whole.y + distance * StrictMath.sin(direction);
            boolean free = done.stream().allMatch(other -> {
                double dx = other[0] - x;
                double dy = other[1] - y;
                return Math.sqrt(dx * dx + dy * dy) > 0.85 * (other[2] + size);
            });
            if (free) {
                done.add(new double[] {x, y, size});
                body(x, y, size, light * random.between(0.4, 1));
            }
        }
    }

    /**
     * A compact body with a label. One hardly wider than the blur is outlined where its light ends rather than at half
     * of its maximum, as people draw it.
     */
    private void body(double x, double y, double r, double light) {
        double lit = Math.max(0.8, r);
        double blur = Math.max(0.5, scene.optics().blurSigmaPx());
        Outline outline = Outline.ellipse(x, y, lit * 1.1, lit / 1.1, random.between(0, Math.PI));
        int object = canvas.next(light, lit);
        canvas.paint(outline, Dye.plain(light, 0.5), object, false, canvas.sharp);
        double wider = Math.max(NucleiScene.SMALLEST_OUTLINE_PX, lit + 1.8 * blur * Math.max(0, 1 - lit / (5 * blur)));
        if (wider > lit + 0.2) {
            canvas.claim(Outline.ellipse(x, y, wider, wider, 0), object);
        }
    }
}
