// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.clustering;

/** Colour, smoothed intensity and structure tensor at three scales; see {@link Features#texture}. */
final class Texture extends Derived {
    private static final int[] SIGMAS_PX = {1, 2, 4};
    private static final int PER_SCALE = 4;
    private static final float WEIGHT = (float) (1 / Math.sqrt(SIGMAS_PX.length * PER_SCALE));

    private final FeatureSource[] smooth = new FeatureSource[SIGMAS_PX.length];
    private final FeatureSource[] tensor = new FeatureSource[SIGMAS_PX.length]; // xx, xy, yy
    private final ThreadLocal<float[][]> rows = ThreadLocal.withInitial(
            () -> new float[][] {new float[width() * source.channels()], new float[width()], new float[3 * width()]});

    Texture(FeatureSource colour, boolean isLab) {
        super(colour, colour.channels() + PER_SCALE * SIGMAS_PX.length);
        FeatureSource intensity = new Intensity(colour, isLab);
        for (int s = 0; s < SIGMAS_PX.length; s++) {
            smooth[s] = new Smoothed(intensity, SIGMAS_PX[s], true);
            // one more of the same for the gradients, which read ahead: a ring serves one reader
            FeatureSource ahead = new Smoothed(intensity, SIGMAS_PX[s], true);
            tensor[s] = new Smoothed(new Gradients(ahead, SIGMAS_PX[s]), 2 * SIGMAS_PX[s], true);
        }
    }

    @Override
    public void row(int y, float[] into) {
        float[][] buffers = rows.get();
        float[] colours = buffers[0];
        float[] smoothed = buffers[1];
        float[] products = buffers[2];
        int channels = channels();
        int first = source.channels();
        source.row(y, colours);
        for (int x = 0; x < width(); x++) {
            System.arraycopy(colours, x * first, into, x * channels, first);
        }
        for (int s = 0; s < SIGMAS_PX.length; s++) {
            smooth[s].row(y, smoothed);
            tensor[s].row(y, products);
            for (int x = 0; x < width(); x++) {
                float xx = products[3 * x];
                float xy = products[3 * x + 1];
                float yy = products[3 * x + 2];
                float half = (xx + yy) / 2;
                float root = (float) Math.sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
                float larger = half + root;
                float smaller = Math.max(0, half - root); // below 0 by rounding only
                int at = x * channels + first + PER_SCALE * s;
                into[at] = WEIGHT * smoothed[x];
                into[at + 1] = WEIGHT * (float) Math.sqrt(larger);
                into[at + 2] = WEIGHT * (float) Math.sqrt(smaller);
                into[at + 3] = WEIGHT * 100 * (larger - smaller) / (larger + smaller + 1);
            }
        }
    }

    /** L, or the mean of the features. */
    private static final class Intensity extends Derived {
        private final boolean firstOnly;
        private final float factor;
        private final ThreadLocal<float[]> row;

        Intensity(FeatureSource colour, boolean isLab) {
            super(colour, 1);
            firstOnly = isLab;
            // features of n channels were divided by sqrt(n); their mean is brought back to 0 to 100
            factor = isLab ? 1 : (float) (1 / Math.sqrt(colour.channels()));
            row = ThreadLocal.withInitial(() -> new float[colour.width() * colour.channels()]);
        }

        @Override
        public void row(int y, float[] into) {
            float[] values = row.get();
            int channels = source.channels();
            source.row(y, values);
            for (int x = 0; x < width(); x++) {
                float sum = 0;
                for (int c = 0; c < channels; c++) {
                    float f = values[x * channels + c];
                    sum += c == 0 || !firstOnly ? f : 0 * f; // 0 * NaN: a pixel takes part as a whole
                }
                into[x] = factor * sum;
            }
        }
    }

    /** Products of the central differences of one feature, times the scale squared: xx, xy, yy. */
    private static final class Gradients extends Derived {
        private final float factor;
        private final ThreadLocal<Rows> rows = ThreadLocal.withInitial(() -> new Rows(width()));

        Gradients(FeatureSource source, int sigmaPx) {
            super(source, 3);
            factor = (float) sigmaPx * sigmaPx;
        }

        @Override
        public void row(int y, float[] into) {
            Rows three = rows.get();
            int up = Math.max(0, y - 1);
            int down = Math.min(height() - 1, y + 1);
            float[] above = three.get(source, up);
            float[] here = three.get(source, y);
            float[] below = three.get(source, down);
            for (int x = 0; x < width(); x++) {
                int left = Math.max(0, x - 1);
                int right = Math.min(width() - 1, x + 1);
                float gx = right == left ? 0 : (here[right] - here[left]) / (right - left);
                float gy = down == up ? 0 : (below[x] - above[x]) / (down - up);
                into[3 * x] = factor * gx * gx;
                into[3 * x + 1] = factor * gx * gy;
                into[3 * x + 2] = factor * gy * gy;
            }
        }
    }

    /** The last three rows. */
    private static final class Rows {
        private final float[][] rows;
        private final int[] held = {-1, -1, -1};

        Rows(int width) {
            rows = new float[3][width];
        }

        float[] get(FeatureSource source, int y) {
            int slot = y % 3;
            if (held[slot] != y) {
                held[slot] = -1;
                source.row(y, rows[slot]);
                held[slot] = y;
            }
            return rows[slot];
        }
    }
}
