// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private final StringWriter text = new StringWriter();
    private long seconds = 1_000;

    private ProgressBar bar(boolean terminal, Duration every) {
        return new ProgressBar(new PrintWriter(text, true), terminal, () -> TimeUnit.SECONDS.toNanos(seconds), every);
    }

    @Test
    void withoutATerminalALineComesAfterTenSecondsAndThenEveryThirty() {
        ProgressBar bar = bar(false, Duration.ofSeconds(30));
        bar.begin("nuclei2");
        for (int step = 0; step <= 100; step++, seconds++) {
            bar.report(step, 200, "loss 0.5, AP 0.600, 3 min left");
        }
        assertThat(text.toString().lines())
                .containsExactly(
                        "pointillist: nuclei2: 10 of 200, loss 0.5, AP 0.600, 3 min left, 10 s so far",
                        "pointillist: nuclei2: 40 of 200, loss 0.5, AP 0.600, 3 min left, 40 s so far",
                        "pointillist: nuclei2: 70 of 200, loss 0.5, AP 0.600, 3 min left, 70 s so far",
                        "pointillist: nuclei2: 100 of 200, loss 0.5, AP 0.600, 3 min left, 2 min so far");
    }

    @Test
    void figuresAreToldDuringAValidationToo() {
        ProgressBar bar = bar(false, Duration.ofSeconds(30));
        bar.begin("m");
        bar.report(1, 4, "loss 0.5, 3 s left");
        seconds += 20;
        bar.report(1, 4, "validation");
        assertThat(text.toString().lines())
                .containsExactly("pointillist: m: 1 of 4, validation after loss 0.5, 3 s left, 20 s so far");
    }

    @Test
    void ofManyImagesItTellsHowManyAreDoneAndWhatIsLeftOfAll() {
        ProgressBar bar = bar(false, Duration.ofSeconds(30));
        bar.batch(3, 8);
        bar.begin("d.tif");
        seconds += 100;
        bar.report(1, 4, "segmenting");
        bar.report(2, 4, "segmenting");
        assertThat(text.toString().lines())
                .containsExactly("pointillist: 3 of 8 images done, d.tif: 25 %, segmenting, 2 min so far, about 2 min"
                        + " left");
    }

    @Test
    void shortRunsAndThoseToldToAreSilent() {
        ProgressBar bar = bar(false, Duration.ofSeconds(30));
        bar.begin("a");
        seconds += 9;
        bar.report(1, 2, "segmenting");
        bar.clear();
        ProgressBar off = bar(false, ProgressBar.every("off"));
        seconds += 1_000;
        off.report(1, 2, "segmenting");
        assertThat(text.toString()).isEmpty();
        assertThat(ProgressBar.every(null)).isEqualTo(Duration.ofSeconds(30));
        assertThat(ProgressBar.every("5")).isEqualTo(Duration.ofSeconds(5));
        assertThat(ProgressBar.every("0")).isZero();
    }

    @Test
    void aTerminalHasABarInstead() {
        ProgressBar bar = bar(true, Duration.ofSeconds(30));
        bar.begin("a.tif");
        seconds += 100;
        bar.report(1, 2, "segmenting");
        bar.clear();
        assertThat(text.toString()).startsWith("\r[###############               ] 50% a.tif: segmenting\r");
    }
}
