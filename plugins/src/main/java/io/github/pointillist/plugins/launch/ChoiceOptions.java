// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import io.github.pointillist.plugins.results.Choice;
import java.io.IOException;
import picocli.CommandLine.Option;

/** The options that say which channels of an image are looked at, and where; the same for every verb. */
final class ChoiceOptions {
    @Option(
            names = "--channel",
            paramLabel = "NAME|N|all",
            description =
                    "Channel, from 1 or by its name (in colour images red, green, blue); or all. Default: automatic,"
                            + " which the output tells.")
    private String channel = Choice.AUTOMATIC;

    @Option(
            names = "--region",
            paramLabel = "X,Y,W,H|FILE.roi",
            description =
                    "Look only within this rectangle (pixels from 0) or ROI of ImageJ's; selection: within the one"
                            + " that the file holds. Default: image, all of it.")
    private String region;

    /**
     * What was asked for.
     *
     * @throws IllegalArgumentException if it is not allowed
     * @throws IOException if the file of a region cannot be read
     */
    Choice choice() throws IOException {
        return new Choice(channel, region == null ? Choice.Within.IMAGE : Choice.Within.parse(region));
    }

    /** Whether a region is given. */
    boolean hasRegion() {
        return region != null;
    }
}
