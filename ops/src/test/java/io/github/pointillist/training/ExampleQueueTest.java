// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pointillist.image.RasterF;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExampleQueueTest {
    private static Annotated named(String name) {
        return new Annotated(RasterF.of(1, 1, 1), new int[1], name);
    }

    private static ExampleSource source(java.util.function.LongFunction<Annotated> make) {
        return new ExampleSource() {
            @Override
            public Annotated example(long index) {
                return make.apply(index);
            }

            @Override
            public String describe() {
                return "test";
            }
        };
    }

    @Test
    void examplesComeInOrderThoughTheFirstTakesLongest() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        ExampleSource source = source(index -> {
            if (index == 7) {
                try {
                    // the second is made before the first is done
                    assertThat(second.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            } else {
                second.countDown();
            }
            return named("e" + index);
        });
        try (ExampleQueue queue = new ExampleQueue(source, 7, 3, 2)) {
            for (int i = 7; i < 40; i++) {
                assertThat(queue.next().name()).isEqualTo("e" + i);
            }
        }
    }

    @Test
    void noMoreThanAskedForAreMadeAhead() throws Exception {
        AtomicInteger made = new AtomicInteger();
        try (ExampleQueue queue = new ExampleQueue(
                source(index -> {
                    made.incrementAndGet();
                    return named("e" + index);
                }),
                0,
                3,
                2)) {
            queue.next();
            for (int n = 0; n < 200 && made.get() < 4; n++) {
                Thread.sleep(10);
            }
            Thread.sleep(50);
            assertThat(made.get()).isEqualTo(4);
        }
    }

    @Test
    void whatGoesWrongComesOutWhereItBelongs() {
        ExampleSource source = source(index -> {
            if (index == 2) {
                throw new IllegalArgumentException("image 2 is gone");
            }
            return named("e" + index);
        });
        try (ExampleQueue queue = new ExampleQueue(source, 0, 4, 1)) {
            queue.next();
            queue.next();
            assertThatThrownBy(queue::next)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("image 2 is gone");
            assertThat(queue.next().name()).isEqualTo("e3");
        }
    }

    @Test
    void closingEndsTheThreads() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        ExampleQueue queue = new ExampleQueue(
                source(index -> {
                    assertThat(Thread.currentThread().isDaemon()).isTrue();
                    if (index == 1) {
                        try {
                            Thread.sleep(60_000);
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                        }
                    }
                    return named("e" + index);
                }),
                0,
                2,
                1);
        queue.next();
        queue.close();
        assertThatThrownBy(queue::next).isInstanceOf(CancellationException.class);
        // never begun, or ended
        if (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("Pointillist examples") && thread.isAlive())) {
            interrupted.await(10, TimeUnit.SECONDS);
        }
        for (int n = 0; n < 500 && alive(); n++) {
            Thread.sleep(10);
        }
        assertThat(alive()).isFalse();
    }

    private static boolean alive() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("Pointillist examples"));
    }

    @Test
    void mixingFollowsTheWeightsAndKeepsTheIndex() {
        ExampleSource a = source(index -> named("a" + index));
        ExampleSource b = source(index -> named("b" + index));
        MixedSource mixed = new MixedSource(List.of(a, b), new double[] {3, 1}, 12);
        int ofA = 0;
        for (int i = 0; i < 2000; i++) {
            String name = mixed.example(i).name();
            assertThat(name.substring(1)).isEqualTo("" + i);
            ofA += name.startsWith("a") ? 1 : 0;
        }
        assertThat(ofA).isBetween(1420, 1580);
        assertThat(mixed.describe()).isEqualTo("75 %: test; 25 %: test");
        assertThatThrownBy(() -> new MixedSource(List.of(a), new double[] {0}, 1))
                .hasMessageContaining("weight 0");
        assertThatThrownBy(() -> new MixedSource(List.of(a), new double[] {1, 2}, 1))
                .hasMessageContaining("one weight a source");
    }
}
