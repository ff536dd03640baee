// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.pointillist.tensor.Arena;
import java.util.Arrays;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.img.cell.CellImgFactory;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.type.numeric.integer.UnsignedShortType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.util.Util;
import net.imglib2.view.Views;
import org.junit.jupiter.api.Test;

class ImagesTest {
    /** Value x + 10 y + 100 c, so that every axis shows. */
    private static <T extends RealType<T>> void fill(RandomAccessibleInterval<T> image) {
        var cursor = Views.iterable(image).localizingCursor();
        while (cursor.hasNext()) {
            cursor.fwd();
            long c = image.numDimensions() == 3 ? cursor.getLongPosition(2) : 0;
            cursor.get().setReal(cursor.getLongPosition(0) + 10 * cursor.getLongPosition(1) + 100 * c);
        }
    }

    private static float[] expected(int width, int height, int channels) {
        float[] values = new float[width * height * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % width + 10 * (i / width % height) + 100 * (i / width / height);
        }
        return values;
    }

    @Test
    void everyStorageGivesTheSameTensor() {
        Img<FloatType> array = ArrayImgs.floats(5, 4, 2);
        Img<UnsignedShortType> cells = new CellImgFactory<>(new UnsignedShortType(), 3, 3, 1).create(5, 4, 2);
        // stored with the channels of a pixel together
        RandomAccessibleInterval<UnsignedByteType> interleaved = Views.moveAxis(ArrayImgs.unsignedBytes(2, 5, 4), 0, 2);
        fill(array);
        fill(cells);
        fill(interleaved);
        RandomAccessibleInterval<FloatType> shifted = Views.translate(array, -7, 3, 11);
        try (Arena arena = Arena.onCpu()) {
            for (RandomAccessibleInterval<? extends RealType<?>> image :
                    Arrays.<RandomAccessibleInterval<? extends RealType<?>>>asList(
                            array, cells, interleaved, shifted)) {
                NDArray tensor = Images.toTensor(image, 2, arena);
                assertThat(tensor.getShape()).isEqualTo(new Shape(1, 2, 4, 5));
                assertThat(tensor.toFloatArray()).isEqualTo(expected(5, 4, 2));
                assertThat(Util.imagesEqual(Images.toImage(tensor), array)).isTrue();
                assertThat(Images.toRaster(image).at(3, 2, 1)).isEqualTo(123);
            }
            assertThat(arena.arrays()).isEqualTo(4);
        }
    }

    @Test
    void greyIsRepeatedAndOtherNumbersOfChannelsRefused() {
        Img<UnsignedByteType> grey = ArrayImgs.unsignedBytes(3, 2);
        fill(grey);
        try (Arena arena = Arena.onCpu()) {
            NDArray tensor = Images.toTensor(grey, 3, arena);
            assertThat(tensor.getShape()).isEqualTo(new Shape(1, 3, 2, 3));
            float[] one = expected(3, 2, 1);
            for (int c = 0; c < 3; c++) {
                assertThat(Arrays.copyOfRange(tensor.toFloatArray(), 6 * c, 6 * c + 6))
                        .isEqualTo(one);
            }
            assertThat(Images.toImage(arena.array(one, 2, 3)).numDimensions()).isEqualTo(2);
            assertThatThrownBy(() -> Images.toTensor(ArrayImgs.floats(3, 2, 2), 3, arena))
                    .hasMessageContaining("2 channels");
            assertThatThrownBy(() -> Images.toTensor(ArrayImgs.floats(3, 2, 2, 4), 3, arena))
                    .hasMessageContaining("[3, 2, 2, 4]");
            assertThatThrownBy(() -> Images.toImage(arena.array(new float[12], 2, 2, 3, 1)))
                    .hasMessageContaining("(2, 2, 3, 1)");
        }
    }

    @Test
    void rastersSurviveTheWayThereAndBack() {
        Raster8 raster = ResizeTest.noise8(7, 5, 3);
        assertThat(Images.toRaster8(Images.toImage(raster)).data()).isEqualTo(raster.data());
        assertThat(Images.toRaster8(Images.toImage(raster.toFloat())).data()).isEqualTo(raster.data());
        assertThat(raster.toFloat().toBytes().data()).isEqualTo(raster.data());
        assertThatThrownBy(() -> Images.toRaster8(ArrayImgs.unsignedShorts(new short[] {256}, 1, 1)))
                .hasMessageContaining("256");
        assertThatThrownBy(() -> Images.toRaster8(ArrayImgs.floats(new float[] {Float.NaN}, 1, 1)))
                .hasMessageContaining("NaN");
    }

    @Test
    void labelsSurviveTheWayThereAndBack() {
        int[] labels = {0, 70_000, 20_000_001, 3, 4, 5};
        assertThat(Images.labels(Images.labels(labels, 3, 2))).isEqualTo(labels);
        assertThatThrownBy(() -> Images.labels(ArrayImgs.floats(new float[] {0.5f}, 1, 1)))
                .hasMessageContaining("0.5");
    }

    @Test
    void percentilesIgnoreWhatIsNoNumber() {
        float[] values = new float[103];
        for (int i = 0; i <= 100; i++) {
            values[i] = 100 - i;
        }
        values[101] = Float.NaN;
        values[102] = Float.POSITIVE_INFINITY;
        assertThat(IntensityRange.percentiles(values, 1, 99.5)).isEqualTo(new IntensityRange(1, 99.5f));
        assertThat(IntensityRange.percentiles(new float[] {Float.NaN}, 1, 99)).isEqualTo(new IntensityRange(0, 0));
        IntensityRange range = new IntensityRange(10, 20);
        assertThat(new float[] {
                    range.apply(Float.NaN), range.apply(9), range.apply(15), range.apply(21), range.apply(1e30f)
                })
                .containsExactly(0, 0, 127.5f, 255, 255);
        assertThat(new IntensityRange(5, 5).apply(5)).isZero();
        assertThatThrownBy(() -> IntensityRange.percentiles(values, 50, 40)).hasMessageContaining("50.0 and 40.0");
        assertThatThrownBy(() -> new IntensityRange(0, Float.NaN)).hasMessageContaining("NaN");
    }

    @Test
    void everyChannelIsStretchedOnItsOwn() {
        RasterF picture = RasterF.of(101, 1, 2);
        for (int i = 0; i <= 100; i++) {
            picture.data()[2 * i] = 1000 + i;
            picture.data()[2 * i + 1] = -5 * i;
        }
        RasterF stretched = IntensityRange.stretch(picture, 0, 100);
        assertThat(stretched.at(0, 0, 0)).isZero();
        assertThat(stretched.at(20, 0, 0)).isEqualTo(51);
        assertThat(stretched.at(0, 0, 1)).isEqualTo(255);
        assertThat(stretched.at(100, 0, 1)).isZero();
    }

    @Test
    void percentilesOfManyValuesLookAtEveryNth() {
        float[] values = new float[IntensityRange.LOOKED_AT + 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 2 == 0 ? 7 : 1000;
        }
        assertThat(IntensityRange.percentiles(values, 0, 100)).isEqualTo(new IntensityRange(7, 7));
    }
}
