// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import io.github.pointillist.weights.CheckpointException;
import io.github.pointillist.weights.StateDict;
import java.util.List;
import java.util.stream.Collectors;

/** All families of models, one entry each. */
public final class Architectures {
    /** In the order in which a file is tried. */
    public static final List<Architecture<?>> ALL = List.of(
            // Whole segmenters before their backbones, which take the part "backbone." of any file.
            new KMaxDeepLabArchitecture(),
            new ContextClusterFpnArchitecture(),
            new ContextClusterUperNetArchitecture(),
            new SecVitFpnArchitecture(),
            new SecVitUperNetArchitecture(),
            new ContextClusterArchitecture(),
            new PointContextClusterArchitecture(),
            new SecVitArchitecture(),
            SwinArchitecture.SWIN,
            SwinArchitecture.SEC_SWIN,
            new SecFasterVitArchitecture(),
            new FasterVitArchitecture(),
            new ContainerArchitecture(),
            GkgNetArchitecture.INSTANCE,
            VisionGnnArchitecture.PYRAMID,
            VisionGnnArchitecture.ISOTROPIC,
            // These match whole detectors through their prefix "backbone.", so they come last.
            new ConvNeXtArchitecture(),
            new ResNetArchitecture());

    private Architectures() {}

    /**
     * The family of this id.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Architecture<?> byId(String id) {
        return ALL.stream()
                .filter(architecture -> architecture.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("architecture is " + id + "; allowed are " + ids()));
    }

    /**
     * The family whose names a state dict has.
     *
     * @throws CheckpointException if no family knows them
     */
    public static Architecture<?> of(StateDict weights) throws CheckpointException {
        return ALL.stream()
                .filter(architecture -> architecture.recognises(weights))
                .findFirst()
                .orElseThrow(() -> new CheckpointException("the file holds no model known here (" + ids()
                        + "); its first entries are "
                        + weights.names().stream()
                                .limit(5)
                                .map(CheckpointException::quote)
                                .collect(Collectors.joining(", "))));
    }

    private static String ids() {
        return ALL.stream().map(Architecture::id).collect(Collectors.joining(", "));
    }
}
