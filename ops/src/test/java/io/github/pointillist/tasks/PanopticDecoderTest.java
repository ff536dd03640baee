// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.PanopticDecoder.Fate;
import io.github.pointillist.tasks.PanopticDecoder.Layout;
import io.github.pointillist.tasks.PanopticDecoder.Options;
import io.github.pointillist.tasks.PanopticDecoder.Result;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PanopticDecoderTest {
    private static final int QUERIES = 9;
    private static final int CLASSES = 4;
    private static final Set<Integer> THINGS = Set.of(2, 3);
    private static final Options OPTIONS = new Options(0.4, 0.3, 0.25, 0.6, 1, 1, 7);

    private static float[] random(Random random, int n, double scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    /** Straight from the definition: every mask at full size, one after the other. */
    private static int[] plain(float[] masks, float[] logits, Layout layout, Options options) {
        int n = layout.width() * layout.height();
        double[][] p = new double[QUERIES][n];
        for (int i = 0; i < n; i++) {
            double[] values = new double[QUERIES];
            for (int q = 0; q < QUERIES; q++) {
                values[q] = resized(masks, layout, i % layout.width(), i / layout.width(), q);
            }
            double[] softmax = softmax(values);
            for (int q = 0; q < QUERIES; q++) {
                p[q][i] = softmax[q];
            }
        }
        double[][] classes = new double[QUERIES][];
        int[] label = new int[QUERIES];
        double[] order = new double[QUERIES];
        boolean[][] held = new boolean[QUERIES][n];
        for (int q = 0; q < QUERIES; q++) {
            double[] own = new double[CLASSES + 1];
            for (int k = 0; k <= CLASSES; k++) {
                own[k] = logits[q * (CLASSES + 1) + k];
            }
            classes[q] = softmax(own);
            for (int k = 0; k < CLASSES; k++) {
                label[q] = classes[q][k] > classes[q][label[q]] ? k : label[q];
            }
            double sum = 0;
            int count = 0;
            for (int i = 0; i < n; i++) {
                held[q][i] = p[q][i] > options.pixel();
                sum += held[q][i] ? p[q][i] : 0;
                count += held[q][i] ? 1 : 0;
            }
            order[q] = classes[q][label[q]] * sum / Math.max(1, count);
        }
        int[] map = new int[n];
        int segments = 0;
        Map<Integer, Integer> stuff = new HashMap<>();
        for (int q : IntStream.range(0, QUERIES)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer q) -> -order[q]))
                .toList()) {
            boolean thing = THINGS.contains(label[q]);
            int own = 0;
            int free = 0;
            for (int i = 0; i < n; i++) {
                own += held[q][i] ? 1 : 0;
                free += held[q][i] && map[i] == 0 ? 1 : 0;
            }
            if (classes[q][label[q]] > (thing ? options.thing() : options.stuff()) && free > own * options.overlap()) {
                int segment = !thing && stuff.containsKey(label[q]) ? stuff.get(label[q]) : ++segments;
                if (!thing) {
                    stuff.put(label[q], segment);
                }
                for (int i = 0; i < n; i++) {
                    map[i] = held[q][i] && map[i] == 0 ? segment : map[i];
                }
            }
        }
        return map;
    }

    private static double[] softmax(double[] values) {
        double max = Arrays.stream(values).max().orElseThrow();
        double sum = Arrays.stream(values).map(value -> Math.exp(value - max)).sum();
        return Arrays.stream(values).map(value -> Math.exp(value - max) / sum).toArray();
    }

    private static double resized(float[] masks, Layout layout, int x, int y, int q) {
        boolean aligned = layout.paddedColumns() % 2 == 1;
        double v = at(y, layout.shownRows(), layout.height(), aligned);
        double u = at(x, layout.shownColumns(), layout.width(), aligned);
        int y0 = (int) v;
        int x0 = (int) u;
        double value = 0;
        for (int k = 0; k < 4; k++) {
            int py = Math.min(layout.shownRows() - 1, y0 + k / 2);
            int px = Math.min(layout.shownColumns() - 1, x0 + k % 2);
            double weight = (k / 2 == 0 ? 1 - (v - y0) : v - y0) * (k % 2 == 0 ? 1 - (u - x0) : u - x0);
            value += weight * padded(masks, layout, px, py, q, aligned);
        }
        return value;
    }

    private static double padded(float[] masks, Layout layout, int x, int y, int q, boolean aligned) {
        double v = at(y, layout.rows(), layout.paddedRows(), aligned);
        double u = at(x, layout.columns(), layout.paddedColumns(), aligned);
        int y0 = (int) v;
        int x0 = (int) u;
        double value = 0;
        for (int k = 0; k < 4; k++) {
            int my = Math.min(layout.rows() - 1, y0 + k / 2);
            int mx = Math.min(layout.columns() - 1, x0 + k % 2);
            double weight = (k / 2 == 0 ? 1 - (v - y0) : v - y0) * (k % 2 == 0 ? 1 - (u - x0) : u - x0);
            value += weight * masks[(my * layout.columns() + mx) * QUERIES + q];
        }
        return value;
    }

    private static double at(int i, int in, int out, boolean aligned) {
        double at = aligned ? (out == 1 ? 0 : i * (in - 1.0) / (out - 1)) : (i + 0.5) * in / out - 0.5;
        return Math.max(0, Math.min(in - 1, at));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void rowByRowIsTheSameAsAllMasksAtOnce(int seed) {
        Random random = new Random(seed);
        Layout layout = seed % 2 == 0 ? Layout.of(6, 8, 24, 32, 19, 41) : Layout.of(7, 9, 25, 33, 40 + seed, 21);
        float[] masks = random(random, layout.rows() * layout.columns() * QUERIES, 1.5);
        float[] logits = random(random, QUERIES * (CLASSES + 1), 1.5);
        Result result = new PanopticDecoder(masks, logits, layout, THINGS, OPTIONS).decode(Progress.NONE);
        assertThat(result.labels()).isEqualTo(plain(masks, logits, layout, OPTIONS));
        assertThat(result.instances()).hasSizeLessThanOrEqualTo(7).allMatch(one -> THINGS.contains(one.label()));
        int[] pixels = new int[result.segments().size() + 1];
        for (int label : result.labels()) {
            pixels[label]++;
        }
        result.segments().forEach(segment -> assertThat(segment.pixels()).isEqualTo(pixels[segment.id()]));
        long segments = result.decisions().stream()
                .filter(one -> one.fate() == Fate.SEGMENT)
                .count();
        assertThat(result.segments()).hasSize((int) segments);
    }

    @Test
    void theShownPartOfTheInputIsThatOfTheReference() {
        assertThat(Layout.of(33, 33, 129, 129, 150, 200)).isEqualTo(new Layout(33, 33, 129, 129, 97, 129, 150, 200));
        // 12.5 rounds to the even 12
        assertThat(Layout.of(8, 8, 25, 25, 1, 2).shownRows()).isEqualTo(12);
    }

    @Test
    void theExponentialIsThatOfTheLibrary() {
        for (float x = -24.9f; x <= 0; x += 0.0137f) {
            assertThat(PanopticDecoder.exp(x) / Math.exp(x)).isCloseTo(1, within(3e-7));
        }
        assertThat(PanopticDecoder.exp(0)).isEqualTo(1);
        assertThat(PanopticDecoder.exp(-26)).isZero();
    }

    @Test
    void aMapOfOnePixelIsDecoded() {
        Layout layout = Layout.of(1, 1, 4, 4, 1, 1);
        float[] masks = new float[QUERIES];
        masks[3] = 20;
        float[] logits = new float[QUERIES * (CLASSES + 1)];
        logits[3 * (CLASSES + 1) + 2] = 20;
        Result result = new PanopticDecoder(masks, logits, layout, THINGS, Options.COCO).decode(Progress.NONE);
        assertThat(result.labels()).containsExactly(1);
        assertThat(result.segments()).hasSize(1);
        assertThat(result.segments().get(0).label()).isEqualTo(2);
        assertThat(result.segments().get(0).queries()).isEqualTo(List.of(3));
    }

    @Test
    void stopsWhenAsked() {
        Layout layout = Layout.of(4, 4, 16, 16, 16, 16);
        PanopticDecoder decoder = new PanopticDecoder(
                new float[16 * QUERIES], new float[QUERIES * (CLASSES + 1)], layout, THINGS, OPTIONS);
        Progress stop = new Progress() {
            @Override
            public void report(long done, long total, String what) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThatThrownBy(() -> decoder.decode(stop)).isInstanceOf(CancellationException.class);
    }

    @Test
    void thresholdsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Options(0.3, 0.5, 0.5, 0.5, 1, 1, 1))
                .withMessageContaining("above 1/3 and below 1 for pixels");
    }
}
