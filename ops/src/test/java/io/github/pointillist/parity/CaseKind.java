// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.parity;

import ai.djl.ndarray.types.DataType;

/** Knows how to compute the outputs of some golden cases. */
public interface CaseKind {
    /** Whether this kind computes the outputs of a case. */
    boolean accepts(GoldenCase golden);

    /**
     * Computes every output of the case from its inputs and hands it to the judge. Run a second time with FLOAT64
     * where float32 flipped a decision.
     *
     * @param type the floating-point type to compute in, FLOAT32 or FLOAT64
     */
    void run(GoldenCase golden, Judge judge, DataType type) throws Exception;
}
