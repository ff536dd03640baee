// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pointillist.progress.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PanopticMosaicTest {
    /** Discs on two halves of ground: classes 0 and 1 are stuff, 2 and 3 things. */
    private static final class World {
        final int width;
        final int height;
        final int[] objects;
        final int[] classes;
        final int discs;

        World(int width, int height, int seed) {
            this.width = width;
            this.height = height;
            objects = new int[width * height];
            classes = new int[width * height];
            Random random = new Random(seed);
            for (int i = 0; i < classes.length; i++) {
                classes[i] = i % width < width / 2 ? 0 : 1;
            }
            List<int[]> placed = new ArrayList<>();
            for (int n = 0; n < 4000; n++) {
                int[] disc = {
                    random.nextInt(width), random.nextInt(height), 4 + random.nextInt(9), 2 + random.nextInt(2)
                };
                boolean free = placed.stream()
                        .allMatch(other -> Math.hypot(other[0] - disc[0], other[1] - disc[1]) > other[2] + disc[2]);
                if (free) {
                    placed.add(disc);
                    for (int i = 0; i < objects.length; i++) {
                        if (Math.hypot(i % width - disc[0], i / width - disc[1]) < disc[2]) {
                            objects[i] = placed.size();
                            classes[i] = disc[3];
                        }
                    }
                }
            }
            discs = placed.size();
        }

        /** What a perfect model sees in a window, under numbers of its own. */
        PanopticDecoder.Result window(int left, int top, int w, int h) {
            int[] labels = new int[w * h];
            Map<Integer, Integer> ids = new LinkedHashMap<>();
            Map<Integer, Integer> pixels = new HashMap<>();
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    if (left + x < width && top + y < height) {
                        int i = (top + y) * width + left + x;
                        int key = objects[i] > 0 ? objects[i] : -1 - classes[i];
                        labels[y * w + x] = ids.computeIfAbsent(key, k -> ids.size() + 1);
                        pixels.merge(labels[y * w + x], 1, Integer::sum);
                    }
                }
            }
            List<PanopticDecoder.Segment> segments = new ArrayList<>();
            ids.forEach((key, id) -> {
                int label = key < 0 ? -1 - key : classOf(key);
                segments.add(new PanopticDecoder.Segment(id, label, key > 0, 0.9, 0.8, pixels.get(id), List.of(id)));
            });
            return new PanopticDecoder.Result(w, h, labels, segments, List.of(), List.of());
        }

        private int classOf(int object) {
            for (int i = 0; i < objects.length; i++) {
                if (objects[i] == object) {
                    return classes[i];
                }
            }
            throw new IllegalStateException();
        }
    }

    @ParameterizedTest
    @CsvSource({"96, 24", "64, 30", "128, 40", "75, 25"})
    void piecesOfOneThingBecomeOne(int window, int overlap) {
        World world = new World(250, 170, window);
        PanopticMosaic mosaic = new PanopticMosaic(250, 170, window, window, overlap);
        assertThat(mosaic.count()).isGreaterThan(3);
        PanopticMosaic.Result result =
                mosaic.run((left, top) -> world.window(left, top, window, window), Progress.NONE);
        PanopticMosaic.Result whole = new PanopticMosaic(250, 170, 250, 170, 0)
                .run((left, top) -> world.window(left, top, 250, 170), Progress.NONE);
        assertThat(result.labels()).isEqualTo(whole.labels());
        assertThat(result.segments()).isEqualTo(whole.segments());
        assertThat(whole.segments().stream()
                        .filter(PanopticMosaic.Segment::thing)
                        .count())
                .isEqualTo(world.discs);
    }

    @Test
    void windowsCoverEveryPixelAndShareTheOverlap() {
        for (int side = 1; side < 400; side += 7) {
            int[] starts = PanopticMosaic.starts(side, 64, 20);
            assertThat(starts[0]).isZero();
            assertThat(Math.max(side, 64)).isEqualTo(starts[starts.length - 1] + 64);
            for (int i = 1; i < starts.length; i++) {
                assertThat(starts[i - 1] + 64 - starts[i]).isGreaterThanOrEqualTo(20);
            }
        }
    }

    @Test
    void anImageSmallerThanAWindowIsSeenAtOnce() {
        World world = new World(30, 20, 5);
        PanopticMosaic.Result result = new PanopticMosaic(30, 20, 64, 64, 16)
                .run((left, top) -> world.window(left, top, 64, 64), Progress.NONE);
        assertThat(result.labels()).hasSize(600).doesNotContain(0);
    }
}
