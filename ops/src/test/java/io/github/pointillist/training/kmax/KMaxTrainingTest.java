// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.training.kmax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.github.pointillist.models.KMaxDeepLab;
import io.github.pointillist.parity.GoldenCase;
import io.github.pointillist.parity.KMaxCases;
import io.github.pointillist.tensor.Arena;
import io.github.pointillist.tensor.Gradients;
import io.github.pointillist.tensor.Parameter;
import io.github.pointillist.tensor.Pass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every gradient and every running statistic of one step of training, against the reference implementation. */
class KMaxTrainingTest {
    private static final Path CASE = Path.of("src/test/resources/golden/kmax/train-tiny-convnext");
    /** Biases before a norm of the batch, or before a softmax: what the reference holds for them is rounding. */
    private static final double ZERO = 1e-9;

    private static Map<String, double[]> table(String file, int first, int second) throws IOException {
        Map<String, double[]> rows = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(CASE.resolve(file));
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",");
            rows.put(cells[0], new double[] {Double.parseDouble(cells[first]), Double.parseDouble(cells[second])});
        }
        return rows;
    }

    private static double[] lengthAndSum(NDArray array) {
        double squares = 0;
        double sum = 0;
        for (double value : array.toDoubleArray()) {
            squares += value * value;
            sum += value;
        }
        return new double[] {Math.sqrt(squares), sum};
    }

    @Test
    void gradientsAndRunningStatisticsEqualTheReference() throws IOException {
        GoldenCase golden = GoldenCase.read(CASE);
        try (Arena arena = Arena.onCpu();
                Arena scope = Arena.onCpu()) {
            KMaxDeepLab model = KMaxCases.model(golden, arena, DataType.FLOAT64);
            model.parameters().values().stream()
                    .filter(Parameter::trainable)
                    .forEach(parameter -> parameter.array().setRequiresGradient(true));
            NDArray real =
                    golden.input("is_real_pixels", scope, DataType.FLOAT64).toType(DataType.FLOAT64, false);
            NDArray image = golden.input("input", scope, DataType.FLOAT64).mul(real.expandDims(1));
            try (Gradients collector = Gradients.note()) {
                NDList all = model.predictAll(image, Pass.training());
                Map<String, NDArray> parts =
                        KMaxCases.loss(golden).parts(all, KMaxLossCases.truths(golden), KMaxCases.noise(golden));
                NDArray total = parts.values().iterator().next();
                for (NDArray part : List.copyOf(parts.values()).subList(1, parts.size())) {
                    total = total.add(part);
                }
                collector.backward(total);
            }
            Map<String, double[]> gradients = table("parameters.csv", 3, 4);
            int compared = 0;
            for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
                double[] reference = gradients.get(entry.getKey());
                if (!entry.getValue().trainable()) {
                    continue;
                }
                assertThat(reference).as(entry.getKey()).isNotNull();
                double[] own;
                try (NDArray gradient = entry.getValue().array().getGradient()) {
                    own = lengthAndSum(gradient);
                }
                if (reference[0] < ZERO) {
                    assertThat(own[0]).as(entry.getKey()).isLessThan(ZERO);
                } else {
                    compared++;
                    assertThat(own[0]).as(entry.getKey()).isCloseTo(reference[0], within(1e-5 * reference[0]));
                    assertThat(own[1]).as(entry.getKey()).isCloseTo(reference[1], within(1e-5 * reference[0]));
                }
            }
            assertThat(compared).isGreaterThan(300);
            Map<String, double[]> buffers = table("buffers.csv", 1, 2);
            assertThat(buffers).hasSizeGreaterThan(100);
            buffers.forEach((name, reference) -> {
                double[] own = lengthAndSum(model.parameters().get(name).array());
                assertThat(own[0]).as(name).isCloseTo(reference[0], within(1e-6 * Math.max(1, reference[0])));
                assertThat(own[1]).as(name).isCloseTo(reference[1], within(1e-6 * Math.max(1, Math.abs(reference[1]))));
            });
        }
    }
}
