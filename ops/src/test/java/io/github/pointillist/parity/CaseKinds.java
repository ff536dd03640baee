// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import io.github.pointillist.tasks.KMaxPostCases;
import io.github.pointillist.training.kmax.KMaxLossCases;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All kinds of golden cases whose outputs can be computed. The first that accepts a case runs it. */
public final class CaseKinds {
    private static final List<CaseKind> ALL = Stream.of(
                    ContextClusterCases.ALL,
                    SecVitCases.ALL,
                    SwinCases.ALL,
                    FasterVitCases.ALL,
                    ContainerCases.ALL,
                    GkgNetCases.ALL,
                    HeadsCases.ALL,
                    KMaxCases.ALL,
                    KMaxLossCases.ALL,
                    KMaxPostCases.ALL)
            .flatMap(List::stream)
            .toList();

    private CaseKinds() {}

    /** The kind that computes this case, if there is one yet. */
    public static Optional<CaseKind> find(GoldenCase golden) {
        return find(golden, ALL);
    }

    static Optional<CaseKind> find(GoldenCase golden, List<CaseKind> kinds) {
        return kinds.stream().filter(kind -> kind.accepts(golden)).findFirst();
    }
}
