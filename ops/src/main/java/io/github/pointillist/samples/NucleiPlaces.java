// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds places for outlines: free ones, and ones at the side of others. */
final class NucleiPlaces {
    private static final int TRIES = 30;

    private final int width;
    private final int height;
    private final double margin;
    private final double cell;
    private final NucleiScene.Layout layout;
    private final SampleRandom random;
    private final double patchGrain;
    private final long patchSeed;
    private final List<Outline> placed = new ArrayList<>();
    private final Map<Long, List<Outline>> byCell = new HashMap<>();

    /**
     * @param reach largest of an outline
     * @param margin how far middles may lie outside the image
     */
    NucleiPlaces(int width, int height, double margin, double reach, NucleiScene.Layout layout, SampleRandom random) {
        this.width = width;
        this.height = height;
        this.margin = margin;
        this.layout = layout;
        this.random = random;
        cell = 2.3 * reach;
        patchGrain = random.between(4, 12) * margin;
        patchSeed = random.nextLong();
    }

    List<Outline> placed() {
        return placed;
    }

    /** Remembers an outline. */
    void add(Outline outline) {
        placed.add(outline);
        byCell.computeIfAbsent(key(outline.x, outline.y, 0, 0), key -> new ArrayList<>(4))
                .add(outline);
    }

    /** The outline moved to a place, or null if none was found. */
    Outline place(Outline shape) {
        boolean touching = !placed.isEmpty() && random.chance(layout.touching());
        for (int attempt = 0; attempt < TRIES; attempt++) {
            Outline moved;
            Outline neighbour = null;
            if (touching) {
                // now and then the latest one, so that chains and rosettes grow
                neighbour = placed.get(random.chance(0.3) ? placed.size() - 1 : random.below(placed.size()));
                double angle = random.between(0, 2 * Math.PI);
                double dx = StrictMath.cos(angle);
                double dy = StrictMath.sin(angle);
                double distance = neighbour.radius(dx, dy) + shape.radius(-dx, -dy);
                distance = distance * (1 - layout.overlap() * random.uniform()) + random.between(-0.4, 0.8);
                moved = shape.at(neighbour.x + distance * dx, neighbour.y + distance * dy);
            } else {
                moved = shape.at(random.between(-margin, width + margin), random.between(-margin, height + margin));
                if (layout.patchiness() > 0 && isBare(moved)) {
                    continue;
                }
            }
            boolean inside =
                    moved.x > -margin && moved.x < width + margin && moved.y > -margin && moved.y < height + margin;
            if (inside && isFree(moved, neighbour)) {
                return moved;
            }
        }
        return null;
    }

    private boolean isBare(Outline outline) {
        double level = Fields.noise(outline.x / patchGrain, outline.y / patchGrain, patchSeed);
        return random.chance(layout.patchiness() * (1 - Fields.step(-0.1, 0.2, level)));
    }

    private boolean isFree(Outline outline, Outline neighbour) {
        double gap = neighbour == null ? 1.08 : 1 - 0.8 * layout.overlap();
        double apart = neighbour == null ? 1.5 : 0;
        double reach = outline.reach();
        for (int k = 0; k < 9; k++) {
            List<Outline> others = byCell.get(key(outline.x, outline.y, k % 3 - 1, k / 3 - 1));
            if (others == null) {
                continue;
            }
            for (Outline other : others) {
                double dx = other.x - outline.x;
                double dy = other.y - outline.y;
                double square = dx * dx + dy * dy;
                double farthest = (reach + other.reach()) * gap + apart;
                if (other == neighbour || square > farthest * farthest) {
                    continue;
                }
                double distance = Math.sqrt(square) + 1e-9;
                double ux = dx / distance;
                double uy = dy / distance;
                if (distance < gap * (outline.radius(ux, uy) + other.radius(-ux, -uy)) + apart) {
                    return false;
                }
            }
        }
        return true;
    }

    private long key(double x, double y, int shiftX, int shiftY) {
        return ((long) Math.floor(x / cell) + shiftX) << 32 | ((long) Math.floor(y / cell) + shiftY) & 0xffffffffL;
    }
}
