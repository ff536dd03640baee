// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

/**
 * Optical densities of haematoxylin, eosin and diaminobenzidine (Ruifrok and Johnston, "Quantification of histochemical
 * staining by color deconvolution", 2001), by tables. An intensity v of 0 to 255 has the density -ln((v + 1) / 256).
 */
final class Stains {
    private static final double[][] VECTORS = {{0.65, 0.70, 0.29}, {0.07, 0.99, 0.11}, {0.27, 0.57, 0.78}};
    private static final int STEPS_AN_INTENSITY = 8;
    private static final int STEPS_A_DENSITY = 512;
    private static final int LARGEST_DENSITY = 6;
    private static final float[] DENSITIES = densities();
    private static final float[] INTENSITIES = intensities();

    private Stains() {}

    private static float[] densities() {
        float[] table = new float[255 * STEPS_AN_INTENSITY + 2];
        for (int k = 0; k < table.length; k++) {
            table[k] = (float) -StrictMath.log(((double) k / STEPS_AN_INTENSITY + 1) / 256);
        }
        return table;
    }

    private static float[] intensities() {
        float[] table = new float[LARGEST_DENSITY * STEPS_A_DENSITY + 2];
        for (int k = 0; k < table.length; k++) {
            table[k] = (float) (256 * StrictMath.exp(-(double) k / STEPS_A_DENSITY) - 1);
        }
        return table;
    }

    /** The density of an intensity; those outside 0 to 255 have that of the nearer end. */
    static float density(float intensity) {
        float at = Math.max(0, Math.min(255, intensity)) * STEPS_AN_INTENSITY;
        int k = (int) at;
        return DENSITIES[k] + (at - k) * (DENSITIES[k + 1] - DENSITIES[k]);
    }

    /** The intensity of a density; those below 0 are white. */
    static float intensity(float density) {
        float at = Math.max(0, Math.min(LARGEST_DENSITY, density)) * STEPS_A_DENSITY;
        int k = (int) at;
        return INTENSITIES[k] + (at - k) * (INTENSITIES[k + 1] - INTENSITIES[k]);
    }

    /**
     * What densities become when the amounts of the stains are multiplied.
     *
     * @param amounts one factor a stain
     * @return (3, 3), row-major, to be multiplied from the left by a row of red, green and blue densities
     */
    static float[] scaling(double[] amounts) {
        double[][] basis = new double[3][3];
        for (int s = 0; s < 3; s++) {
            double[] v = VECTORS[s];
            double length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            for (int c = 0; c < 3; c++) {
                basis[s][c] = v[c] / length;
            }
        }
        double[][] inverse = inverse(basis);
        float[] matrix = new float[9];
        for (int from = 0; from < 3; from++) {
            for (int to = 0; to < 3; to++) {
                double sum = 0;
                for (int s = 0; s < 3; s++) {
                    sum += inverse[from][s] * amounts[s] * basis[s][to];
                }
                matrix[3 * from + to] = (float) sum;
            }
        }
        return matrix;
    }

    private static double[][] inverse(double[][] m) {
        double[][] adjugate = new double[3][3];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                int a = (j + 1) % 3;
                int b = (j + 2) % 3;
                int c = (i + 1) % 3;
                int d = (i + 2) % 3;
                adjugate[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
            }
        }
        double determinant = m[0][0] * adjugate[0][0] + m[0][1] * adjugate[1][0] + m[0][2] * adjugate[2][0];
        for (double[] row : adjugate) {
            for (int j = 0; j < 3; j++) {
                row[j] /= determinant;
            }
        }
        return adjugate;
    }
}
