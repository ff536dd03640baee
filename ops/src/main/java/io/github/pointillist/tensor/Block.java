// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * Parameters that are used together as one matrix, below one another. They keep their own names and shapes but lie in
 * one block of memory, so that the joined matrix costs nothing in inference and is never out of date.
 */
public final class Block {
    private final List<Parameter> parts;
    private final Shape rowShape;
    private NDArray whole;

    /**
     * @param rowShape the shape of one row of the joined array: (in) for matrices, () for vectors
     * @param parts the parameters, each a number of such rows
     */
    public Block(Shape rowShape, List<Parameter> parts) {
        this.rowShape = rowShape;
        this.parts = List.copyOf(parts);
    }

    /** Moves the parameters into the block; call after they have been allocated. */
    void allocate(Arena arena) {
        long rows = parts.stream().mapToLong(this::rows).sum();
        whole = arena.zeros(parts.get(0).array().getDataType(), new Shape(rows).addAll(rowShape));
        long at = 0;
        for (Parameter part : parts) {
            long end = at + rows(part);
            try (NDArray slice = whole.get(new NDIndex("{}:{}", at, end))) {
                part.moveTo(slice.reshape(part.shape()));
            }
            at = end;
        }
    }

    private long rows(Parameter part) {
        return part.shape().size() / rowShape.size();
    }

    /**
     * The joined array, (rows of all parts, row shape...). It is the block itself, owned by the model, unless a part
     * takes gradients: never make it the first operand of an operation.
     */
    public NDArray value(Pass pass) {
        if (parts.stream().noneMatch(part -> part.array().hasGradient())) {
            return whole;
        }
        NDList list = new NDList();
        for (Parameter part : parts) {
            list.add(pass.value(part, new Shape(rows(part)).addAll(rowShape).getShape()));
        }
        return list.size() == 1 ? list.head() : NDArrays.concat(list, 0);
    }
}
