// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResizeTest {
    /** Width, height, channels, new width, new height; then the CRC-32 of what Pillow 9.4.0 and OpenCV 4.6.0 make. */
    @ParameterizedTest
    @CsvSource(
            value = {
                "37, 23, 3, 16, 16, 73d1f578, 10292813, 2aa3a58f, b1307ed0, 7ef08fed",
                "37, 23, 3, 101, 64, 32854631, 3a5cce98, ff20d57b, 1818bf52, 1a24986e",
                "1, 17, 1, 9, 5, 497414e8, 94a7c12a, 0fd1c5ab, 47aa058c, 0367e2c1",
                "17, 1, 3, 5, 4, ac5366cf, 07237746, 572f1ff3, 2a788d4e, 2244a412",
                "1, 1, 3, 4, 7, 0532cfa1, 0532cfa1, 0532cfa1, 97c0ebdd, 97c0ebdd",
                "64, 48, 3, 32, 24, f95e9dc4, 4a8c4cb1, 220c097d, 85cff913, 8cf461b3",
                "64, 48, 2, 32, 24, 43678f7e, 442c2a8a, 583868ed, ecbfeb69, eb87f738",
                "64, 48, 1, 32, 24, 53c06e02, 8015cda1, fb145bd4, 15995fda, b9cc75b8",
                "64, 48, 4, 32, 24, b6e476b3, c52aeaf0, 97bfb949, d0001924, 8898ac2e",
                "64, 48, 3, 21, 16, b58aa058, ef45874d, 7c5b405b, 06943531, dc363236",
                "64, 48, 4, 64, 24, 7e3a0be0, 40577f19, d9ec6402, 63d09be4, 9c0523d7",
                "300, 200, 3, 7, 5, 55909eca, dbb5a4a4, 0f2f3561, 456d3183, bf8acd78",
                "5, 5, 1, 1, 1, af05713c, 220d7cc9, d6d9c998, 148b3f15, d3c250ba",
                "33, 47, 3, 33, 47, 15518860, 15518860, 15518860, 32b5bcf8, 32b5bcf8",
                "2, 2, 1, 1, 1, 2560b8d0, 2560b8d0, 2560b8d0, 644bece4, 644bece4",
                "50, 40, 3, 224, 224, 5298502a, 2105d7d1, 13c130ee, 4c8049c5, 7be2c324",
                "451, 300, 3, 224, 224, 8aebe992, 0256ca73, 26b589b6, 7373da6d, b2e850df",
                "200, 130, 3, 224, 224, a5827663, 76fc6661, a4b74b9f, 58dba60d, 06d4b797",
                "224, 224, 1, 223, 225, de7c0409, f5a20ecf, b1b36c01, ede95b99, bdb9f141",
                "2, 3, 5, 113, 1, cffd1937, 1e3fca42, 0e4b1156, c7e43984, 44136564"
            })
    void giveThePixelsOfPillowAndOpenCv(
            int width,
            int height,
            int channels,
            int newWidth,
            int newHeight,
            String pilBicubic,
            String pilBilinear,
            String cvBilinear,
            String pilBicubicFloat,
            String pilBilinearFloat) {
        Raster8 bytes = noise8(width, height, channels);
        assertThat(crc(Resize.resize(bytes, newWidth, newHeight, Interpolation.PIL_BICUBIC)))
                .isEqualTo(pilBicubic);
        assertThat(crc(Resize.resize(bytes, newWidth, newHeight, Interpolation.PIL_BILINEAR)))
                .isEqualTo(pilBilinear);
        assertThat(crc(Resize.resize(bytes, newWidth, newHeight, Interpolation.CV_BILINEAR)))
                .isEqualTo(cvBilinear);
        RasterF floats = noise16(width, height, channels);
        assertThat(crc(Resize.resize(floats, newWidth, newHeight, Interpolation.PIL_BICUBIC)))
                .isEqualTo(pilBicubicFloat);
        assertThat(crc(Resize.resize(floats, newWidth, newHeight, Interpolation.PIL_BILINEAR)))
                .isEqualTo(pilBilinearFloat);
    }

    @Test
    void floatBilinearGivesTheValuesOfOpenCv() {
        RasterF floats = noise16(37, 23, 3);
        float[] small = Resize.resize(floats, 16, 16, Interpolation.CV_BILINEAR).data();
        float[] smallOfCv = {
            55880.0859375f, 39188.34765625f, 42298.9765625f, 37305.90234375f,
            41696.9921875f, 39941.75f, 25793.90625f, 39835.78125f
        };
        float[] large =
                Resize.resize(floats, 101, 64, Interpolation.CV_BILINEAR).data();
        float[] largeOfCv = {
            57888.0f,
            21154.712890625f,
            26354.423828125f,
            43883.3125f,
            32495.248046875f,
            25751.46484375f,
            17246.4375f,
            33991.0f
        };
        for (int i = 0; i < smallOfCv.length; i++) {
            // the last bit of a sum of products depends on fused instructions
            assertThat(small[i * 109]).isCloseTo(smallOfCv[i], within(Math.ulp(65536f)));
            assertThat(large[i * 2770]).isCloseTo(largeOfCv[i], within(Math.ulp(65536f)));
        }
    }

    @Test
    void floatAndByteBilinearAgreeToOneStep() {
        Raster8 bytes = noise8(61, 43, 3);
        Raster8 fixedPoint = Resize.resize(bytes, 97, 31, Interpolation.CV_BILINEAR);
        RasterF floats = Resize.resize(bytes.toFloat(), 97, 31, Interpolation.CV_BILINEAR);
        for (int i = 0; i < floats.data().length; i++) {
            assertThat((float) (fixedPoint.data()[i] & 0xff)).isCloseTo(floats.data()[i], within(1f));
        }
    }

    @Test
    void refusesEmptyPictures() {
        assertThatThrownBy(() -> Resize.resize(noise8(4, 4, 1), 0, 3, Interpolation.PIL_BICUBIC))
                .hasMessageContaining("0 x 3");
        assertThatThrownBy(() -> new Raster8(2, 2, 3, new byte[11])).hasMessageContaining("11 values");
    }

    static Raster8 noise8(int width, int height, int channels) {
        Raster8 raster = Raster8.of(width, height, channels);
        for (int i = 0; i < raster.data().length; i++) {
            raster.data()[i] = (byte) (bits(i) >>> 56);
        }
        return raster;
    }

    private static RasterF noise16(int width, int height, int channels) {
        RasterF raster = RasterF.of(width, height, channels);
        for (int i = 0; i < raster.data().length; i++) {
            raster.data()[i] = bits(i) >>> 48;
        }
        return raster;
    }

    /** splitmix64 from seed 0. */
    private static long bits(int i) {
        long x = (i + 1) * 0x9E3779B97F4A7C15L;
        x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }

    private static String crc(Raster8 raster) {
        return crc(raster.data());
    }

    private static String crc(RasterF raster) {
        ByteBuffer bytes = ByteBuffer.allocate(raster.data().length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(raster.data());
        return crc(bytes.array());
    }

    private static String crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return String.format("%08x", crc.getValue());
    }
}
