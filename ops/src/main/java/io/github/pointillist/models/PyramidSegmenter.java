// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.layers.Pyramid;
import io.github.pointillist.layers.Resize;
import io.github.pointillist.tensor.Layer;
import io.github.pointillist.tensor.Pass;
import java.util.List;

/**
 * What heads for semantic segmentation over the maps of a backbone have in common: mmsegmentation's {@code
 * EncoderDecoder}.
 *
 * <p>Shapes: B samples; an image of H x W pixels; map i of the backbone has h_i x w_i points of C_i channels; K classes.
 */
abstract class PyramidSegmenter extends Layer implements SemanticSegmenter, GroupingModel {
    private static final String BACKBONE = "backbone";

    private final Pyramid backbone;
    private final int classes;

    /** Declares {@code backbone}. */
    <P extends Layer & Pyramid> PyramidSegmenter(P backbone, int classes) {
        this.backbone = child(BACKBONE, backbone);
        this.classes = classes;
    }

    /** From (B, C_i, h_i, w_i) each, finest first, to logits (B, K, h_0, w_0). */
    abstract NDArray decode(NDList maps, Pass pass);

    /**
     * Classifies every point of the finest map.
     *
     * @param image (B, 3, H, W), RGB, normalised by the ImageNet mean and standard deviation
     * @return logits (B, K, h, w), 4 pixels apart for the backbones of this project
     */
    @Override
    protected final NDArray forward(NDArray image, Pass pass) {
        return decode(features(image, pass), pass);
    }

    /** The maps of the backbone, (B, C_i, h_i, w_i) each. */
    final NDList features(NDArray image, Pass pass) {
        return backbone.features(image, pass);
    }

    @Override
    public final int classes() {
        return classes;
    }

    /** Those of the backbone. */
    @Override
    public final InputSizes inputSizes() {
        if (backbone instanceof ImageClassifier model) {
            return model.inputSizes();
        }
        if (backbone instanceof GroupingModel model) {
            return model.inputSizes();
        }
        throw new IllegalStateException("the backbone of this model, "
                + backbone.getClass().getSimpleName() + ", does not say which images it takes");
    }

    /** Those of the backbone; none where it groups no points. */
    @Override
    public final List<Level> levels() {
        return backbone instanceof GroupingModel model
                ? model.levels().stream()
                        .map(level -> new Level(level.name(), BACKBONE + "." + level.tap(), level.description()))
                        .toList()
                : List.of();
    }

    @Override
    public final Groups groups(Level level, NDArray tapped, int heightPx, int widthPx) {
        if (backbone instanceof GroupingModel model) {
            return model.groups(level, tapped, heightPx, widthPx);
        }
        throw new IllegalStateException(
                "the backbone of this model, " + backbone.getClass().getSimpleName() + ", groups no points");
    }

    /**
     * Class probabilities at the size of the photo: the logits are resized to the size of the model's input, then to
     * the original size, and go through a softmax.
     *
     * @param logits (B, K, h, w)
     * @param inputSize (H, W) of the image that the model saw
     * @param originalSize (Y, X) of the photo before it was resized
     * @return (B, K, Y, X), in [0, 1], summing to 1 over K
     */
    public final NDArray probabilities(NDArray logits, Shape inputSize, Shape originalSize) {
        Shape shape = logits.getShape();
        if (shape.dimension() != 4 || shape.get(1) != classes) {
            throw new IllegalArgumentException("logits are " + shape + "; they must be (B, " + classes + ", h, w)");
        }
        checkSize("input size", inputSize);
        checkSize("original size", originalSize);
        return scoped(new NDList(logits), Pass.inference(), scope -> {
                    NDArray input = resize(logits, inputSize); // (B, K, H, W)
                    return new NDList(resize(input, originalSize).softmax(1)); // (B, K, Y, X)
                })
                .head();
    }

    private static NDArray resize(NDArray planes, Shape size) {
        return Resize.linear(Resize.linear(planes, 2, size.get(0)), 3, size.get(1));
    }

    private static void checkSize(String what, Shape size) {
        if (size.dimension() != 2 || size.get(0) < 1 || size.get(1) < 1) {
            throw new IllegalArgumentException(what + " is " + size + "; it must be (height, width), both 1 or more");
        }
    }

    /**
     * The most probable class of every pixel.
     *
     * @param probabilities (B, K, Y, X)
     * @return int64 (B, Y, X), 0 to K - 1; the smaller class on ties
     */
    public static NDArray labels(NDArray probabilities) {
        return probabilities.argMax(1);
    }
}
