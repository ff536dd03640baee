// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ij.ImagePlus;
import io.github.pointillist.plugins.results.Planes;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PNG, BMP, GIF, PNM and JPEG give the numbers of the file, not what colour management makes of them. */
class PictureReadersTest {
    @TempDir
    private Path folder;

    private Loaded load(byte[] bytes) throws IOException {
        return ImageReaders.read(Files.write(folder.resolve("a.bin"), bytes), Long.MAX_VALUE);
    }

    private static int[] values(Loaded loaded, int feature) {
        ImagePlus image = loaded.image();
        Planes.Plane plane = new Planes(image).read(1, 1);
        int[] values = new int[image.getWidth() * image.getHeight()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (int) plane.value(feature, i);
        }
        return values;
    }

    private static void chunk(ByteArrayOutputStream out, String name, byte[] content) {
        ByteBuffer bytes = ByteBuffer.allocate(12 + content.length);
        bytes.putInt(content.length)
                .put(name.getBytes(StandardCharsets.US_ASCII))
                .put(content);
        CRC32 sum = new CRC32();
        sum.update(bytes.array(), 4, 4 + content.length);
        out.writeBytes(bytes.putInt((int) sum.getValue()).array());
    }

    private static byte[] png(int width, int height, int bits, int type, byte[] palette, byte[] rows) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        chunk(
                out,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) bits)
                        .put((byte) type)
                        .array());
        chunk(out, "gAMA", ByteBuffer.allocate(4).putInt(100000).array());
        if (palette != null) {
            chunk(out, "PLTE", palette);
        }
        chunk(out, "IDAT", TiffFile.deflated(rows));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({"1,255", "2,85", "4,17"})
    void spreadsGreyOfFewBits(int bits, int step) throws IOException {
        int most = (1 << bits) - 1;
        byte[] rows = {0, (byte) (most << (8 - bits))}; // the brightest, then darkness
        assertThat(values(load(png(2, 1, bits, 0, null, rows)), 0)).containsExactly(most * step, 0);
        assertThat(most * step).isEqualTo(255);
    }

    @Test
    void readsGreyWithTransparency() throws IOException {
        Loaded eight = load(png(2, 1, 8, 4, null, new byte[] {0, 100, 0, (byte) 200, 7}));
        assertThat(eight.image().getBitDepth()).isEqualTo(8);
        assertThat(values(eight, 0)).containsExactly(100, 200);
        assertThat(eight.notes()).containsExactly("transparency (alpha) left out");
        Loaded sixteen = load(png(2, 1, 16, 4, null, new byte[] {0, 1, 2, 0, 0, (byte) 0xff, 1, 0, 9}));
        assertThat(sixteen.image().getBitDepth()).isEqualTo(16);
        assertThat(values(sixteen, 0)).containsExactly(258, 65281);
    }

    @Test
    void readsColoursWithEveryFilter() throws IOException {
        // Each row holds 10, 20, 30 in both pixels, filtered by the five methods.
        byte[] rows = {
            0, 10, 20, 30, 10, 20, 30, 1, 10, 20, 30, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3, 5, 10, 15, 0, 0, 0, 4, 0, 0, 0,
            0, 0, 0
        };
        Loaded loaded = load(png(2, 5, 8, 2, null, rows));
        for (int c = 0; c < 3; c++) {
            assertThat(values(loaded, c)).containsOnly(10 * (c + 1));
        }
        Loaded deep = load(png(1, 1, 16, 2, null, new byte[] {0, 1, 0, 2, 0, 3, 0}));
        assertThat(deep.image().getNChannels()).isEqualTo(3);
        assertThat(values(deep, 2)).containsExactly(768);
    }

    @Test
    void takesPalettesAsWhatTheyShow() throws IOException {
        byte[] grey = {9, 9, 9, (byte) 250, (byte) 250, (byte) 250};
        Loaded greys = load(png(3, 1, 8, 3, grey, new byte[] {0, 1, 0, 1}));
        assertThat(new Planes(greys.image()).rgb()).isFalse();
        assertThat(values(greys, 0)).containsExactly(250, 9, 250);
        Loaded colours = load(png(3, 1, 1, 3, new byte[] {1, 2, 3, 4, 5, 6}, new byte[] {0, (byte) 0x40}));
        assertThat(new Planes(colours.image()).rgb()).isTrue();
        assertThat(values(colours, 1)).containsExactly(2, 5, 2);
        byte[] beyond = png(1, 1, 8, 3, grey, new byte[] {0, 2});
        assertThatThrownBy(() -> load(beyond)).hasMessageContaining("the colour 2 is used, and the palette has 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "gif", "png interlaced"})
    void readsWhatJavaWrites(String how) throws IOException {
        for (int type :
                new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_USHORT_GRAY
                }) {
            String format = how.split(" ")[0];
            if ((type == BufferedImage.TYPE_USHORT_GRAY && !format.equals("png"))
                    || (type == BufferedImage.TYPE_3BYTE_BGR && format.equals("gif"))) {
                continue;
            }
            BufferedImage picture = new BufferedImage(13, 11, type);
            for (int i = 0; i < 13 * 11; i++) {
                for (int b = 0; b < picture.getRaster().getNumBands(); b++) {
                    picture.getRaster()
                            .setSample(
                                    i % 13,
                                    i / 13,
                                    b,
                                    (i * 3 + b * 50) % 256 * (type == BufferedImage.TYPE_USHORT_GRAY ? 201 : 1));
                }
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageWriter writer = ImageIO.getImageWriters(ImageTypeSpecifier.createFromRenderedImage(picture), format)
                    .next();
            ImageWriteParam settings = writer.getDefaultWriteParam();
            if (how.contains("interlaced")) {
                settings.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
                writer.setOutput(stream);
                writer.write(null, new IIOImage(picture, null, null), settings);
            }
            Loaded loaded = load(out.toByteArray());
            for (int b = 0; b < picture.getRaster().getNumBands(); b++) {
                assertThat(values(loaded, b)).isEqualTo(picture.getRaster().getSamples(0, 0, 13, 11, b, (int[]) null));
            }
        }
    }

    private static byte[] bmp(int width, int rows, int bits, int compression, int[] palette, byte[] data) {
        ByteBuffer bytes =
                ByteBuffer.allocate(54 + 4 * palette.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 'B').put((byte) 'M').putInt(bytes.capacity()).putInt(0).putInt(54 + 4 * palette.length);
        bytes.putInt(40)
                .putInt(width)
                .putInt(rows)
                .putShort((short) 1)
                .putShort((short) bits)
                .putInt(compression);
        bytes.putInt(0)
                .putInt(0)
                .putInt(0)
                .putInt(bits <= 8 ? palette.length : 0)
                .putInt(0);
        for (int colour : palette) {
            bytes.putInt(colour);
        }
        return bytes.put(data).array();
    }

    @Test
    void readsBmpFromTheBottomUpOrDown() throws IOException {
        int[] palette = {0x101010, 0x202020, 0x303030};
        byte[] data = {0, 1, 0, 0, 2, 2, 0, 0};
        assertThat(values(load(bmp(2, 2, 8, 0, palette, data)), 0)).containsExactly(0x30, 0x30, 0x10, 0x20);
        assertThat(values(load(bmp(2, -2, 8, 0, palette, data)), 0)).containsExactly(0x10, 0x20, 0x30, 0x30);
        assertThat(values(load(bmp(3, 1, 4, 0, palette, new byte[] {0x12, 0, 0, 0})), 0))
                .containsExactly(0x20, 0x30, 0x10);
        byte[] runs = {2, 1, 0, 0, 0, 4, 0, 1, 2, 0, 0, 1};
        assertThat(values(load(bmp(4, 2, 8, 1, palette, runs)), 0))
                .containsExactly(0x10, 0x20, 0x30, 0x10, 0x20, 0x20, 0x10, 0x10);
        Loaded deep = load(bmp(1, 1, 16, 3, new int[] {0xf800, 0x7e0, 0x1f}, new byte[] {(byte) 0xe0, 7, 0, 0}));
        assertThat(values(deep, 1)).containsExactly(255);
        assertThat(values(deep, 0)).containsExactly(0);
        Loaded alpha = load(bmp(1, 1, 32, 0, new int[0], new byte[] {1, 2, 3, 99}));
        assertThat(values(alpha, 0)).containsExactly(3);
        assertThat(alpha.notes()).containsExactly("transparency (alpha) left out");
    }

    @Test
    void takesThePicturesOfAnAnimationAsSlices() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {2, 0, 1, 0, (byte) 0x80, 0, 0, 10, 10, 10, 90, 90, 90});
        // All of it, then one pixel of the other colour over the left one: codes clear, index, end.
        out.writeBytes(new byte[] {0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x04, 0x0a, 0});
        out.writeBytes(new byte[] {0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 0x01, 0, 0x3b});
        Loaded loaded = load(out.toByteArray());
        assertThat(loaded.image().getNSlices()).isEqualTo(2);
        assertThat(loaded.image().getStack().getProcessor(1).get(0)).isEqualTo(10);
        assertThat(loaded.image().getStack().getProcessor(2).get(0)).isEqualTo(90);
        assertThat(loaded.image().getStack().getProcessor(2).get(1))
                .isEqualTo(loaded.image().getStack().getProcessor(1).get(1));
        assertThat(loaded.notes()).singleElement().asString().contains("2 pictures");
    }

    @Test
    void readsPnm() throws IOException {
        assertThat(values(load("P2 # text\n3 1\n4095\n7 4095 12\n".getBytes(StandardCharsets.US_ASCII)), 0))
                .containsExactly(7, 4095, 12);
        assertThat(values(load("P1\n3 1\n101".getBytes(StandardCharsets.US_ASCII)), 0))
                .containsExactly(0, 255, 0);
        assertThat(values(load("P5\n2 1\n65535\n\1\2\3\4".getBytes(StandardCharsets.ISO_8859_1)), 0))
                .containsExactly(258, 772);
        assertThat(values(load("P4\n9 1\n\u0080\u0080".getBytes(StandardCharsets.ISO_8859_1)), 0))
                .containsExactly(0, 255, 255, 255, 255, 255, 255, 255, 0);
        assertThat(values(load("P6\n1 1\n255\nabc".getBytes(StandardCharsets.US_ASCII)), 1))
                .containsExactly('b');
        assertThatThrownBy(() -> load("P5\n2 2\n255\nabc".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("cut short");
    }

    @Test
    void readsGreyAndColourJpeg() throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_3BYTE_BGR}) {
            BufferedImage picture = new BufferedImage(16, 16, type);
            for (int i = 0; i < 256; i++) {
                for (int b = 0; b < picture.getRaster().getNumBands(); b++) {
                    picture.getRaster().setSample(i % 16, i / 16, b, 40 + 60 * b);
                }
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(picture, "jpg", out);
            Loaded loaded = load(out.toByteArray());
            for (int b = 0; b < picture.getRaster().getNumBands(); b++) {
                int middle = 40 + 60 * b;
                assertThat(Arrays.stream(values(loaded, b)).boxed())
                        .allSatisfy(value -> assertThat(value).isBetween(middle - 3, middle + 3));
            }
            byte[] half = Arrays.copyOf(out.toByteArray(), out.size() - 20);
            assertThatThrownBy(() -> load(half)).isInstanceOf(DamagedException.class);
        }
    }
}
