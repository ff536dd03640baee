// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.samples;

/**
 * The closed smooth outline of an object: an ellipse whose radius swings with the angle, bent along its long axis.
 * Angles are looked up by a measure that needs no trigonometry: v / (|u| + |v|) unrolled over the four quadrants.
 */
final class Outline {
    private static final int STEPS = 128;
    private static final double[] COS = new double[STEPS + 1];
    private static final double[] SIN = new double[STEPS + 1];

    static {
        for (int i = 0; i <= STEPS; i++) {
            double t = 4.0 * i / STEPS;
            double u = t < 1 ? 1 - t : t < 3 ? t < 2 ? 1 - t : t - 3 : t - 3;
            double v = t < 1 ? t : t < 3 ? 2 - t : t - 4;
            double norm = Math.sqrt(u * u + v * v);
            COS[i] = u / norm;
            SIN[i] = v / norm;
        }
    }

    final double x;
    final double y;

    /** Half axes. */
    final double a;

    final double b;

    /** Direction of the long axis. */
    final double cos;

    final double sin;

    private final double bend;
    private final float[] radii = new float[STEPS + 2];

    /** The box around it; may reach out of the image. */
    double left = Double.MAX_VALUE;

    double right = -Double.MAX_VALUE;
    double top = Double.MAX_VALUE;
    double bottom = -Double.MAX_VALUE;

    private Outline(double x, double y, double a, double b, double cos, double sin, double bend) {
        this.x = x;
        this.y = y;
        this.a = a;
        this.b = b;
        this.cos = cos;
        this.sin = sin;
        this.bend = bend;
    }

    /** An ellipse of these half axes. */
    static Outline ellipse(double x, double y, double a, double b, double angle) {
        return of(x, y, a, b, angle, 0, new double[0], new double[0]);
    }

    /**
     * An outline with the area of an ellipse of these half axes.
     *
     * @param bend how far the ends of the long axis are off it, in half short axes
     * @param cosines of the angle times 2, 3, ...: swings of the radius, relative
     * @param sines likewise
     */
    static Outline of(
            double x, double y, double a, double b, double angle, double bend, double[] cosines, double[] sines) {
        double area = 1;
        for (int k = 0; k < cosines.length; k++) {
            area += (cosines[k] * cosines[k] + sines[k] * sines[k]) / 2;
        }
        double shrink = 1 / Math.sqrt(area);
        Outline outline = new Outline(x, y, a * shrink, b * shrink, StrictMath.cos(angle), StrictMath.sin(angle), bend);
        for (int i = 0; i <= STEPS; i++) {
            double c = COS[i];
            double s = SIN[i];
            double radius = 1;
            for (int k = 0; k < cosines.length; k++) {
                double next = c * COS[i] - s * SIN[i];
                s = s * COS[i] + c * SIN[i];
                c = next;
                radius += cosines[k] * c + sines[k] * s;
            }
            outline.radii[i] = (float) Math.max(0.3, radius);
            outline.include(outline.radii[i] * COS[i], outline.radii[i] * SIN[i]);
        }
        outline.radii[STEPS + 1] = outline.radii[STEPS];
        return outline;
    }

    private void include(double u, double v) {
        double along = a * u;
        double across = b * (v + bend * (u * u - 0.25));
        double px = x + along * cos - across * sin;
        double py = y + along * sin + across * cos;
        left = Math.min(left, px);
        right = Math.max(right, px);
        top = Math.min(top, py);
        bottom = Math.max(bottom, py);
    }

    /** The same shape, its middle elsewhere. */
    Outline at(double newX, double newY) {
        Outline moved = new Outline(newX, newY, a, b, cos, sin, bend);
        System.arraycopy(radii, 0, moved.radii, 0, radii.length);
        moved.left = left + newX - x;
        moved.right = right + newX - x;
        moved.top = top + newY - y;
        moved.bottom = bottom + newY - y;
        return moved;
    }

    /** 0 in the centre, 1 on the outline. */
    double position(double px, double py) {
        double u = ((px - x) * cos + (py - y) * sin) / a;
        double v = ((py - y) * cos - (px - x) * sin) / b - bend * (u * u - 0.25);
        double manhattan = Math.abs(u) + Math.abs(v);
        if (manhattan < 1e-9) {
            return 0;
        }
        double t = v / manhattan;
        t = (u < 0 ? 2 - t : v < 0 ? 4 + t : t) * (STEPS / 4);
        int i = (int) t;
        double radius = radii[i] + (t - i) * (radii[i + 1] - radii[i]);
        return Math.sqrt(u * u + v * v) / radius;
    }

    /** Distance of the outline from the middle in a direction (dx, dy) of length 1. */
    double radius(double dx, double dy) {
        double u = (dx * cos + dy * sin) / a;
        double v = (dy * cos - dx * sin) / b;
        double ofEllipse = 1 / Math.sqrt(u * u + v * v);
        return ofEllipse / Math.max(0.2, position(x + ofEllipse * dx, y + ofEllipse * dy));
    }

    /** Radius of the disc of about the same area. */
    double meanRadius() {
        return Math.sqrt(a * b);
    }

    /** No point of it is farther from its middle. */
    double reach() {
        double across = Math.max(right - x, x - left);
        double down = Math.max(bottom - y, y - top);
        return Math.sqrt(across * across + down * down);
    }
}
