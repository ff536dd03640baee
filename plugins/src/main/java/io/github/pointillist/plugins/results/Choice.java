// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.gui.Roi;
import java.awt.Rectangle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of an image a task looks at, the same for command line, command and macro; {@link Planes} looks so.
 *
 * @param channel "automatic", "all", a number from 1, or a name
 * @param within where
 */
public record Choice(String channel, Within within) {
    /** What the task says: see {@link Planes}. */
    public static final String AUTOMATIC = "automatic";

    /** Every channel. */
    public static final String ALL = "all";

    /** What follows from the image: the usual channel, within its selection where that is an area. */
    public static final Choice USUAL = new Choice(AUTOMATIC, Within.USUAL);

    private static final Pattern RECTANGLE =
            Pattern.compile("\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*,\\s*(\\d{1,9})\\s*");

    /** Words have no capitals; names keep theirs. */
    public Choice {
        if (channel == null || channel.isBlank()) {
            throw new IllegalArgumentException("channel is '" + (channel == null ? "" : channel)
                    + "'; allowed are a number from 1, a name, " + ALL + " or " + AUTOMATIC);
        }
        channel = channel.strip();
        for (String word : List.of(AUTOMATIC, ALL)) {
            channel = channel.equalsIgnoreCase(word) ? word : channel;
        }
    }

    /**
     * Where in an image.
     *
     * @param text how it is said on the command line
     * @param roi an area, else null
     */
    public record Within(String text, Roi roi) {
        /** The whole image, whatever its selection. */
        public static final Within IMAGE = new Within("image", null);

        /** The image's selection if it is an area, else the whole image. */
        public static final Within USUAL = new Within("", null);

        /** The image's selection, which must be an area. */
        public static final Within SELECTION = new Within("selection", null);

        /**
         * Reads "image", "selection", "x,y,width,height" in pixels, or the name of a file with one ROI of ImageJ's.
         *
         * @throws IllegalArgumentException if it is none of these, or the ROI has no area
         * @throws IOException if the file cannot be read
         */
        public static Within parse(String text) throws IOException {
            for (Within word : List.of(IMAGE, SELECTION)) {
                if (word.text.equalsIgnoreCase(text.strip())) {
                    return word;
                }
            }
            Matcher numbers = RECTANGLE.matcher(text);
            if (numbers.matches()) {
                int[] side = new int[4];
                for (int i = 0; i < side.length; i++) {
                    side[i] = Integer.parseInt(numbers.group(i + 1));
                }
                if (side[2] == 0 || side[3] == 0) {
                    throw new IllegalArgumentException(
                            "region is " + text.strip() + "; width and height must be 1 or more pixels");
                }
                return new Within(rectangle(side), new Roi(side[0], side[1], side[2], side[3]));
            }
            return file(text);
        }

        private static Within file(String text) throws IOException {
            Path path;
            try {
                path = Path.of(text);
            } catch (InvalidPathException e) {
                throw wrong(text, e);
            }
            if (!Files.isRegularFile(path)) {
                throw wrong(text, null);
            }
            List<Roi> rois = Regions.read(path);
            if (rois.size() != 1) {
                throw new IllegalArgumentException(
                        "region is " + text + ", which holds " + rois.size() + " ROIs; allowed is a file of one");
            }
            return new Within(path.toAbsolutePath().normalize().toString(), rois.get(0));
        }

        private static IllegalArgumentException wrong(String text, Exception cause) {
            return new IllegalArgumentException(
                    "region is '" + text
                            + "'; allowed are x,y,width,height in pixels (such as 10,20,300,200), a .roi file"
                            + " of ImageJ's, selection or image",
                    cause);
        }

        private static String rectangle(int... side) {
            return side[0] + "," + side[1] + "," + side[2] + "," + side[3];
        }
    }

    /** The same channel in the whole image. */
    public Choice everywhere() {
        return new Choice(channel, Within.IMAGE);
    }

    /** Adds the words of the command line that say the same. */
    void addTo(List<String> arguments) {
        if (!channel.equals(AUTOMATIC)) {
            arguments.addAll(List.of("--channel", channel));
        }
        if (within != Within.IMAGE && within != Within.USUAL) {
            arguments.addAll(List.of("--region", within.text));
        }
    }

    /** Lines for a macro, between opening a file and running the command, that select the same. */
    public String macroLines(ImagePlus image) {
        if (within == Within.USUAL || within == Within.SELECTION || (within == Within.IMAGE && !hasArea(image))) {
            return "";
        }
        if (within == Within.IMAGE) {
            return "run(\"Select None\"); ";
        }
        return RECTANGLE.matcher(within.text).matches()
                ? "makeRectangle(" + within.text.replace(",", ", ") + "); "
                : "open(\"" + RunManifest.inMacro(within.text) + "\"); ";
    }

    /** What to say of a selection that a file brings and nobody asked for; none where there is no such thing. */
    public List<String> unused(ImagePlus image) {
        if (within != Within.IMAGE || !hasArea(image)) {
            return List.of();
        }
        return List.of("the file holds a selection, " + Area.words(image.getRoi())
                + ", which is not used: --region selection looks within it");
    }

    private static boolean hasArea(ImagePlus image) {
        return image.getRoi() != null && Area.is(image.getRoi());
    }

    /**
     * The area of an image; null for the whole image.
     *
     * @param notes gets a line where a selection is used, or is none
     * @throws IllegalArgumentException if it reaches beyond the image or holds no pixel
     */
    Area area(ImagePlus image, List<String> notes) {
        if (within == Within.IMAGE) {
            return null;
        }
        boolean selected = within == Within.SELECTION || within == Within.USUAL;
        Roi roi = selected ? image.getRoi() : within.roi;
        if (selected && (roi == null || !Area.is(roi))) {
            String what = roi == null
                    ? "there is no selection"
                    : "the selection is a " + roi.getTypeAsString().toLowerCase(Locale.ROOT) + " without area";
            if (within == Within.SELECTION) {
                throw new IllegalArgumentException("region is selection, but " + what
                        + "; select an area, or give x,y,width,height in pixels or a .roi file");
            }
            if (roi != null) {
                notes.add(what + ": the whole image is taken");
            }
            return null;
        }
        Area area = Area.of(roi, image.getWidth(), image.getHeight(), selected ? "the selection" : "region");
        Rectangle whole = new Rectangle(image.getWidth(), image.getHeight());
        if (area.mask() == null && area.bounds().equals(whole)) {
            return null;
        }
        notes.add("only within " + (selected ? "the selection, " : "the region, ") + Area.words(roi));
        return area;
    }
}
