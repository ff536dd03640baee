// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What OME-XML says of the pages of a TIFF file. Nothing outside the text is looked up: it may name no entities and no document
 * type.
 *
 * @param sizes of x, y, z, c and t of the first image
 * @param order of the dimensions, such as XYCZT
 * @param samples in a page: 1, or more where pages are in colour
 * @param physical sizes of a pixel in x, y and z in micrometres, and of a frame in seconds; 0 where none is said
 * @param channels their names, empty where they have none
 * @param blocks where planes lie; none if that is not said
 * @param images in the file
 * @param uuids of the files that planes lie in
 * @param elsewhere whether the pixels' description lies in another file
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record OmeXml(
        int[] sizes,
        String order,
        int samples,
        double[] physical,
        List<String> channels,
        List<Block> blocks,
        int images,
        Set<String> uuids,
        boolean elsewhere) {
    private static final Map<String, Double> MICROMETRES = Map.of(
            "um", 1.0, "nm", 1e-3, "mm", 1e3, "cm", 1e4, "dm", 1e5, "m", 1e6, "pm", 1e-6, "\u00c5", 1e-4, "in",
            25400.0);

    /** Planes that follow each other, from one page on. */
    record Block(int page, int c, int z, int t, int planes) {}

    static boolean is(String description) {
        String start = description.substring(0, Math.min(description.length(), 4000));
        return start.contains("<OME") || start.contains(":OME ");
    }

    /** Reads; {@code null} if it is no OME-XML, or broken. */
    static OmeXml read(String text) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("nothing is looked up");
        });
        Reader reader = new Reader();
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(text.strip()));
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT) {
                    reader.element(xml);
                }
            }
            xml.close();
        } catch (XMLStreamException | RuntimeException e) { // numbers that are none among them
            return null;
        }
        return reader.elsewhere || reader.sizes != null ? reader.result() : null;
    }

    private static final class Reader {
        private int images;
        private int[] sizes;
        private String order = "XYCZT";
        private int samples = 1;
        private final double[] physical = new double[4];
        private final List<String> channels = new ArrayList<>();
        private final List<Block> blocks = new ArrayList<>();
        private final Set<String> uuids = new HashSet<>();
        private boolean elsewhere;

        void element(XMLStreamReader xml) {
            Map<String, String> values = new HashMap<>();
            for (int i = 0; i < xml.getAttributeCount(); i++) {
                values.put(xml.getAttributeLocalName(i), xml.getAttributeValue(i));
            }
            String name = xml.getLocalName();
            if (name.equals("Image")) {
                images++;
            }
            elsewhere |= name.equals("BinaryOnly");
            if (images > 1) {
                return;
            }
            switch (name) {
                case "Pixels" -> pixels(values);
                case "Channel" -> {
                    channels.add(values.getOrDefault("Name", ""));
                    samples = Math.max(samples, Integer.parseInt(values.getOrDefault("SamplesPerPixel", "1")));
                }
                case "TiffData" -> {
                    boolean given = values.containsKey("IFD");
                    blocks.add(new Block(
                            number(values, "IFD", 0),
                            number(values, "FirstC", 0),
                            number(values, "FirstZ", 0),
                            number(values, "FirstT", 0),
                            number(values, "PlaneCount", given ? 1 : -1)));
                }
                case "UUID" -> uuids.add(values.getOrDefault("FileName", "?"));
                default -> {}
            }
        }

        private void pixels(Map<String, String> values) {
            sizes = new int[] {
                number(values, "SizeX", 0),
                number(values, "SizeY", 0),
                number(values, "SizeZ", 1),
                number(values, "SizeC", 1),
                number(values, "SizeT", 1)
            };
            order = values.getOrDefault("DimensionOrder", "XYCZT").toUpperCase(Locale.ROOT);
            for (int i = 0; i < 3; i++) {
                String name = "PhysicalSize" + "XYZ".charAt(i);
                if (values.containsKey(name)) {
                    String unit = values.getOrDefault(name + "Unit", "\u00b5m").replaceAll("[\u00b5\u03bc]", "u");
                    double size = Double.parseDouble(values.get(name)) * MICROMETRES.getOrDefault(unit, 0.0);
                    physical[i] = size > 0 && size < Double.POSITIVE_INFINITY ? size : 0;
                }
            }
            if (values.containsKey("TimeIncrement")) {
                double factor =
                        switch (values.getOrDefault("TimeIncrementUnit", "s")) {
                            case "s" -> 1;
                            case "ms" -> 1e-3;
                            case "min" -> 60;
                            case "h" -> 3600;
                            default -> 0;
                        };
                physical[3] = Math.max(0, Double.parseDouble(values.get("TimeIncrement")) * factor);
            }
        }

        private static int number(Map<String, String> values, String name, int usual) {
            return values.containsKey(name) ? Integer.parseInt(values.get(name).strip()) : usual;
        }

        OmeXml result() {
            return new OmeXml(
                    sizes == null ? new int[5] : sizes,
                    order,
                    samples,
                    physical,
                    List.copyOf(channels),
                    List.copyOf(blocks),
                    images,
                    Set.copyOf(uuids),
                    elsewhere);
        }
    }

    int slices() {
        return sizes[2];
    }

    /** Channels that pages count for; samples of a page are counted apart. */
    int pageChannels() {
        return sizes[3] / Math.max(1, samples);
    }

    int frames() {
        return sizes[4];
    }

    /**
     * The page of every plane in ImageJ's order: channel first, then slice, then frame. {@code null} if the text does not give
     * each plane one page of its own.
     *
     * @param pages that the file has
     */
    int[] pages(int pages) {
        long planes = (long) pageChannels() * slices() * frames();
        if (pageChannels() < 1 || slices() < 1 || frames() < 1 || planes > pages || order.length() != 5) {
            return null;
        }
        int[] extent = {0, 0, slices(), pageChannels(), frames()};
        int[] axes = {
            "XYZCT".indexOf(order.charAt(2)), "XYZCT".indexOf(order.charAt(3)), "XYZCT".indexOf(order.charAt(4))
        };
        if (axes[0] + axes[1] + axes[2] != 9
                || Math.min(axes[0], Math.min(axes[1], axes[2])) < 2
                || axes[0] == axes[1]) {
            return null;
        }
        int[] found = new int[(int) planes];
        java.util.Arrays.fill(found, -1);
        boolean[] taken = new boolean[pages];
        for (Block block : blocks.isEmpty() ? List.of(new Block(0, 0, 0, 0, -1)) : blocks) {
            int[] at = {0, 0, block.z, block.c / Math.max(1, samples), block.t};
            long count = block.planes < 0 ? planes : block.planes;
            for (long k = 0; k < count; k++) {
                int index = at[3] + pageChannels() * (at[2] + slices() * at[4]);
                int page = (int) Math.min(Integer.MAX_VALUE, block.page + k);
                if (at[2] < 0
                        || at[3] < 0
                        || at[4] < 0
                        || at[2] >= slices()
                        || at[3] >= pageChannels()
                        || at[4] >= frames()
                        || page < 0
                        || page >= pages
                        || found[index] >= 0
                        || taken[page]) {
                    return null;
                }
                found[index] = page;
                taken[page] = true;
                for (int axis : axes) {
                    at[axis]++;
                    if (at[axis] < extent[axis] || axis == axes[2]) {
                        break;
                    }
                    at[axis] = 0;
                }
            }
        }
        for (int page : found) {
            if (page < 0) {
                return null;
            }
        }
        return found;
    }
}
