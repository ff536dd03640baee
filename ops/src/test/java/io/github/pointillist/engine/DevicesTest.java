// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import ai.djl.engine.StandardCapabilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "CPU", "gpu", "gpu-1", "cuda:0", "auto ", "gpu1000000"})
    void refusesOtherSpellings(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Devices.parse(name))
                .withMessageContaining("'" + name + "'")
                .withMessageContaining("allowed are auto, cpu, gpu0");
    }

    @Test
    void autoTakesTheGpuOnlyWithCudaAndSaysWhy() {
        assertThat(Devices.choose(null, true, 2).device()).isEqualTo(Device.gpu(0));
        assertThat(Devices.choose(null, true, 2).why()).contains("2 GPUs");
        assertThat(Devices.choose(null, false, 1)).satisfies(choice -> {
            assertThat(choice.device()).isEqualTo(Device.cpu());
            assertThat(choice.why()).contains("CPU build");
        });
        assertThat(Devices.choose(null, true, 0).why()).contains("finds no GPU");
    }

    @Test
    void aGpuThatIsNotThereIsAnError() {
        assertThat(Devices.choose("1", true, 2).name()).isEqualTo("gpu1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Devices.choose("2", true, 2))
                .withMessageContaining("gpu2")
                .withMessageContaining("gpu0 to gpu1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Devices.choose("0", false, 1))
                .withMessageContaining("CPU build");
    }

    @Test
    void theRealEngineAgrees() {
        boolean cuda = Engines.start().hasCapability(StandardCapabilities.CUDA);
        assertThat(Devices.choose("cpu").name()).isEqualTo("cpu");
        assertThat(Devices.choose("auto").device().isGpu())
                .isEqualTo(cuda && Engines.start().getGpuCount() > 0);
        assertThatIllegalArgumentException().isThrownBy(() -> Devices.parse("gpu99"));
    }
}
