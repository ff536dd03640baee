// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.plugins.results.SampleImages.Kind;
import io.github.pointillist.samples.NucleiScene;
import io.github.pointillist.samples.TissueScene;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the user asked for, the same for command line, command and macro.
 *
 * @param widthPx at least 1
 * @param heightPx at least 1
 * @param seed the same one gives the same image
 * @param scene what it looks like; tissue and inclusions have DEFAULT and RANDOM, spots have DEFAULT
 * @param sceneSeed for RANDOM: which scene, -1 for the image's own seed
 * @param diameterPx for nuclei: mean diameter, 0 for the scene's
 * @param coverage for nuclei: share of the area under them, -1 for the scene's
 * @param photons for nuclei: photons on a pixel of a nucleus, 0 for the scene's; fewer are noisier
 * @param inverted for nuclei: dark on bright, otherwise as the scene has it
 */
public record SampleOptions(
        Kind kind,
        int widthPx,
        int heightPx,
        long seed,
        Scene scene,
        long sceneSeed,
        double diameterPx,
        double coverage,
        double photons,
        boolean inverted) {
    /** Kinds of scenes. */
    public enum Scene {
        DEFAULT,
        DENSE,
        DIM,
        SPARSE,
        TISSUE,
        RANDOM
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException with one line: what was given, what is allowed
     */
    public SampleOptions {
        boolean stained = kind == Kind.TISSUE || kind == Kind.INCLUSIONS;
        boolean offered = kind == Kind.NUCLEI || scene == Scene.DEFAULT || (stained && scene == Scene.RANDOM);
        if (!offered) {
            throw new IllegalArgumentException("preset is " + word(scene) + "; allowed for " + word(kind)
                    + " is default" + (stained ? " or random" : ""));
        }
        if (sceneSeed != -1 && scene != Scene.RANDOM) {
            throw new IllegalArgumentException(
                    "a scene seed is given and the preset is " + word(scene) + "; it is for the preset random");
        }
        if (kind != Kind.NUCLEI && (diameterPx != 0 || coverage != -1 || photons != 0 || inverted)) {
            throw new IllegalArgumentException(
                    "diameter, coverage, photons or inverted is given for " + word(kind) + "; they are for nuclei");
        }
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** The same with another seed. */
    public SampleOptions withSeed(long other) {
        return new SampleOptions(
                kind, widthPx, heightPx, other, scene, sceneSeed, diameterPx, coverage, photons, inverted);
    }

    private long seedOfScene() {
        return sceneSeed == -1 ? seed : sceneSeed;
    }

    /** The scene of nuclei. */
    NucleiScene nuclei() {
        NucleiScene chosen =
                switch (scene) {
                    case DEFAULT -> NucleiScene.DEFAULT;
                    case DENSE -> NucleiScene.DENSE;
                    case DIM -> NucleiScene.DIM;
                    case SPARSE -> NucleiScene.SPARSE;
                    case TISSUE -> NucleiScene.TISSUE;
                    case RANDOM ->
                        diameterPx == 0
                                ? NucleiScene.random(seedOfScene())
                                : NucleiScene.random(seedOfScene(), diameterPx);
                };
        chosen = diameterPx == 0 ? chosen : chosen.withDiameterPx(diameterPx);
        chosen = coverage == -1 ? chosen : chosen.withCoverage(coverage);
        chosen = photons == 0 ? chosen : chosen.withPhotons(photons);
        return inverted ? chosen.withInverted(true) : chosen;
    }

    /** The scene of tissue, with or without inclusions. */
    TissueScene tissue() {
        return scene == Scene.RANDOM ? TissueScene.random(seedOfScene()) : TissueScene.DEFAULT;
    }

    /** The options by the names of the macro keys, in the order of the dialog. */
    public Map<String, String> macroKeys() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("kind", word(kind));
        keys.put("width", Integer.toString(widthPx));
        keys.put("height", Integer.toString(heightPx));
        keys.put("seed", Long.toString(seed));
        keys.put("preset", word(scene));
        keys.put("scene_seed", Long.toString(sceneSeed));
        keys.put("diameter", Double.toString(diameterPx));
        keys.put("coverage", Double.toString(coverage));
        keys.put("photons", Double.toString(photons));
        keys.put("inverted", Boolean.toString(inverted));
        return keys;
    }

    /** The arguments of the command line, without the folder and the number of images. */
    public List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--kind", word(kind)));
        arguments.addAll(List.of("--width", Integer.toString(widthPx), "--height", Integer.toString(heightPx)));
        arguments.addAll(List.of("--seed", Long.toString(seed), "--preset", word(scene)));
        if (sceneSeed != -1) {
            arguments.addAll(List.of("--scene-seed", Long.toString(sceneSeed)));
        }
        if (diameterPx != 0) {
            arguments.addAll(List.of("--diameter", Double.toString(diameterPx)));
        }
        if (coverage != -1) {
            arguments.addAll(List.of("--coverage", Double.toString(coverage)));
        }
        if (photons != 0) {
            arguments.addAll(List.of("--photons", Double.toString(photons)));
        }
        if (inverted) {
            arguments.add("--inverted");
        }
        return arguments;
    }
}
