// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import java.util.Arrays;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.type.numeric.real.FloatType;

/**
 * The one place where axes change order. ImgLib2 images are (x, y) or (x, y, c), tensors (B, C, H, W), rasters
 * (height, width, channels). Images may start anywhere (their minimum need not be 0) and be stored in any way; tensors
 * and rasters start at 0.
 *
 * <p>Single-threaded; safe for use by several threads on different images.
 */
public final class Images {
    private Images() {}

    /** The number of channels of an (x, y) or (x, y, c) image. */
    public static int channels(RandomAccessibleInterval<?> image) {
        int n = image.numDimensions();
        if (n != 2 && n != 3) {
            throw new IllegalArgumentException("image has " + n + " dimensions " + sizes(image)
                    + "; allowed are (x, y) and (x, y, c); give one plane of a stack or time series at a time");
        }
        for (int d = 0; d < n; d++) {
            if (image.dimension(d) < 1 || image.dimension(d) > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("image of size " + sizes(image) + "; each must be 1 to 2^31 - 1");
            }
        }
        return n == 2 ? 1 : (int) image.dimension(2);
    }

    private static String sizes(RandomAccessibleInterval<?> image) {
        return Arrays.toString(image.dimensionsAsLongArray());
    }

    /**
     * Copies an image to a tensor, values unchanged.
     *
     * @param image (x, y) or (x, y, c)
     * @param channels channels of the tensor: those of the image, or any number for a grey image, whose channel is then
     *     repeated (a grey picture given to a model that was trained on RGB)
     * @return float32 (1, C, H, W) in {@code arena}
     */
    public static NDArray toTensor(RandomAccessibleInterval<? extends RealType<?>> image, int channels, Arena arena) {
        int own = channels(image);
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        if (own == channels) {
            return arena.array(planes(image), 1, channels, height, width);
        }
        Raster8.checkReplicable(own, channels);
        return arena.array(repeat(planes(image), channels), 1, channels, height, width);
    }

    private static float[] repeat(float[] plane, int channels) {
        float[] all = new float[Raster8.size(plane.length, 1, channels)];
        for (int c = 0; c < channels; c++) {
            System.arraycopy(plane, 0, all, c * plane.length, plane.length);
        }
        return all;
    }

    /** The values of an (x, y) or (x, y, c) image in the order of a tensor: (C, H, W). */
    public static float[] planes(RandomAccessibleInterval<? extends RealType<?>> image) {
        int channels = channels(image);
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        float[] values = new float[Raster8.size(width, height, channels)];
        Rows rows = new Rows(image);
        for (int c = 0, i = 0; c < channels; c++) {
            for (int y = 0; y < height; y++, i += width) {
                rows.read(y, c, values, i, 1);
            }
        }
        return values;
    }

    /** Reads rows of any image; one random access moved along x, whatever the storage. */
    private static final class Rows {
        private final RandomAccess<? extends RealType<?>> access;
        private final long[] min;
        private final int width;

        Rows(RandomAccessibleInterval<? extends RealType<?>> image) {
            access = image.randomAccess(image);
            min = image.minAsLongArray();
            width = (int) image.dimension(0);
        }

        void read(int y, int c, float[] into, int from, int step) {
            access.setPosition(min);
            access.move(y, 1);
            if (min.length == 3) {
                access.move(c, 2);
            }
            for (int x = 0, i = from; x < width; x++, i += step) {
                into[i] = access.get().getRealFloat();
                access.fwd(0);
            }
        }
    }

    /**
     * Copies a tensor to an image, values unchanged.
     *
     * @param tensor (1, C, H, W), (C, H, W) or (H, W); of any type, converted to float32
     * @return (x, y, c), or (x, y) for a tensor of two dimensions
     */
    public static Img<FloatType> toImage(NDArray tensor) {
        Shape shape = tensor.getShape();
        int n = shape.dimension();
        if (n < 2 || n > 4 || (n == 4 && shape.get(0) != 1)) {
            throw new IllegalArgumentException(
                    "tensor has shape " + shape + "; allowed are (1, C, H, W), (C, H, W) and (H, W)");
        }
        NDArray floats = tensor.toType(DataType.FLOAT32, false);
        float[] values = floats.toFloatArray();
        if (floats != tensor) {
            floats.close();
        }
        long width = shape.get(n - 1);
        long height = shape.get(n - 2);
        return n == 2
                ? ArrayImgs.floats(values, width, height)
                : ArrayImgs.floats(values, width, height, shape.get(n - 3));
    }

    /**
     * Copies an image to a raster of floats, values unchanged.
     *
     * @param image (x, y) or (x, y, c)
     */
    public static RasterF toRaster(RandomAccessibleInterval<? extends RealType<?>> image) {
        int channels = channels(image);
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        RasterF raster = RasterF.of(width, height, channels);
        Rows rows = new Rows(image);
        for (int y = 0; y < height; y++) {
            for (int c = 0; c < channels; c++) {
                rows.read(y, c, raster.data(), y * width * channels + c, channels);
            }
        }
        return raster;
    }

    /**
     * Copies an 8-bit image to a raster, values unchanged.
     *
     * @param image (x, y) or (x, y, c) with whole values from 0 to 255; for others choose a range of intensities with
     *     {@link IntensityRange}
     * @throws IllegalArgumentException if a value is no byte
     */
    public static Raster8 toRaster8(RandomAccessibleInterval<? extends RealType<?>> image) {
        RasterF floats = toRaster(image);
        byte[] bytes = new byte[floats.data().length];
        for (int i = 0; i < bytes.length; i++) {
            float value = floats.data()[i];
            int whole = (int) value;
            if (whole != value || whole < 0 || whole > 255) {
                throw new IllegalArgumentException("image holds the value " + value
                        + "; 8-bit pictures hold whole numbers from 0 to 255; stretch the contrast first");
            }
            bytes[i] = (byte) whole;
        }
        return new Raster8(floats.width(), floats.height(), floats.channels(), bytes);
    }

    /** Copies a raster to an (x, y, c) image. */
    public static Img<UnsignedByteType> toImage(Raster8 raster) {
        int pixels = raster.width() * raster.height();
        byte[] planes = new byte[raster.data().length];
        for (int c = 0, i = 0; c < raster.channels(); c++) {
            for (int p = 0; p < pixels; p++, i++) {
                planes[i] = raster.data()[p * raster.channels() + c];
            }
        }
        return ArrayImgs.unsignedBytes(planes, raster.width(), raster.height(), raster.channels());
    }

    /** Copies a raster to an (x, y, c) image. */
    public static Img<FloatType> toImage(RasterF raster) {
        return ArrayImgs.floats(planes(raster), raster.width(), raster.height(), raster.channels());
    }

    /** The values of a raster in the order of a tensor: (C, H, W). */
    public static float[] planes(RasterF raster) {
        int pixels = raster.width() * raster.height();
        float[] planes = new float[raster.data().length];
        for (int c = 0, i = 0; c < raster.channels(); c++) {
            for (int p = 0; p < pixels; p++, i++) {
                planes[i] = raster.data()[p * raster.channels() + c];
            }
        }
        return planes;
    }

    /** Wraps a plane of labels, row-major, as an (x, y) image that shares its memory. */
    public static Img<IntType> labels(int[] labels, int width, int height) {
        Raster8.checkSize(width, height, 1, labels.length);
        return ArrayImgs.ints(labels, width, height);
    }

    /**
     * Copies a label image.
     *
     * @param image (x, y), whole values below 2^31
     * @return row-major
     */
    public static int[] labels(RandomAccessibleInterval<? extends RealType<?>> image) {
        if (image.numDimensions() != 2) {
            throw new IllegalArgumentException(
                    "label image has size " + sizes(image) + "; a single plane (x, y) is needed");
        }
        channels(image);
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        int[] labels = new int[Raster8.size(width, height, 1)];
        RandomAccess<? extends RealType<?>> access = image.randomAccess(image);
        for (int y = 0, i = 0; y < height; y++) {
            access.setPosition(image.min(0), 0);
            access.setPosition(image.min(1) + y, 1);
            for (int x = 0; x < width; x++, i++) {
                double value = access.get().getRealDouble();
                labels[i] = (int) value;
                if (labels[i] != value) {
                    throw new IllegalArgumentException("label image holds " + value + " at (" + x + ", " + y
                            + "); labels are whole numbers below 2^31");
                }
                access.fwd(0);
            }
        }
        return labels;
    }
}
