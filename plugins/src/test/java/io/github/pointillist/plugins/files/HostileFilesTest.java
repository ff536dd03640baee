// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.pointillist.plugins.results.ImageFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that claim what they do not hold are refused in one line, at once. */
class HostileFilesTest {
    @TempDir
    private Path folder;

    private void refused(String name, byte[] bytes, String... words) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> assertThatThrownBy(() -> ImageFiles.open(file))
                .isInstanceOf(IOException.class)
                .message()
                .contains(words)
                .doesNotContain("\n")
                .doesNotContain("Exception"));
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return bytes;
    }

    private static byte[] small() {
        TiffFile file = TiffFile.little();
        file.page(4, 4, 8).strips(new byte[16]);
        return file.bytes();
    }

    /** Where the field is in the only directory of a small file. */
    private static int field(byte[] bytes, int tag) {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = file.getInt(4);
        for (int i = 0; i < file.getShort(at); i++) {
            if (file.getShort(at + 2 + 12 * i) == tag) {
                return at + 2 + 12 * i;
            }
        }
        throw new IllegalArgumentException("no field " + tag);
    }

    @Test
    void loopsOfDirectories() throws IOException {
        byte[] bytes = small();
        int begin = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        refused("loop.tif", changed(bytes, bytes.length - 4, begin), "directories loops");
    }

    @Test
    void directoriesThatOverlap() throws IOException {
        byte[] bytes = new byte[60000];
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(8);
        for (int at = 8; at + 4000 < bytes.length; at += 18) { // each of 257 fields, each reaching into the next ones
            file.putShort(at, (short) 0x101);
        }
        refused("overlap.tif", bytes, "damaged");
    }

    @Test
    void countsBeyondTheFile() throws IOException {
        for (int tag : new int[] {273, 279, 258, 282}) {
            byte[] bytes = small();
            int at = tag == 282 ? field(bytes, 278) : field(bytes, tag);
            refused("count.tif", changed(bytes, at + 4, 0x7fffffff), "claims 2147483647 values");
        }
    }

    @Test
    void sizesThatTheBytesCannotHold() throws IOException {
        byte[] bytes = small();
        changed(bytes, field(bytes, 256) + 8, 60000);
        refused("wide.tif", bytes, "damaged");
        TiffFile file = TiffFile.little();
        file.page(60000, 60000, 16).set(259, TiffFile.SHORT, 8).strips(TiffFile.deflated(new byte[1000]));
        refused("bomb.tif", file.bytes(), "60000 x 60000 pixels, which its", "bytes cannot hold");
        file = TiffFile.little();
        file.page(4, 4, 8)
                .set(258, TiffFile.SHORT, 8)
                .set(277, TiffFile.SHORT, 60000)
                .strips(new byte[16]);
        refused("samples.tif", file.bytes(), "60000 samples");
    }

    @Test
    void pagesThatShareTheirBytes() throws IOException {
        TiffFile file = TiffFile.little();
        for (int p = 0; p < 40; p++) {
            file.page(64, 64, 8).strips(p == 0 ? new byte[4096] : new byte[1]);
        }
        byte[] bytes = file.bytes();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = buffer.getInt(4); at != 0; ) {
            int fields = buffer.getShort(at);
            for (int i = 0; i < fields; i++) {
                int field = at + 2 + 12 * i;
                if (buffer.getShort(field) == 273) {
                    buffer.putInt(field + 8, 8);
                } else if (buffer.getShort(field) == 279) {
                    buffer.putInt(field + 8, 4096);
                }
            }
            at = buffer.getInt(at + 2 + 12 * fields);
        }
        refused("shared.tif", bytes, "share the same bytes");
    }

    @Test
    void stacksCutShort() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(4, 4, 8)
                .text("ImageJ=1.54p\nimages=1000000\nslices=1000000\n")
                .strips(new byte[16]);
        refused("short.tif", file.bytes(), "cut short", "1000000 images");
    }

    @Test
    void palettesOfBmp() throws IOException {
        byte[] bytes = new byte[200];
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B')
                .put((byte) 'M')
                .putInt(200)
                .putInt(0)
                .putInt(150)
                .putInt(40)
                .putInt(4)
                .putInt(4);
        file.putShort((short) 1).putShort((short) 8);
        file.putInt(46, 16_000_000);
        refused("palette.bmp", bytes.clone(), "palette of 16000000 colours");
        file.putInt(46, 4).putInt(18, 100_000).putInt(22, 100_000);
        refused("size.bmp", bytes.clone(), "100000 x 100000 pixels");
        file.putInt(22, Integer.MIN_VALUE);
        refused("least.bmp", bytes.clone(), "damaged");
    }

    @Test
    void otherFormats() throws IOException {
        byte[] png = new byte[45];
        ByteBuffer.wrap(png)
                .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10})
                .putInt(0x7fffffff)
                .put("IHDR".getBytes(StandardCharsets.US_ASCII));
        refused("a.png", png, "cut short");
        refused(
                "a.gif",
                "GIF89a\u00ff\u00ff\u00ff\u00ff\0\0\0\u002c".getBytes(StandardCharsets.ISO_8859_1),
                "65535 x 65535 pixels");
        refused("a.pgm", "P5\n100000 100000\n255\n".getBytes(StandardCharsets.US_ASCII), "100000 x 100000 pixels");
        refused("b.pgm", "P2\n2 2\n99999999999999\n".getBytes(StandardCharsets.US_ASCII), "number above");
        byte[] dicom = new byte[160];
        System.arraycopy("DICM".getBytes(StandardCharsets.US_ASCII), 0, dicom, 128, 4);
        changed(dicom, 132, 0x00100028);
        changed(dicom, 136, 0x7ffffff0);
        refused("a.dcm", dicom, "element of 2147483632 bytes");
        String card = String.format("%-80s", "SIMPLE  =                    T")
                + String.format("%-80s", "BITPIX  =                   16")
                + String.format("%-80s", "NAXIS   =                    2")
                + String.format("%-80s", "NAXIS1  =               100000")
                + String.format("%-80s", "NAXIS2  =               100000")
                + String.format("%-80s", "END");
        refused("a.fits", card.getBytes(StandardCharsets.US_ASCII), "10000000000 pixels");
    }

    @Test
    void formatsOfMicroscopesAreNamed() throws IOException {
        refused(
                "a.czi",
                "ZISRAWFILE".getBytes(StandardCharsets.US_ASCII),
                ".czi files are read by Bio-Formats",
                "save it as TIFF");
        assertThat(ImageFiles.others(folder, false, null))
                .extracting(file -> file.getFileName().toString())
                .containsExactly("a.czi");
        assertThat(ImageFiles.list(folder, false)).isEmpty();
    }

    @Test
    void damagedFilesOfEveryFormat() throws IOException {
        ReaderFuzz fuzz = new ReaderFuzz(folder);
        fuzz.run(20260701, 700);
        assertThat(fuzz.faults).as(fuzz::report).isEmpty();
    }
}
