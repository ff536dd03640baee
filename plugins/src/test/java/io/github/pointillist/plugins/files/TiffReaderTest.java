// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.Planes;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every layout of TIFF files gives the numbers that were written, in memory and as a virtual stack, or is refused. */
class TiffReaderTest {
    private static final int WIDTH = 12;
    private static final int HEIGHT = 8;
    private static final int SIZE = WIDTH * HEIGHT;

    @TempDir
    private Path folder;

    private Path write(TiffFile file) throws IOException {
        return file.write(folder.resolve("a.tif"));
    }

    private static Loaded load(Path file) throws IOException {
        return ImageReaders.read(file.toAbsolutePath(), Long.MAX_VALUE);
    }

    /** Channel c of slice z, as features. */
    private static double[] plane(ImagePlus image, int c, int z) {
        Planes.Plane plane = new Planes(image).read(z, 1);
        double[] values = new double[image.getWidth() * image.getHeight()];
        for (int i = 0; i < values.length; i++) {
            values[i] = plane.value(c - 1, i);
        }
        return values;
    }

    /** The same, however much memory there is. */
    private double[][] both(Path file, int planes) throws IOException {
        Loaded inMemory = load(file);
        Loaded virtual = ImageReaders.read(file.toAbsolutePath(), 0);
        assertThat(virtual.notes()).isEqualTo(inMemory.notes());
        assertThat(inMemory.image().getStackSize()).isEqualTo(planes);
        assertThat(virtual.image().getDimensions()).isEqualTo(inMemory.image().getDimensions());
        assertThat(virtual.image().getStack() instanceof VirtualStack).isEqualTo(planes > 1);
        double[][] values = new double[planes][];
        for (int z = 1, n = 0; z <= inMemory.image().getNSlices(); z++) {
            for (int c = 1; c <= inMemory.image().getNChannels(); c++, n++) {
                values[n] = plane(inMemory.image(), c, z);
                assertThat(plane(virtual.image(), c, z)).isEqualTo(values[n]);
            }
        }
        return values;
    }

    private static double[] expected(IntToDoubleFunction of) {
        double[] values = new double[SIZE];
        Arrays.setAll(values, of);
        return values;
    }

    /** Numbers of a row-major plane as bytes; floats where the kind is 3. */
    private static byte[] data(ByteOrder order, int bits, int kind, int from, int to, IntToDoubleFunction of) {
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * bits / 8).order(order);
        for (int i = from; i < to; i++) {
            double value = of.applyAsDouble(i);
            switch (bits) {
                case 8 -> bytes.put((byte) value);
                case 16 -> bytes.putShort((short) (int) value);
                case 32 -> bytes.putInt(kind == 3 ? Float.floatToIntBits((float) value) : (int) (long) value);
                default -> bytes.putLong(kind == 3 ? Double.doubleToLongBits(value) : (long) value);
            }
        }
        return bytes.array();
    }

    @ParameterizedTest
    @CsvSource({
        "8,1,false,0", "8,1,true,0", "8,1,false,10", "16,1,true,0", "16,1,false,7", "32,3,true,0", "32,3,false,12",
        "8,2,false,0", "16,2,false,0", "32,1,false,0", "32,2,true,0", "64,1,false,0", "64,2,false,3", "64,3,false,0"
    })
    void readsStripsInAnyOrderAndWithGaps(int bits, int kind, boolean reversed, int gap) throws IOException {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            for (boolean big : new boolean[] {false, true}) {
                IntToDoubleFunction of = i -> kind == 1 ? i * 2 + 1 : kind == 2 ? i - 60 : i / 4.0 - 3;
                TiffFile file = new TiffFile(order, big);
                TiffFile.Page page = file.page(WIDTH, HEIGHT, bits)
                        .set(278, TiffFile.LONG, 3)
                        .set(339, TiffFile.SHORT, kind);
                for (int row = 0; row < HEIGHT; row += 3) {
                    page.strips(data(order, bits, kind, row * WIDTH, Math.min(HEIGHT, row + 3) * WIDTH, of));
                }
                page.apart(reversed, gap);
                Path path = write(file);

                assertThat(both(path, 1)[0]).isEqualTo(expected(of));
                assertThat(load(path).notes()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8,1", "8,2", "5,1", "5,2", "32773,1", "32946,2"})
    void readsEveryCompressionAndPredictor(int compression, int predictor) throws IOException {
        for (int bits : new int[] {8, 16, 32}) {
            IntToDoubleFunction of = i -> i * 3 % 200;
            for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
                IntToDoubleFunction stored = predictor == 1
                        ? of
                        : i -> i % WIDTH == 0 ? of.applyAsDouble(i) : of.applyAsDouble(i) - of.applyAsDouble(i - 1);
                byte[] plain = data(order, bits, 2, 0, SIZE, stored);
                byte[] coded = compression == 5
                        ? TiffFile.lzw(plain)
                        : compression == 32773 ? TiffFile.packed(plain) : TiffFile.deflated(plain);
                TiffFile file = new TiffFile(order, false);
                file.page(WIDTH, HEIGHT, bits)
                        .set(259, TiffFile.SHORT, compression)
                        .set(317, TiffFile.SHORT, predictor)
                        .strips(coded);

                assertThat(both(write(file), 1)[0]).isEqualTo(expected(of));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void undoesThePredictorOfFloats(int bits) throws IOException {
        IntToDoubleFunction of = i -> i / 8.0 - 5;
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            int size = bits / 8;
            byte[] whole = new byte[SIZE * size];
            for (int y = 0; y < HEIGHT; y++) { // as the technical note of Adobe has it: bytes apart, highest first
                byte[] row = new byte[WIDTH * size];
                for (int x = 0; x < WIDTH; x++) {
                    double value = of.applyAsDouble(y * WIDTH + x);
                    long number = bits == 32
                            ? Float.floatToIntBits((float) value)
                            : bits == 64 ? Double.doubleToLongBits(value) : half(value);
                    for (int b = 0; b < size; b++) {
                        row[b * WIDTH + x] = (byte) (number >> 8 * (size - 1 - b));
                    }
                }
                for (int i = row.length - 1; i > 0; i--) {
                    row[i] -= row[i - 1];
                }
                System.arraycopy(row, 0, whole, y * row.length, row.length);
            }
            TiffFile file = new TiffFile(order, false);
            file.page(WIDTH, HEIGHT, bits)
                    .set(339, TiffFile.SHORT, 3)
                    .set(259, TiffFile.SHORT, 8)
                    .set(317, TiffFile.SHORT, 3)
                    .strips(TiffFile.deflated(whole));

            assertThat(both(write(file), 1)[0]).isEqualTo(expected(of));
        }
    }

    /** A number of few digits as a 16-bit float. */
    private static int half(double value) {
        int bits = Float.floatToIntBits((float) value);
        int exponent = (bits >> 23 & 255) - 127 + 15;
        return value == 0 ? 0 : (bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 1023);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 10, 12, 14})
    void readsPackedBits(int bits) throws IOException {
        int rowBytes = (WIDTH * bits + 7) / 8;
        byte[] bytes = new byte[rowBytes * HEIGHT];
        for (int i = 0; i < SIZE; i++) {
            for (int b = 0; b < bits; b++) {
                int at = (i / WIDTH * rowBytes) * 8 + i % WIDTH * bits + b;
                bytes[at / 8] |= (byte) ((i >> (bits - 1 - b) & 1) << (7 - at % 8));
            }
        }
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, bits).strips(bytes);

        assertThat(both(write(file), 1)[0]).isEqualTo(expected(i -> (i & ((1 << bits) - 1)) * (bits == 1 ? 255 : 1)));
    }

    @Test
    void saysWhatFloatsCannotHold() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(2, 1, 32).strips(data(file.order(), 32, 1, 0, 2, i -> (1 << 24) + 1 + i));
        assertThat(load(write(file)).notes()).singleElement().asString().contains("16,777,216", "labels");

        file = TiffFile.little();
        file.page(2, 1, 64).set(339, TiffFile.SHORT, 3).strips(data(file.order(), 64, 3, 0, 2, i -> 0.1 + i));
        assertThat(load(write(file)).notes()).containsExactly("64-bit floats are rounded to 32 bits");

        file = TiffFile.little();
        file.page(2, 1, 64).set(339, TiffFile.SHORT, 3).strips(data(file.order(), 64, 3, 0, 2, i -> 1e200));
        Path tooLarge = write(file);
        assertThatThrownBy(() -> load(tooLarge))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("beyond 32-bit floats");
    }

    @Test
    void takesSamplesThatAreNoColoursAsChannels() throws IOException {
        for (int samples : new int[] {2, 3, 4}) {
            for (int bits : new int[] {8, 16}) {
                for (boolean planar : new boolean[] {false, true}) {
                    TiffFile file = TiffFile.little();
                    TiffFile.Page page = file.page(WIDTH, HEIGHT, bits)
                            .set(277, TiffFile.SHORT, samples)
                            .set(284, TiffFile.SHORT, planar ? 2 : 1);
                    for (int s = 0; s < (planar ? samples : 1); s++) {
                        int own = s;
                        page.strips(data(
                                file.order(),
                                bits,
                                1,
                                0,
                                SIZE * (planar ? 1 : samples),
                                i -> planar ? i + own : i / samples + i % samples));
                    }
                    double[][] planes = both(write(file), samples);
                    for (int s = 0; s < samples; s++) {
                        int own = s;
                        assertThat(planes[s]).isEqualTo(expected(i -> i + own));
                    }
                }
            }
        }
    }

    @Test
    void leavesTransparencyOutAndSaysSo() throws IOException {
        for (int bits : new int[] {8, 16}) {
            TiffFile file = TiffFile.little();
            file.page(WIDTH, HEIGHT, bits)
                    .set(277, TiffFile.SHORT, 4)
                    .set(262, TiffFile.SHORT, 2)
                    .set(338, TiffFile.SHORT, 2)
                    .strips(data(file.order(), bits, 1, 0, 4 * SIZE, i -> i % 4 == 3 ? 77 : i / 4 + i % 4));
            Loaded loaded = load(write(file));
            assertThat(loaded.notes()).containsExactly("transparency (alpha) left out");
            assertThat(new Planes(loaded.image()).channelNames()).hasSize(3);
            assertThat(loaded.image().getBitDepth()).isEqualTo(bits == 8 ? 24 : 16);
            assertThat(plane(loaded.image(), 3, 1)).isEqualTo(expected(i -> i + 2));
        }
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 16)
                .set(277, TiffFile.SHORT, 2)
                .set(338, TiffFile.SHORT, 2)
                .strips(data(file.order(), 16, 1, 0, 2 * SIZE, i -> i % 2 == 1 ? 5 : i / 2 * 100));
        Loaded grey = load(write(file));
        assertThat(grey.image().getNChannels()).isEqualTo(1);
        assertThat(grey.notes()).containsExactly("transparency (alpha) left out");
        assertThat(plane(grey.image(), 1, 1)).isEqualTo(expected(i -> i * 100));
    }

    @Test
    void readsPlanarCompressedColoursOf16Bits() throws IOException {
        TiffFile file = TiffFile.little();
        TiffFile.Page page = file.page(WIDTH, HEIGHT, 16)
                .set(277, TiffFile.SHORT, 3)
                .set(262, TiffFile.SHORT, 2)
                .set(284, TiffFile.SHORT, 2)
                .set(259, TiffFile.SHORT, 8)
                .set(278, TiffFile.LONG, 1);
        for (int s = 0; s < 3; s++) {
            int factor = s + 1;
            for (int y = 0; y < HEIGHT; y++) {
                page.strips(TiffFile.deflated(
                        data(file.order(), 16, 1, y * WIDTH, (y + 1) * WIDTH, i -> factor * i * 100)));
            }
        }
        double[][] planes = both(write(file), 3);
        for (int s = 0; s < 3; s++) {
            int factor = s + 1;
            assertThat(planes[s]).isEqualTo(expected(i -> factor * i * 100));
        }
    }

    @Test
    void readsPagesOfColoursAsSlices() throws IOException {
        TiffFile file = TiffFile.little();
        for (int z = 0; z < 3; z++) {
            int page = z;
            file.page(WIDTH, HEIGHT, 16)
                    .set(277, TiffFile.SHORT, 3)
                    .set(262, TiffFile.SHORT, 2)
                    .strips(data(file.order(), 16, 1, 0, 3 * SIZE, i -> 1000 * page + 300 * (i % 3) + i / 3));
        }
        Path path = write(file);
        double[][] planes = both(path, 9);
        ImagePlus image = load(path).image();
        assertThat(new int[] {image.getNChannels(), image.getNSlices(), image.getNFrames()})
                .containsExactly(3, 3, 1);
        for (long held : new long[] {Long.MAX_VALUE, 0}) { // in memory, and page by page
            ImagePlus opened = ImageReaders.read(path, held).image();
            assertThat(IntStream.rangeClosed(1, 9)
                            .mapToObj(n -> opened.getStack().getSliceLabel(n)))
                    .as("what ImageJ calls the colours of 16 bits")
                    .containsExactly("Red", "Green", "Blue", "Red", "Green", "Blue", "Red", "Green", "Blue");
        }
        for (int n = 0; n < 9; n++) {
            int start = 1000 * (n / 3) + 300 * (n % 3);
            assertThat(planes[n]).isEqualTo(expected(i -> start + i));
        }
    }

    @Test
    void readsTiles() throws IOException {
        TiffFile file = new TiffFile(ByteOrder.BIG_ENDIAN, true);
        byte[][] tiles = new byte[6][];
        for (int t = 0; t < 6; t++) {
            int left = t % 3 * 5;
            int top = t / 3 * 4;
            tiles[t] = TiffFile.deflated(data(file.order(), 16, 1, 0, 20, i -> (top + i / 5) * WIDTH + left + i % 5));
        }
        file.page(WIDTH, HEIGHT, 16).set(259, TiffFile.SHORT, 8).tiles(5, 4, tiles);
        assertThat(both(write(file), 1)[0]).isEqualTo(expected(i -> i));
    }

    @Test
    void takesPalettesAsWhatTheyShow() throws IOException {
        long[] grey = new long[768];
        long[] colour = new long[768];
        for (int i = 0; i < 256; i++) {
            grey[i] = grey[i + 256] = grey[i + 512] = (255 - i) * 257;
            colour[i] = i * 257;
            colour[i + 256] = (255 - i) * 257;
            colour[i + 512] = 7 * 257;
        }
        for (int pages = 1; pages <= 2; pages++) {
            TiffFile file = TiffFile.little();
            for (int p = 0; p < pages; p++) {
                file.page(WIDTH, HEIGHT, 8)
                        .set(262, TiffFile.SHORT, 3)
                        .set(320, TiffFile.SHORT, grey)
                        .strips(data(file.order(), 8, 1, 0, SIZE, i -> i));
            }
            assertThat(both(write(file), pages)[0]).isEqualTo(expected(i -> 255 - i));
            file = TiffFile.little();
            for (int p = 0; p < pages; p++) {
                file.page(WIDTH, HEIGHT, 8)
                        .set(262, TiffFile.SHORT, 3)
                        .set(320, TiffFile.SHORT, colour)
                        .strips(data(file.order(), 8, 1, 0, SIZE, i -> i));
            }
            ImagePlus image = load(write(file)).image();
            assertThat(new Planes(image).rgb()).isTrue();
            assertThat(plane(image, 1, pages)).isEqualTo(expected(i -> i));
            assertThat(plane(image, 2, pages)).isEqualTo(expected(i -> 255 - i));
            assertThat(plane(image, 3, pages)).isEqualTo(expected(i -> 7));
        }
        // ImageJ's lookup tables are for display.
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8)
                .text("ImageJ=1.54p\nimages=1\n")
                .set(262, TiffFile.SHORT, 3)
                .set(320, TiffFile.SHORT, colour)
                .set(259, TiffFile.SHORT, 8)
                .strips(TiffFile.deflated(data(file.order(), 8, 1, 0, SIZE, i -> i)));
        assertThat(both(write(file), 1)[0]).isEqualTo(expected(i -> i));
    }

    @Test
    void saysThatZeroIsWhite() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8).set(262, TiffFile.SHORT, 0).strips(data(file.order(), 8, 1, 0, SIZE, i -> i));
        Loaded loaded = load(write(file));
        assertThat(plane(loaded.image(), 1, 1)).isEqualTo(expected(i -> i));
        assertThat(loaded.image().isInvertedLut()).isTrue();
        assertThat(loaded.notes()).singleElement().asString().contains("WhiteIsZero");
    }

    @Test
    void takesAllPagesOfTheLargestRunAndSaysWhatIsLeftOut() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(4, 4, 8).strips(new byte[16]);
        for (int z = 0; z < 3; z++) {
            int page = z;
            byte[] plain = data(file.order(), 16, 1, 0, SIZE, i -> 100 * page + i);
            TiffFile.Page own = file.page(WIDTH, HEIGHT, 16);
            if (z == 1) {
                own.strips(plain);
            } else {
                own.set(259, TiffFile.SHORT, 8).strips(TiffFile.deflated(plain));
            }
        }
        Path path = write(file);
        double[][] planes = both(path, 3);
        for (int z = 0; z < 3; z++) {
            int page = z;
            assertThat(planes[z]).isEqualTo(expected(i -> 100 * page + i));
        }
        assertThat(load(path).notes())
                .containsExactly("3 pages of 4 taken (12 x 8, 16-bit); 1 page of another kind left out (4 x 4, 8-bit)");
    }

    @Test
    void refusesPagesOfWhichNoneIsMeantMoreThanTheOther() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8).strips(new byte[SIZE]);
        file.page(WIDTH, HEIGHT, 16).strips(new byte[2 * SIZE]);
        Path path = write(file);
        assertThatThrownBy(() -> load(path))
                .isInstanceOf(UnsupportedFileException.class)
                .hasMessageContaining("2 pages that differ (12 x 8, 8-bit; 12 x 8, 16-bit)")
                .hasMessageContaining("save it as TIFF");
    }

    @Test
    void leavesSmallerCopiesOut() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8).set(330, TiffFile.LONG, 8).strips(new byte[SIZE]);
        file.page(WIDTH, HEIGHT, 8).set(254, TiffFile.LONG, 1).strips(new byte[SIZE]);
        Loaded loaded = load(write(file));
        assertThat(loaded.image().getStackSize()).isEqualTo(1);
        assertThat(loaded.notes()).containsExactly("2 smaller copies (or masks) of the image in the file left out");
    }

    @Test
    void readsImageJsTextOverPagesThatLieApart() throws IOException {
        for (String text : new String[] {
            "ImageJ=1.54p\nimages=4\nchannels=2\nslices=2\nhyperstack=true\nunit=um\nspacing=2\n",
            "ImageJ=1.54p\nimages=4\n"
        }) {
            TiffFile file = TiffFile.little();
            for (int z = 0; z < 4; z++) {
                int page = z;
                TiffFile.Page own = file.page(WIDTH, HEIGHT, 16)
                        .strips(data(file.order(), 16, 1, 0, SIZE, i -> 100 * page + i))
                        .apart(false, 5);
                if (z == 0) {
                    own.text(text).ratio(282, 4, 1).ratio(283, 4, 1);
                }
            }
            Path path = write(file);
            double[][] planes = both(path, 4);
            for (int z = 0; z < 4; z++) {
                int page = z;
                assertThat(planes[z]).isEqualTo(expected(i -> 100 * page + i));
            }
            ImagePlus image = load(path).image();
            boolean hyper = text.contains("channels");
            assertThat(image.getNChannels()).isEqualTo(hyper ? 2 : 1);
            assertThat(image.getCalibration().pixelWidth).isEqualTo(hyper ? 0.25 : 1);
            assertThat(image.getCalibration().pixelDepth).isEqualTo(hyper ? 2 : 1);
        }
    }

    @Test
    void readsImageJsFilesAsImageJDoes() throws IOException {
        ImageStack stack = new ImageStack(WIDTH, HEIGHT);
        for (int n = 0; n < 6; n++) {
            ShortProcessor plane = new ShortProcessor(WIDTH, HEIGHT);
            plane.set(n, 1000 + n);
            stack.addSlice("plane " + n, plane);
        }
        ImagePlus image = new ImagePlus("a", stack);
        image.setDimensions(2, 3, 1);
        image.getCalibration().pixelWidth = 0.5;
        image.getCalibration().pixelHeight = 0.5;
        image.getCalibration().setUnit("um");
        image.setOverlay(new Overlay(new Roi(1, 2, 3, 4)));
        Path path = folder.resolve("ij.tif");
        ImageFiles.saveTiff(image, path);
        both(path, 6);
        ImagePlus read = ImageFiles.open(path);
        assertThat(read.getDimensions()).isEqualTo(image.getDimensions());
        assertThat(read.getOverlay().size()).isEqualTo(1);
        assertThat(read.getCalibration().pixelWidth).isEqualTo(0.5);
        assertThat(read.getStack().getSliceLabel(2)).isEqualTo("plane 1");
        assertThat(ImageFiles.notes(read)).isEmpty();
    }

    @Test
    void keepsRegionsOfImageJInFilesThatItsReaderDoesNotTake() throws IOException {
        ImagePlus image = new ImagePlus("a", new ByteProcessor(WIDTH, HEIGHT));
        image.setOverlay(new Overlay(new Roi(1, 2, 3, 4)));
        Path path = folder.resolve("ij.tif");
        ImageFiles.saveTiff(image, path);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
        bytes.order(bytes.get(0) == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int at = bytes.getInt(4);
        for (int k = 0; k < bytes.getShort(at); k++) { // fill order 2 mirrors zeros to zeros
            int field = at + 2 + 12 * k;
            if (bytes.getShort(field) == 305 || bytes.getShort(field) == 282) {
                bytes.putShort(field, (short) 266)
                        .putShort(field + 2, (short) 3)
                        .putInt(field + 4, 1)
                        .putShort(field + 8, (short) 2);
                break;
            }
        }
        Files.write(path, bytes.array());
        assertThat(ImageFiles.open(path).getOverlay().size()).isEqualTo(1);
    }

    @Test
    void readsJpegInTiff() throws IOException {
        BufferedImage picture = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 256; i++) {
            picture.getRaster().setSample(i % 16, i / 16, 0, i / 16 * 10);
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(picture, "jpg", jpeg);
        TiffFile file = TiffFile.little();
        file.page(16, 16, 8).set(259, TiffFile.SHORT, 7).strips(jpeg.toByteArray());
        double[] values = plane(load(write(file)).image(), 1, 1);
        for (int i = 0; i < 256; i++) {
            assertThat(values[i]).isBetween(i / 16 * 10 - 9.0, i / 16 * 10 + 9.0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "34925,LZMA",
        "50000,Zstandard",
        "50001,WebP",
        "34712,JPEG 2000",
        "4,CCITT",
        "6,old form of JPEG",
        "777,method 777"
    })
    void refusesOtherCompressionsByName(int compression, String name) throws IOException {
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8).set(259, TiffFile.SHORT, compression).strips(new byte[SIZE]);
        Path path = write(file);
        assertThatThrownBy(() -> load(path))
                .isInstanceOf(UnsupportedFileException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("Bio-Formats");
    }

    @Test
    void takesThePixelSizeOfMicroscopes() throws IOException {
        TiffFile file = TiffFile.little();
        file.page(WIDTH, HEIGHT, 8)
                .ratio(282, 20000, 1)
                .ratio(283, 20000, 1)
                .set(296, TiffFile.SHORT, 3)
                .strips(new byte[SIZE]);
        ImagePlus image = load(write(file)).image();
        assertThat(image.getCalibration().pixelWidth).isEqualTo(0.5);
        assertThat(image.getCalibration().getUnit()).isEqualTo("\u00b5m");
    }
}
