// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The names of an image's channels: the labels of their first planes, without what readers of microscope files put before
 * them ("c:1/2 z:1/5 - DAPI" is DAPI). Labels that are the same for all channels are no names.
 *
 * @param names one a channel; empty texts where there are none
 * @param labels as they stand in the image
 */
record ChannelNames(List<String> names, List<String> labels) {
    private static final List<String> COLOURS = List.of("red", "green", "blue");

    static ChannelNames of(ImagePlus image) {
        List<String> labels = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int c = 1; c <= image.getNChannels(); c++) {
            String label = image.getStack().getSliceLabel(image.getStackIndex(c, 1, 1));
            labels.add(label == null ? "" : label.strip());
            names.add(label == null ? "" : name(label));
        }
        if (names.size() > 1 && names.stream().distinct().count() == 1) {
            names.replaceAll(any -> "");
        }
        return new ChannelNames(names, labels);
    }

    /** Those of an image in colour. */
    static ChannelNames ofColour() {
        return new ChannelNames(COLOURS, COLOURS);
    }

    private static String name(String label) {
        String first = label.strip().lines().findFirst().orElse("").strip();
        return first.replaceFirst("^([czt]:\\d+/\\d+\\s*)+(-\\s*)?", "").strip();
    }

    /** Whether they are the three of a picture in colour, as ImageJ labels those of 16 bits. */
    boolean colour() {
        return names.size() == 3
                && IntStream.range(0, 3).allMatch(c -> names.get(c).equalsIgnoreCase(COLOURS.get(c)));
    }

    /** "channel 1 of 2 (DAPI)"; {@code channel} counts from 0. */
    String one(int channel) {
        String name = names.get(channel);
        return "channel " + (channel + 1) + " of " + names.size() + (name.isEmpty() ? "" : " (" + name + ")");
    }

    /** "2 channels (1 DAPI, 2 GFP)". */
    String all() {
        boolean named = names.stream().anyMatch(name -> !name.isEmpty());
        String list = IntStream.range(0, names.size())
                .mapToObj(c -> (c + 1 + " " + names.get(c)).strip())
                .collect(Collectors.joining(", "));
        return names.size() + " channels" + (named ? " (" + list + ")" : "");
    }

    /**
     * The channel, from 0, of that number or name.
     *
     * @param title of the image
     * @throws IllegalArgumentException if there is none, or there are several
     */
    int find(String wanted, String title) {
        int n = names.size();
        if (wanted.matches("\\d{1,9}")) {
            int number = Integer.parseInt(wanted);
            if (number >= 1 && number <= n) {
                return number - 1;
            }
        }
        List<Integer> found = IntStream.range(0, n)
                .filter(c -> wanted.equalsIgnoreCase(names.get(c)) || wanted.equalsIgnoreCase(labels.get(c)))
                .boxed()
                .toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        String has = title + " has " + (n == 1 ? "one channel" : all());
        throw new IllegalArgumentException("channel is '" + wanted + "'; " + has + "; "
                + (found.size() > 1
                        ? found.size() + " of them are called so: give a number from 1 to " + n
                        : "allowed are a number from 1 to " + n + ", a name, " + Choice.ALL + " or "
                                + Choice.AUTOMATIC));
    }
}
