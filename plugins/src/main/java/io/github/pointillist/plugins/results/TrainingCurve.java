// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import io.github.pointillist.training.Logged;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a training run has said so far.
 *
 * @param lines one a validation, in order
 * @param before metrics of the base, at step 0; empty where it has other outputs
 * @param steps in all
 * @param classNames one a class; empty for objects
 */
public record TrainingCurve(List<Logged> lines, Map<String, Double> before, long steps, List<String> classNames) {
    private static final String IOU_OF = "IoU of class ";

    /** Takes copies. */
    public TrainingCurve {
        lines = List.copyOf(lines);
        classNames = List.copyOf(classNames);
    }

    /** What was measured, in order. */
    Set<String> metricNames() {
        Set<String> names = new LinkedHashSet<>(before.keySet());
        lines.forEach(line -> names.addAll(line.metrics().keySet()));
        return names;
    }

    /** One loss or metric by step; without those that are not numbers. */
    TreeMap<Long, Double> values(String name) {
        TreeMap<Long, Double> values = new TreeMap<>();
        if (before.containsKey(name)) {
            values.put(0L, before.get(name));
        }
        for (Logged line : lines) {
            Double value = line.loss().containsKey(name)
                    ? line.loss().get(name)
                    : line.metrics().get(name);
            if (value != null) {
                values.put(line.step(), value);
            }
        }
        values.values().removeIf(value -> !Double.isFinite(value));
        return values;
    }

    /** A metric under the name of its class. */
    String shown(String metric) {
        return metric.startsWith(IOU_OF) && !classNames.isEmpty()
                ? "IoU of " + classNames.get(Integer.parseInt(metric.substring(IOU_OF.length())))
                : metric;
    }

    /** Whether a metric is about one class alone. */
    static boolean isOfOneClass(String metric) {
        return metric.startsWith(IOU_OF);
    }
}
