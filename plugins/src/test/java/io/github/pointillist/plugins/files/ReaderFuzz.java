// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.EllipseRoi;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.gui.TextRoi;
import ij.io.FileSaver;
import ij.io.RoiEncoder;
import ij.plugin.filter.AVI_Writer;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.plugins.results.ImageFiles;
import io.github.pointillist.plugins.results.Regions;
import io.github.pointillist.plugins.results.RoiLabels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/**
 * Opens damaged files: sound ones of every format with a few bytes changed. By hand: {@code java -Xmx512m ... ReaderFuzz SEED COUNT
 * [FILE...]}; it prints counts, the slowest files, and what is neither an image nor one line of a refusal.
 */
final class ReaderFuzz {
    private static final double MOST_SECONDS = 5;
    private static final double SLOW_SECONDS = 1;
    private static final int LEAST_COORDINATE = 128;

    private final Path folder;
    private final Map<String, byte[]> bases = new TreeMap<>();
    private final Map<String, long[]> counts = new TreeMap<>();
    private final Map<String, Double> slowest = new TreeMap<>();
    final Map<String, String> faults = new LinkedHashMap<>();

    ReaderFuzz(Path folder) throws IOException {
        this.folder = folder;
        makeBases();
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("fuzz");
        ReaderFuzz fuzz = new ReaderFuzz(folder);
        for (int i = 2; i < arguments.length; i++) {
            Path file = Path.of(arguments[i]);
            fuzz.bases.put(file.getFileName().toString(), Files.readAllBytes(file));
        }
        fuzz.run(Long.parseLong(arguments[0]), Integer.parseInt(arguments[1]));
        System.out.println(fuzz.report());
    }

    private byte[] saved(ImagePlus image, String how) throws IOException {
        Path file = folder.resolve("base." + how);
        switch (how) {
            case "fits" -> new FileSaver(image).saveAsFits(file.toString());
            case "avi" -> new AVI_Writer().writeImage(image, file.toString(), AVI_Writer.NO_COMPRESSION, 90);
            case "tif" -> ImageFiles.saveTiff(image, file);
            default -> ImageIO.write(image.getBufferedImage(), how, file.toFile());
        }
        return Files.readAllBytes(file);
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i / 7 + (bytes[i] & 15));
        }
        return bytes;
    }

    private void makeBases() throws IOException {
        ImagePlus bytes = new ImagePlus("b", new ByteProcessor(32, 32, pattern(1024, 1)));
        Overlay overlay = new Overlay(new Roi(2, 3, 9, 9));
        overlay.add(new OvalRoi(5, 5, 12, 9));
        bytes.setOverlay(overlay);
        bytes.setRoi(new PolygonRoi(new int[] {1, 20, 13}, new int[] {2, 3, 30}, 3, Roi.POLYGON));
        bytes.getCalibration().setUnit("um");
        bases.put("ij8.tif", saved(bytes, "tif"));
        bytes.setOverlay((Overlay) null);
        bytes.deleteRoi();
        short[] shorts = new short[1024];
        float[] floats = new float[1024];
        int[] colours = new int[1024];
        for (int i = 0; i < 1024; i++) {
            shorts[i] = (short) (i * 37);
            floats[i] = i / 3f;
            colours[i] = i * 4321;
        }
        ImageStack stack = new ImageStack(32, 32);
        stack.addSlice("one", shorts);
        stack.addSlice("two", shorts.clone());
        ImagePlus hyper = new ImagePlus("s", stack);
        hyper.setDimensions(2, 1, 1);
        bases.put("ij16stack.tif", saved(hyper, "tif"));
        bases.put("ijfloat.tif", saved(new ImagePlus("f", new FloatProcessor(32, 32, floats, null)), "tif"));
        ImagePlus colour = new ImagePlus("c", new ColorProcessor(32, 32, colours));
        bases.put("ijrgb.tif", saved(colour, "tif"));
        for (String kind : List.of("png", "bmp", "gif", "jpg")) {
            bases.put("grey." + kind, saved(bytes, kind));
            if (!kind.equals("gif")) {
                bases.put("rgb." + kind, saved(colour, kind));
            }
        }
        BufferedImage deep = new BufferedImage(16, 16, BufferedImage.TYPE_USHORT_GRAY);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(deep, "png", out);
        bases.put("grey16.png", out.toByteArray());
        BufferedImage binary = new BufferedImage(33, 17, BufferedImage.TYPE_BYTE_BINARY);
        for (String kind : List.of("png", "bmp")) {
            out.reset();
            ImageIO.write(binary, kind, out);
            bases.put("binary." + kind, out.toByteArray());
        }
        bases.put("fits.fits", saved(new ImagePlus("x", new ShortProcessor(32, 32, shorts, null)), "fits"));
        bases.put("movie.avi", saved(new ImagePlus("m", colour.getStack()), "avi"));
        bases.put("p5.pgm", joined("P5\n# text\n32 32\n255\n", pattern(1024, 2)));
        bases.put("p5deep.pgm", joined("P5\n16 32\n65535\n", pattern(1024, 3)));
        bases.put("p2.pgm", "P2\n4 3\n255\n1 2 3 4 5 6 7 8 9 10 11 12\n".getBytes(StandardCharsets.US_ASCII));
        bases.put("p4.pbm", joined("P4\n32 32\n", pattern(128, 4)));
        bases.put("p6.ppm", joined("P6\n16 16\n255\n", pattern(768, 5)));
        bases.put("plain.dcm", dicom());
        tiffs();
        regions();
    }

    private static byte[] joined(String head, byte[] body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }

    private static byte[] dicom() {
        ByteBuffer bytes = ByteBuffer.allocate(132 + 200 + 512).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(128);
        bytes.put("DICM".getBytes(StandardCharsets.US_ASCII));
        int[][] fields = {{0x28, 0x02, 1}, {0x28, 0x10, 16}, {0x28, 0x11, 16}, {0x28, 0x100, 16}, {0x28, 0x103, 0}};
        for (int[] field : fields) {
            bytes.putShort((short) field[0])
                    .putShort((short) field[1])
                    .put((byte) 'U')
                    .put((byte) 'S');
            bytes.putShort((short) 2).putShort((short) field[2]);
        }
        bytes.putShort((short) 0x7fe0)
                .putShort((short) 0x10)
                .put((byte) 'O')
                .put((byte) 'W')
                .putShort((short) 0);
        bytes.putInt(512).put(pattern(512, 6));
        return java.util.Arrays.copyOf(bytes.array(), bytes.position());
    }

    private void tiffs() {
        byte[] data = pattern(1024, 7);
        byte[] half = java.util.Arrays.copyOf(data, 512);
        TiffFile file = TiffFile.little();
        file.page(32, 32, 8).set(278, 4, 16).strips(half, half).apart(true, 3);
        bases.put("apart.tif", file.bytes());
        int kind = 0;
        for (int compression : new int[] {8, 5, 32773}) {
            file = new TiffFile(kind % 2 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, kind == 2);
            byte[] coded = compression == 8
                    ? TiffFile.deflated(data)
                    : compression == 5 ? TiffFile.lzw(data) : TiffFile.packed(data);
            file.page(32, 16, 16)
                    .set(259, 3, compression)
                    .set(317, 3, compression == 8 ? 2 : 1)
                    .strips(coded);
            file.page(32, 16, 16).set(259, 3, compression).strips(coded);
            bases.put("coded" + compression + ".tif", file.bytes());
            kind++;
        }
        file = TiffFile.little();
        file.page(16, 16, 32).set(339, 3, 3).set(259, 3, 8).set(317, 3, 3).strips(TiffFile.deflated(data));
        bases.put("predictor3.tif", file.bytes());
        file = new TiffFile(ByteOrder.LITTLE_ENDIAN, true);
        file.page(24, 24, 8)
                .set(277, 3, 3)
                .set(258, 3, 8, 8, 8)
                .set(262, 3, 2)
                .tiles(16, 16, new byte[768], new byte[768], new byte[768], new byte[768]);
        bases.put("tiles.tif", file.bytes());
        file = TiffFile.little();
        long[] map = new long[768];
        for (int i = 0; i < 768; i++) {
            map[i] = i * 77 % 65536;
        }
        file.page(32, 32, 8).set(262, 3, 3).set(320, 3, map).strips(data);
        bases.put("palette.tif", file.bytes());
        file = TiffFile.little();
        String ome =
                "<OME><Image ID=\"a\"><Pixels SizeX=\"32\" SizeY=\"16\" SizeC=\"2\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\" "
                        + "PhysicalSizeX=\"0.5\" PhysicalSizeY=\"0.5\"><Channel Name=\"a\"/><Channel Name=\"b\"/><TiffData IFD=\"0\" PlaneCount=\"2\"/></Pixels></Image></OME>";
        file.page(32, 16, 8).text(ome).strips(half);
        file.page(32, 16, 8).strips(half);
        bases.put("ome.tif", file.bytes());
        file = TiffFile.little();
        file.page(33, 9, 12).strips(pattern(450, 8));
        bases.put("twelve.tif", file.bytes());
    }

    private void regions() throws IOException {
        Roi shape = new ShapeRoi(new Roi(1, 1, 40, 30)).or(new ShapeRoi(new OvalRoi(30, 20, 50, 50)));
        List<Roi> rois = List.of(
                new PolygonRoi(new int[] {10, 90, 50, 30}, new int[] {10, 20, 100, 60}, 4, Roi.POLYGON),
                new PolygonRoi(new float[] {1.5f, 99.5f, 40.25f}, new float[] {3.5f, 7.25f, 88}, 3, Roi.FREEROI),
                new PolygonRoi(new int[] {10, 90, 50}, new int[] {10, 20, 100}, 3, Roi.POLYLINE),
                new OvalRoi(10, 10, 50, 40),
                new EllipseRoi(20, 20, 90, 80, 0.5),
                new Line(3, 3, 100, 90),
                new PointRoi(new int[] {3, 50, 90}, new int[] {5, 60, 80}, 3),
                new Roi(5, 5, 60, 30, 10),
                new TextRoi(10, 10, "text"),
                shape);
        int n = 0;
        for (Roi roi : rois) {
            roi.setName("gland-" + n);
            bases.put("region" + n++ + ".roi", RoiEncoder.saveAsByteArray(roi));
        }
    }

    void run(long seed, int count) throws IOException {
        Random random = new Random(seed);
        List<String> names = new ArrayList<>(bases.keySet());
        for (int i = 0; i < count; i++) {
            String name = names.get(i % names.size());
            byte[] bytes = mutated(bases.get(name), random);
            if (name.endsWith(".png") && random.nextInt(4) > 0) {
                mendChecksums(bytes);
            }
            open(name, "seed " + seed + ", number " + i, bytes);
        }
    }

    private static byte[] mutated(byte[] base, Random random) {
        byte[] bytes = base.clone();
        // Most of what matters stands at the beginning or the end.
        int changes = 1 + random.nextInt(4);
        for (int c = 0; c < changes; c++) {
            int reach = random.nextInt(3) == 0 ? bytes.length : Math.min(bytes.length, 200);
            int at = random.nextInt(reach);
            at = random.nextInt(3) == 0 ? bytes.length - 1 - at : at;
            int[] values = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, bytes.length, 65535, 256, random.nextInt()};
            int value = values[random.nextInt(values.length)];
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2, 3 -> put(bytes, at & ~1, value, 2, random.nextBoolean());
                case 4, 5 -> put(bytes, at & ~1, value, 4, random.nextBoolean());
                default -> {
                    int length = Math.min(bytes.length - at, 1 + random.nextInt(16));
                    System.arraycopy(base, random.nextInt(base.length - length + 1), bytes, at, length);
                }
            }
        }
        return random.nextInt(12) == 0 ? java.util.Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length)) : bytes;
    }

    private static void put(byte[] bytes, int at, int value, int size, boolean little) {
        for (int b = 0; b < size && at + b < bytes.length; b++) {
            bytes[at + b] = (byte) (value >> 8 * (little ? b : size - 1 - b));
        }
    }

    private static void mendChecksums(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        for (int at = 8; at + 12 <= bytes.length; ) {
            int length = buffer.getInt(at);
            if (length < 0 || length > bytes.length - at - 12) {
                return;
            }
            CRC32 sum = new CRC32();
            sum.update(bytes, at + 4, length + 4);
            buffer.putInt(at + 8 + length, (int) sum.getValue());
            at += 12 + length;
        }
    }

    private void open(String name, String which, byte[] bytes) throws IOException {
        String kind = name.substring(name.lastIndexOf('.') + 1);
        Path file = Files.write(folder.resolve("damaged." + kind), bytes);
        long[] count = counts.computeIfAbsent(kind, unused -> new long[2]);
        long start = System.nanoTime();
        try {
            if (kind.equals("roi")) {
                RoiLabels.draw(
                        Regions.read(file), LEAST_COORDINATE, LEAST_COORDINATE, RoiLabels.Options.OBJECTS, List.of());
            } else {
                ImagePlus image = ImageFiles.open(file);
                for (int i = 1; i <= image.getStackSize(); i++) {
                    image.getStack().getProcessor(i).getPixels();
                }
            }
            count[0]++;
        } catch (IOException | IllegalArgumentException | UncheckedIOException e) {
            count[1]++;
            String message = e.getMessage();
            if (message == null
                    || message.contains("\n")
                    || message.contains("Exception")
                    || message.contains("Error")) {
                fault(file, name + ", " + which, "message: " + message);
            }
        } catch (RuntimeException | Error e) {
            fault(file, name + ", " + which, e.toString());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (slowest.merge(kind, seconds, Math::max) == seconds && seconds > SLOW_SECONDS) {
            Files.copy(file, folder.resolve("slowest." + kind), StandardCopyOption.REPLACE_EXISTING);
        }
        if (seconds > MOST_SECONDS) {
            fault(file, name + ", " + which, seconds + " s");
        }
    }

    private void fault(Path file, String which, String what) throws IOException {
        faults.put(which, what);
        if (faults.size() <= 50) {
            Files.copy(
                    file,
                    folder.resolve("fault" + faults.size() + "-" + which.replaceAll("[^\\w.]+", "_")
                            + file.getFileName().toString().replaceAll(".*\\.", ".")));
        }
    }

    String report() {
        StringBuilder text = new StringBuilder("format  opened  refused  slowest\n");
        long all = 0;
        for (Map.Entry<String, long[]> entry : counts.entrySet()) {
            all += entry.getValue()[0] + entry.getValue()[1];
            text.append(String.format(
                    "%-6s %7d %8d %7.2f s%n",
                    entry.getKey(), entry.getValue()[0], entry.getValue()[1], slowest.get(entry.getKey())));
        }
        text.append(all)
                .append(" files, ")
                .append(faults.size())
                .append(" faults in ")
                .append(folder)
                .append('\n');
        Map<String, Integer> kinds = new TreeMap<>();
        faults.forEach((which, what) ->
                kinds.merge(what.replaceAll("[0-9]+", "N") + " (" + which.split(",", 2)[0] + ")", 1, Integer::sum));
        kinds.forEach((what, n) -> text.append(n).append(" x ").append(what).append('\n'));
        return text.toString();
    }
}
