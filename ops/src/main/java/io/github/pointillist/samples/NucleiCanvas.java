// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

import java.util.Arrays;

/** Planes of light before the microscope, and whose pixel is whose. Objects are numbered from 1 as they come. */
final class NucleiCanvas {
    final int width;
    final int height;

    /** In focus, a little out of it, far out of it; the latter two are made when first asked for. */
    final float[] sharp;

    private float[] soft;
    private float[] haze;

    /** Number of the object on top, 0 for none. */
    final int[] owner;

    /** Where the pixel lies in its owner: 0 middle, 1 outline. */
    private final float[] depth;

    /** Pixels that an object would have if it were alone, and its brightness, by number. */
    private int[] pixels = new int[64];

    private float[] brightness = new float[64];
    private float[] radii = new float[64];
    private int count;
    private float[] chromatin = new float[0];

    NucleiCanvas(int width, int height) {
        this.width = width;
        this.height = height;
        int size = Sample.pixels(width, height);
        sharp = new float[size];
        owner = new int[size];
        depth = new float[size];
    }

    float[] soft() {
        if (soft == null) {
            soft = new float[sharp.length];
        }
        return soft;
    }

    float[] haze() {
        if (haze == null) {
            haze = new float[sharp.length];
        }
        return haze;
    }

    boolean hasSoft() {
        return soft != null;
    }

    boolean hasHaze() {
        return haze != null;
    }

    int count() {
        return count;
    }

    int pixels(int object) {
        return pixels[object];
    }

    float brightness(int object) {
        return brightness[object];
    }

    float radius(int object) {
        return radii[object];
    }

    /** A number for the next object, which shines so bright on a disc of that radius. */
    int next(double light, double radiusPx) {
        count++;
        if (count == pixels.length) {
            pixels = Arrays.copyOf(pixels, 2 * count);
            brightness = Arrays.copyOf(brightness, 2 * count);
            radii = Arrays.copyOf(radii, 2 * count);
        }
        brightness[count] = (float) light;
        radii[count] = (float) radiusPx;
        return count;
    }

    /**
     * Adds an object's light to a plane and takes the pixels inside its outline.
     *
     * @param object its number, 0 for one without label
     * @param pressed whether it shares out the pixels of others at a seam and does not shine through them
     */
    void paint(Outline outline, Dye dye, int object, boolean pressed, float[] plane) {
        int x0 = (int) Math.max(0, Math.floor(outline.left - 1));
        int x1 = (int) Math.min(width - 1, Math.ceil(outline.right + 1));
        int y0 = (int) Math.max(0, Math.floor(outline.top - 1));
        int y1 = (int) Math.min(height - 1, Math.ceil(outline.bottom + 1));
        if (x0 > x1 || y0 > y1) {
            return;
        }
        int boxWidth = x1 - x0 + 1;
        boolean spotted = !dye.foci().isEmpty();
        if (spotted) {
            stampFoci(dye, x0, y0, boxWidth, y1 - y0 + 1);
        }
        double scale = ChromatinTile.GRAIN / dye.grainPx();
        double turnX = outline.cos * scale;
        double turnY = outline.sin * scale;
        double flat = dye.flatness();
        double radius = outline.meanRadius();
        int own = 0;
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                double q = outline.position(x, y);
                double dx = x - outline.x;
                double dy = y - outline.y;
                double inside = 1;
                if (q > 0.7) {
                    // a pixel on the outline is half inside
                    double beyond = Math.sqrt(dx * dx + dy * dy) * (1 - 1 / q);
                    inside = 0.5 - beyond;
                    if (inside <= 0) {
                        continue;
                    }
                    inside = Math.min(1, inside);
                }
                double square = Math.min(1, q * q);
                double light = flat + (1 - flat) * Math.sqrt(1 - square * square);
                double texture =
                        1 + dye.rim() * square * square + (dye.gradientX() * dx + dye.gradientY() * dy) / radius;
                if (dye.grain() > 0) {
                    texture += dye.grain()
                            * ChromatinTile.at(
                                    dye.tileX() + dx * turnX - dy * turnY, dye.tileY() + dx * turnY + dy * turnX);
                }
                if (spotted) {
                    texture += chromatin[(y - y0) * boxWidth + x - x0];
                }
                float value = (float) (dye.brightness() * light * inside * Math.max(0.12, texture));
                int i = y * width + x;
                if (object == 0) {
                    plane[i] += value;
                    continue;
                }
                own += q < 1 ? 1 : 0;
                settle(i, q, value, radius, object, pressed, plane);
            }
        }
        if (object != 0) {
            pixels[object] += own;
        }
    }

    private void settle(int i, double q, float value, double radius, int object, boolean pressed, float[] plane) {
        if (pressed && owner[i] != 0 && owner[i] != object) {
            double lead = (depth[i] - q) * radius;
            float seam = (float) (0.55 + 0.45 * Math.min(1, Math.abs(lead) / 1.4));
            if (lead > 0) {
                plane[i] = value * seam;
                owner[i] = object;
                depth[i] = (float) q;
            } else {
                plane[i] *= seam;
            }
            return;
        }
        plane[i] += value;
        if (q < 1) {
            owner[i] = object;
            depth[i] = (float) q;
        }
    }

    /** Takes pixels without light: for outlines wider than what shines. */
    void claim(Outline outline, int object) {
        int x0 = (int) Math.max(0, Math.floor(outline.left));
        int x1 = (int) Math.min(width - 1, Math.ceil(outline.right));
        int y0 = (int) Math.max(0, Math.floor(outline.top));
        int y1 = (int) Math.min(height - 1, Math.ceil(outline.bottom));
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                int i = y * width + x;
                double q = outline.position(x, y);
                if (q < 1) {
                    pixels[object]++;
                    if (owner[i] == 0) {
                        owner[i] = object;
                        depth[i] = (float) q;
                    }
                }
            }
        }
    }

    private void stampFoci(Dye dye, int x0, int y0, int boxWidth, int boxHeight) {
        int size = boxWidth * boxHeight;
        if (chromatin.length < size) {
            chromatin = new float[size];
        } else {
            Arrays.fill(chromatin, 0, size, 0);
        }
        for (Dye.Focus focus : dye.foci()) {
            int left = (int) Math.max(0, Math.ceil(focus.x() - focus.radius()) - x0);
            int right = (int) Math.min(boxWidth - 1, Math.floor(focus.x() + focus.radius()) - x0);
            int top = (int) Math.max(0, Math.ceil(focus.y() - focus.radius()) - y0);
            int bottom = (int) Math.min(boxHeight - 1, Math.floor(focus.y() + focus.radius()) - y0);
            double inverse = 1 / (focus.radius() * focus.radius());
            for (int y = top; y <= bottom; y++) {
                for (int x = left; x <= right; x++) {
                    double dx = x + x0 - focus.x();
                    double dy = y + y0 - focus.y();
                    double rest = 1 - (dx * dx + dy * dy) * inverse;
                    if (rest > 0) {
                        chromatin[y * boxWidth + x] += (float) (focus.strength() * rest * rest);
                    }
                }
            }
        }
    }

    /**
     * A soft line that swings on its way and thins out.
     *
     * @param plane of light
     * @param planeWidth its width; its height follows
     * @param halfWidthPx where it starts
     * @param curl change of direction a step, standard deviation
     */
    static void stroke(
            float[] plane,
            int planeWidth,
            double x,
            double y,
            double direction,
            double lengthPx,
            double halfWidthPx,
            double light,
            double curl,
            SampleRandom random) {
        int planeHeight = plane.length / planeWidth;
        double dx = StrictMath.cos(direction);
        double dy = StrictMath.sin(direction);
        double turn = 0;
        double step = Math.max(0.7, 0.45 * halfWidthPx);
        int steps = (int) Math.ceil(lengthPx / step);
        for (int k = 0; k < steps; k++) {
            double left = 1 - k / (double) steps;
            double radius = Math.max(1.1, halfWidthPx * (0.35 + 0.65 * left));
            // stamps of this kernel (1 - r^2)^2 in a row add up to 16/15 radius / step on the line
            double strength = light * Math.min(1, 4 * left) * (0.5 + 0.5 * left) * step / (1.07 * radius);
            double inverse = 1 / (radius * radius);
            int x0 = (int) Math.max(0, Math.ceil(x - radius));
            int x1 = (int) Math.min(planeWidth - 1, Math.floor(x + radius));
            int y1 = (int) Math.min(planeHeight - 1, Math.floor(y + radius));
            for (int py = (int) Math.max(0, Math.ceil(y - radius)); py <= y1; py++) {
                for (int px = x0; px <= x1; px++) {
                    double rest = 1 - ((px - x) * (px - x) + (py - y) * (py - y)) * inverse;
                    if (rest > 0) {
                        plane[py * planeWidth + px] += (float) (strength * rest * rest);
                    }
                }
            }
            turn = 0.9 * turn + curl * random.between(-1, 1);
            double nextX = dx - turn * dy;
            double nextY = dy + turn * dx;
            double norm = Math.sqrt(nextX * nextX + nextY * nextY);
            dx = nextX / norm;
            dy = nextY / norm;
            x += dx * step;
            y += dy * step;
        }
    }
}
