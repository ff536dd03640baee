// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Overlay;
import ij.io.FileInfo;
import ij.io.Opener;
import ij.io.RoiDecoder;
import ij.io.TiffDecoder;
import ij.measure.Calibration;
import ij.plugin.FileInfoVirtualStack;
import ij.process.LUT;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * TIFF, BigTIFF and OME-TIFF. The directories are walked first. ImageJ's own reader takes what ImageJ writes: its text in the
 * first page and planes that follow each other in the file. All other files are read here, plane by plane from the strips or
 * tiles of each page, or refused.
 */
final class TiffReader {
    /** Strips may be shared by several pages, but not so that a small file becomes a large one. */
    private static final int MOST_SHARED = 4;

    /** Sizes in centimetres below this come from a microscope, others from a printer; ImageJ has the same bound. */
    private static final double LARGEST_MICROSCOPE_CM = 1e-3;

    private static final double UM_PER_CM = 1e4;
    private static final int LONGEST_SHAPE = 4096;

    private static final int RGB = 2;
    private static final int METADATA_MAGIC = 0x494a494a; // IJIJ
    private static final int METADATA_ROI = 0x726f6920; // roi
    private static final int METADATA_OVERLAY = 0x6f766572; // over
    private static final int METADATA_PLOT = 0x706c6f74; // plot

    private final Path file;
    private final FileBytes bytes;
    private final TiffDirectories directories;
    private final TiffDirectory first;
    private final String description;
    private final List<String> notes = new ArrayList<>();
    private int channels = 1;
    private int slices = 1;
    private int frames = 1;
    private List<String> channelNames = List.of();
    private OmeXml ome;

    private TiffReader(Path file, FileBytes bytes) throws IOException {
        this.file = file;
        this.bytes = bytes;
        directories = TiffDirectories.walk(bytes);
        first = directories.pages().get(0);
        description = first.text(TiffDirectory.DESCRIPTION);
    }

    /**
     * Reads a file.
     *
     * @param largest bytes of pixels that are held in memory; of a larger stack one page at a time is
     */
    static Loaded read(Path file, long largest) throws IOException {
        try (FileBytes bytes = new FileBytes(file)) {
            TiffReader reader = new TiffReader(file, bytes);
            if (ImageJText.is(reader.description) && reader.isImageJs()) {
                return reader.byImageJ(largest);
            }
            return reader.byPages(largest);
        }
    }

    /** Whether the file is laid out as ImageJ writes files. */
    private boolean isImageJs() throws IOException {
        int images = ImageJText.read(description).count("images");
        boolean grey = first.samples == 1
                && ((first.format == TiffDirectory.UINT && (first.bits == 8 || first.bits == 16))
                        || (first.format == TiffDirectory.FLOAT && first.bits == 32));
        boolean colour = first.samples == 3
                && first.bits == 8
                && first.photometric == RGB
                && !first.planar
                && first.format == TiffDirectory.UINT;
        List<TiffDirectory> pages = directories.pages();
        boolean palette = first.photometric == 3;
        if (directories.big()
                || !(colour || (grey && (first.photometric <= 1 || palette)))
                || (palette && (first.bits != 8 || first.count(TiffDirectory.COLOUR_MAP) != 768))
                || (pages.size() > 1 && pages.size() != images)
                || !saneMetadata()) {
            return false;
        }
        long plane = (long) first.width * first.height * first.samples * first.bits / 8;
        long next = first.count(TiffDirectory.STRIP_OFFSETS) > 0 ? first.number(TiffDirectory.STRIP_OFFSETS, 0) : -1;
        long begin = next;
        for (TiffDirectory page : pages) {
            long[] offsets = page.numbers(TiffDirectory.STRIP_OFFSETS);
            if (page.compression != TiffPixels.NONE
                    || page.tiled
                    || page.lowBitFirst
                    || !page.plainTypes()
                    || !page.like(first)
                    || page.order() != first.order()
                    || offsets.length != page.blocks()) {
                return false;
            }
            for (int i = 0; i < offsets.length; i++) {
                if (offsets[i] != next) {
                    return false;
                }
                next += page.rowBytes() * page.rows(i);
            }
        }
        return plane > 0 && images <= bytes.size() / plane && bytes.holds(begin, plane * images);
    }

    /** ImageJ's reader trusts the sizes in the metadata that ImageJ adds. */
    private boolean saneMetadata() throws IOException {
        if (!first.has(TiffDirectory.IMAGEJ_COUNTS) && !first.has(TiffDirectory.IMAGEJ_DATA)) {
            return true;
        }
        long[] counts = first.numbers(TiffDirectory.IMAGEJ_COUNTS);
        byte[] data = first.bytes(TiffDirectory.IMAGEJ_DATA);
        if (counts.length < 2
                || counts[0] < 12
                || counts[0] > 4 + 8 * 64
                || (counts[0] - 4) % 8 != 0
                || counts[0] > data.length) {
            return false;
        }
        long total = 0;
        for (long count : counts) {
            total += count;
        }
        java.nio.ByteBuffer header = java.nio.ByteBuffer.wrap(data).order(directories.order());
        long parts = 1;
        for (int at = 4; at + 8 <= counts[0]; at += 8) {
            int number = header.getInt(at + 4);
            parts += number;
            if (number < 0) {
                return false;
            }
        }
        if (total > data.length || parts != counts.length || header.getInt(0) != METADATA_MAGIC) {
            return false;
        }
        int part = 1;
        long place = counts[0];
        for (int at = 4; at + 8 <= counts[0]; at += 8) {
            int kind = header.getInt(at);
            for (int i = 0; i < header.getInt(at + 4); i++, part++) {
                if (kind == METADATA_PLOT) { // a serialised object of Java
                    return false;
                }
                if (kind == METADATA_ROI || kind == METADATA_OVERLAY) {
                    try {
                        RoiBytes.check("", Arrays.copyOfRange(data, (int) place, (int) (place + counts[part])));
                    } catch (IOException e) {
                        return false;
                    }
                }
                place += counts[part];
            }
        }
        return true;
    }

    private Loaded byImageJ(long largest) throws IOException {
        int images = ImageJText.read(description).count("images");
        long size = (long) first.width * first.height * Math.max(1, first.bits / 8) * first.samples * images;
        Budget.memory("a plane of " + first.width + " x " + first.height + " pixels", (double) size / images);
        boolean large = images > 1 && size > largest;
        ImagePlus image = ImageJReaders.call(() -> {
            if (large) {
                return FileInfoVirtualStack.openVirtual(file.toString());
            }
            Opener opener = new Opener();
            opener.setSilentMode(true);
            return opener.openImage(file.toString());
        });
        int depth = first.samples == 3 ? 24 : first.bits;
        if (image.getWidth() != first.width
                || image.getHeight() != first.height
                || image.getStackSize() != images
                || image.getBitDepth() != depth) {
            throw new UnsupportedFileException("ImageJ's reader found " + image.getStackSize() + " planes of "
                    + image.getWidth() + " x " + image.getHeight() + " pixels and " + image.getBitDepth()
                    + " bits, the directories say " + images + " of " + first.width + " x " + first.height + " and "
                    + depth);
        }
        return new Loaded(image);
    }

    private Loaded byPages(long largest) throws IOException {
        int images = ImageJText.is(description) ? ImageJText.read(description).count("images") : 1;
        if (directories.pages().size() == 1 && images > 1) {
            double needed = (double) first.rowBytes() * first.height * images;
            if (first.compression == TiffPixels.NONE && needed <= bytes.size()) {
                throw new UnsupportedFileException("a TIFF file whose one directory stands for " + images
                        + " images of a kind that ImageJ does not write (" + first.kind() + ")");
            }
            throw new DamagedException("a TIFF file cut short: ImageJ's text speaks of " + images + " images, and "
                    + bytes.size() + " bytes are there");
        }
        List<TiffDirectory> pages = choose();
        TiffDirectory page = pages.get(0);
        List<TiffPixels> pixels = new ArrayList<>();
        double compressed = 0;
        for (TiffDirectory each : pages) {
            TiffPixels own = new TiffPixels(bytes, each);
            pixels.add(own);
            compressed += own.compressed;
        }
        if (compressed > (double) MOST_SHARED * bytes.size()) {
            throw new DamagedException("a TIFF file whose pages share the same bytes");
        }
        Samples samples = Samples.of(page, notes);
        if (page.samples == 1 && page.photometric == 0) {
            notes.add("0 is white in this file (WhiteIsZero); its numbers are taken as they are");
        }
        if (page.number(TiffDirectory.ORIENTATION, 1) != 1) {
            notes.add("the file says that it is to be shown turned or mirrored; rows are taken as they are");
        }
        boolean display = ImageJText.is(description) || ome != null;
        TiffPages source = new TiffPages(file, pages, samples, display);
        int planes = pages.size() * source.planes();
        double size = (double) page.width * page.height * source.bytesPerPixel() * planes;
        boolean virtual = planes > 1 && size > largest;
        ImageStack stack = virtual ? virtual(source, pixels) : inMemory(source, pixels);
        source.roundingNotes(notes);
        ImagePlus image = new ImagePlus("", stack);
        image.setDimensions(channels * source.planes(), slices, frames);
        name(stack, source.planes(), page.photometric == RGB);
        calibrate(image.getCalibration(), page);
        if (display && page.photometric == 3) {
            image.getProcessor()
                    .setLut(new LUT(8, 256, source.table(page, 0), source.table(page, 1), source.table(page, 2)));
            stack.setColorModel(image.getProcessor().getColorModel());
        } else if (page.samples == 1 && page.photometric == 0 && image.getBitDepth() == 8) {
            image.getProcessor().invertLut();
            stack.setColorModel(image.getProcessor().getColorModel());
        }
        if (planes == 1 && page.photometric == 3 && !display && source.indexed()) {
            Loaded indexed = Loaded.indexed(page.width, page.height, (byte[]) stack.getPixels(1), source.palette(page));
            indexed.image().setCalibration(image.getCalibration());
            image = indexed.image();
        } else {
            image = Loaded.composite(image);
        }
        drawings(image);
        Loaded loaded = new Loaded(image);
        notes.forEach(loaded::note);
        return loaded;
    }

    private static ImageStack inMemory(TiffPages source, List<TiffPixels> pixels) throws IOException {
        TiffDirectory page = source.pages().get(0);
        ImageStack stack = new ImageStack(page.width, page.height);
        for (int p = 0; p < pixels.size(); p++) {
            for (Object plane : source.read(pixels.get(p))) {
                stack.addSlice("", plane);
            }
        }
        return stack;
    }

    private static ImageStack virtual(TiffPages source, List<TiffPixels> pixels) throws IOException {
        if (source.mayRound()) { // and whether it does must not depend on memory
            for (int p = 0; p < pixels.size(); p++) {
                source.read(pixels.get(p));
            }
        }
        return new TiffStack(source);
    }

    /** The pages that make the image, in ImageJ's order; says what is left out. */
    private List<TiffDirectory> choose() throws IOException {
        List<TiffDirectory> all = directories.pages();
        long copies = 0;
        for (TiffDirectory page : all) {
            copies += page.count(TiffDirectory.SUB_DIRECTORIES);
        }
        if (OmeXml.is(description)) {
            List<TiffDirectory> pages = byOmeXml(all);
            if (pages != null) {
                noteCopies(copies);
                return pages;
            }
        }
        List<TiffDirectory> pages = new ArrayList<>();
        for (TiffDirectory page : all) {
            if (page.isCopy()) {
                copies++;
            } else {
                pages.add(page);
            }
        }
        if (pages.isEmpty()) {
            pages.addAll(all);
            copies -= all.size();
        }
        noteCopies(copies);
        List<TiffDirectory> run = longestRun(pages);
        dimensions(run.size());
        return run;
    }

    private void noteCopies(long copies) {
        if (copies > 0) {
            notes.add(copies + (copies == 1 ? " smaller copy (or mask)" : " smaller copies (or masks)")
                    + " of the image in the file left out");
        }
    }

    /** The pages of one kind that follow each other and have the most pixels; two such runs are not told apart. */
    private List<TiffDirectory> longestRun(List<TiffDirectory> pages) throws IOException {
        List<TiffDirectory> best = List.of();
        double most = 0;
        boolean tie = false;
        for (int begin = 0; begin < pages.size(); ) {
            int end = begin + 1;
            while (end < pages.size() && pages.get(end).like(pages.get(begin))) {
                end++;
            }
            double size = (double) (end - begin) * pages.get(begin).width * pages.get(begin).height;
            tie = size == most || (size < most && tie);
            if (size > most) {
                most = size;
                best = pages.subList(begin, end);
            }
            begin = end;
        }
        int others = pages.size() - best.size();
        if (tie) {
            StringBuilder kinds = new StringBuilder();
            for (int i = 0; i < Math.min(4, pages.size()); i++) {
                kinds.append(i == 0 ? "" : "; ").append(describe(pages.get(i)));
            }
            throw new UnsupportedFileException("a TIFF file of " + pages.size() + " pages that differ (" + kinds
                    + (pages.size() > 4 ? "; ..." : "") + "), and it is not clear which is meant");
        }
        if (others > 0) {
            TiffDirectory taken = best.get(0);
            TiffDirectory other =
                    pages.stream().filter(page -> !page.like(taken)).findFirst().orElse(null);
            notes.add((best.size() == 1 ? "1 page" : best.size() + " pages") + " of " + pages.size() + " taken ("
                    + describe(taken) + "); " + others + (others == 1 ? " page" : " pages")
                    + " of another kind left out" + (other == null ? "" : " (" + describe(other) + ")"));
        }
        return best;
    }

    private static String describe(TiffDirectory page) {
        return page.width + " x " + page.height + ", " + page.kind();
    }

    /** Channels, slices and frames as the description has them; else pages are slices. */
    private void dimensions(int pages) {
        slices = pages;
        if (ImageJText.is(description)) {
            ImageJText text = ImageJText.read(description);
            set(pages, text.count("channels"), text.count("slices"), text.count("frames"));
            int images = text.count("images");
            if (images != pages && images > 1) {
                notes.add("ImageJ's text speaks of " + images + " images; the file has " + pages);
            }
        } else if (description.startsWith("{\"shape\"") && description.length() < LONGEST_SHAPE) {
            shaped(pages);
        }
    }

    private void set(int pages, long c, long z, long t) {
        if ((double) c * z * t == pages) {
            channels = (int) c;
            slices = (int) z;
            frames = (int) t;
        }
    }

    /** The axes that tifffile writes; ImageJ's order of the pages is TZC alone. */
    private void shaped(int pages) {
        try {
            JsonObject json = new Gson().fromJson(description, JsonObject.class);
            if (json == null || !json.has("axes")) {
                return;
            }
            String axes = json.get("axes").getAsString();
            JsonArray shape = json.getAsJsonArray("shape");
            String stack = axes.replaceAll("[YXS]", "");
            if (shape.size() != axes.length() || !"TZC".contains(stack) && !stack.equals("TC")) {
                return;
            }
            int[] sizes = {1, 1, 1};
            for (int i = 0; i < axes.length(); i++) {
                int axis = "CZT".indexOf(axes.charAt(i));
                if (axis >= 0) {
                    sizes[axis] = shape.get(i).getAsInt();
                }
            }
            set(pages, sizes[0], sizes[1], sizes[2]);
        } catch (JsonParseException
                | IllegalStateException
                | ClassCastException
                | NumberFormatException
                | UnsupportedOperationException e) {
            return; // somebody else's text
        }
    }

    /** The pages that OME-XML speaks of; null if it does not fit them. */
    private List<TiffDirectory> byOmeXml(List<TiffDirectory> all) throws IOException {
        OmeXml found = OmeXml.read(description);
        if (found == null) {
            notes.add("the OME-XML in the file is broken and left out; its pages are taken as slices");
            return null;
        }
        if (found.elsewhere() || found.uuids().size() > 1) {
            throw new UnsupportedFileException("one of several files of an OME-TIFF image");
        }
        int[] places = found.pages(all.size());
        boolean fits = places != null;
        List<TiffDirectory> pages = new ArrayList<>();
        for (int place : fits ? places : new int[0]) {
            pages.add(all.get(place));
            fits &= all.get(place).like(pages.get(0));
        }
        if (fits) {
            fits = pages.get(0).width == found.sizes()[0] && pages.get(0).height == found.sizes()[1];
        }
        if (!fits) {
            notes.add("the OME-XML in the file does not fit its pages and is left out; they are taken as slices");
            return null;
        }
        ome = found;
        channels = found.pageChannels();
        slices = found.slices();
        frames = found.frames();
        channelNames = found.channels();
        if (found.images() > 1) {
            notes.add("the first of " + found.images() + " images of OME-XML is taken; the others are left out");
        } else if (pages.size() < all.size()) {
            notes.add(pages.size() + " pages of " + all.size() + " taken, those that OME-XML speaks of");
        }
        return pages;
    }

    private void name(ImageStack stack, int planesOfPage, boolean rgb) {
        List<String> names = List.of();
        if (planesOfPage == 1 && channelNames.size() == channels) {
            names = channelNames;
        } else if (rgb && channels == 1 && planesOfPage == Loaded.COLOURS.size()) {
            names = Loaded.COLOURS;
        }
        if (stack instanceof TiffStack virtual) {
            virtual.name(names);
            return;
        }
        for (int i = 1; i <= stack.size() && !names.isEmpty(); i++) {
            stack.setSliceLabel(names.get((i - 1) % names.size()), i);
        }
    }

    private void calibrate(Calibration calibration, TiffDirectory page) throws IOException {
        double x = page.ratio(TiffDirectory.X_RESOLUTION);
        double y = page.ratio(TiffDirectory.Y_RESOLUTION);
        if (ome != null) {
            double[] um = ome.physical();
            if (um[0] > 0 && um[1] > 0) {
                calibration.pixelWidth = um[0];
                calibration.pixelHeight = um[1];
                calibration.pixelDepth = um[2] > 0 ? um[2] : 1;
                calibration.setUnit("um");
            }
            calibration.frameInterval = um[3];
        } else if (ImageJText.is(description)) {
            ImageJText.read(description).apply(calibration, x > 0 ? 1 / x : 0, y > 0 ? 1 / y : 0);
        } else if (x > 0 && y > 0) {
            int unit = (int) page.number(TiffDirectory.RESOLUTION_UNIT, 2);
            boolean microscope = unit == 3 && 1 / x < LARGEST_MICROSCOPE_CM;
            if (unit == 3 || (unit == 2 && x != 72)) {
                calibration.pixelWidth = 1 / x * (microscope ? UM_PER_CM : 1);
                calibration.pixelHeight = 1 / y * (microscope ? UM_PER_CM : 1);
                calibration.setUnit(microscope ? "um" : unit == 3 ? "cm" : "inch");
            } else if (unit == 1) {
                calibration.setUnit(" "); // as ImageJ has it
            }
        }
    }

    /** Regions and overlays that ImageJ keeps in files which its reader does not take. */
    private void drawings(ImagePlus image) throws IOException {
        if (directories.big() || !first.has(TiffDirectory.IMAGEJ_DATA) || !first.plainTypes()) {
            return;
        }
        if (!saneMetadata()) {
            notes.add("ImageJ's own data in the file (regions, overlay) are damaged and left out");
            return;
        }
        try {
            FileInfo[] infos = new TiffDecoder(
                            file.getParent() + file.getFileSystem().getSeparator(),
                            file.getFileName().toString())
                    .getTiffInfo();
            if (infos[0].overlay != null) {
                Overlay overlay = new Overlay();
                for (byte[] roi : infos[0].overlay) {
                    overlay.add(RoiDecoder.openFromByteArray(roi));
                }
                image.setOverlay(overlay);
            }
            if (infos[0].roi != null) {
                image.setRoi(RoiDecoder.openFromByteArray(infos[0].roi));
            }
        } catch (IOException | RuntimeException e) { // the decoders trust their input
            notes.add("ImageJ's own data in the file (regions, overlay) cannot be read and are left out");
        }
    }
}
