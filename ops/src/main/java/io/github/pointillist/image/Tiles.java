// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import java.util.AbstractList;
import java.util.RandomAccess;
import net.imglib2.FinalInterval;
import net.imglib2.Interval;

/**
 * A plane cut into blocks, row by row from the upper left, each with a halo of context. Blocks do not overlap and
 * cover the plane; those of the last column and row may be smaller. Made as they are asked for.
 */
public final class Tiles extends AbstractList<Tiles.Tile> implements RandomAccess {
    private final Interval plane;
    private final int blockWidthPx;
    private final int blockHeightPx;
    private final int haloPx;
    private final long columns;
    private final int count;

    /**
     * One block.
     *
     * @param core the pixels that this tile is responsible for, (x, y)
     * @param outer the core and up to {@code haloPx} pixels around it, cut off at the plane's border, (x, y)
     */
    public record Tile(Interval core, Interval outer) {}

    private Tiles(Interval plane, int blockWidthPx, int blockHeightPx, int haloPx) {
        this.plane = plane;
        this.blockWidthPx = blockWidthPx;
        this.blockHeightPx = blockHeightPx;
        this.haloPx = haloPx;
        columns = (plane.dimension(0) + blockWidthPx - 1) / blockWidthPx;
        long rows = (plane.dimension(1) + blockHeightPx - 1) / blockHeightPx;
        count = Math.toIntExact(Math.multiplyExact(columns, rows));
    }

    /**
     * Cuts a plane.
     *
     * @param plane the first two axes are cut; the minimum need not be 0
     * @param blockWidthPx width of a core, at least 1
     * @param blockHeightPx height of a core, at least 1
     * @param haloPx context on each side, at least 0
     */
    public static Tiles of(Interval plane, int blockWidthPx, int blockHeightPx, int haloPx) {
        if (blockWidthPx < 1 || blockHeightPx < 1 || haloPx < 0) {
            throw new IllegalArgumentException("tiles of " + blockWidthPx + " x " + blockHeightPx
                    + " pixels with a halo of " + haloPx + "; allowed are at least 1 x 1 with at least 0");
        }
        if (plane.numDimensions() < 2 || plane.dimension(0) < 1 || plane.dimension(1) < 1) {
            throw new IllegalArgumentException("a plane of at least 1 x 1 pixels is needed to cut tiles");
        }
        return new Tiles(plane, blockWidthPx, blockHeightPx, haloPx);
    }

    @Override
    public Tile get(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("tile " + index + " of " + count);
        }
        long x0 = plane.min(0) + index % columns * blockWidthPx;
        long y0 = plane.min(1) + index / columns * blockHeightPx;
        long x1 = Math.min(x0 + blockWidthPx - 1, plane.max(0));
        long y1 = Math.min(y0 + blockHeightPx - 1, plane.max(1));
        Interval core = FinalInterval.createMinMax(x0, y0, x1, y1);
        Interval outer = FinalInterval.createMinMax(
                Math.max(x0 - haloPx, plane.min(0)),
                Math.max(y0 - haloPx, plane.min(1)),
                Math.min(x1 + haloPx, plane.max(0)),
                Math.min(y1 + haloPx, plane.max(1)));
        return new Tile(core, outer);
    }

    @Override
    public int size() {
        return count;
    }
}
