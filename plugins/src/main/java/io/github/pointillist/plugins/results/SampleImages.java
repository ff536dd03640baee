// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import ij.ImagePlus;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import io.github.pointillist.image.Images;
import io.github.pointillist.samples.InclusionSample;
import io.github.pointillist.samples.Sample;
import io.github.pointillist.samples.SimulatedImages;
import io.github.pointillist.samples.TissueSample;
import java.util.List;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.RealType;

/**
 * Simulated images as ImageJ images.
 *
 * @param image 16-bit or RGB
 * @param labels what is in it: 1 to n for the objects, 0 elsewhere
 * @param classes for tissue and inclusions: index of the class of each pixel, plus 1; null for the others
 */
public record SampleImages(ImagePlus image, ImagePlus labels, ImagePlus classes) {
    /** What there is. */
    public enum Kind {
        NUCLEI,
        TISSUE,
        SPOTS,
        INCLUSIONS
    }

    /**
     * Simulates an image.
     *
     * @throws IllegalArgumentException if the size is not positive or too large, or a value is out of its range
     */
    public static SampleImages of(SampleOptions options) {
        int width = options.widthPx();
        int height = options.heightPx();
        return switch (options.kind()) {
            case NUCLEI -> of(options, SimulatedImages.nuclei(width, height, options.seed(), options.nuclei()), null);
            case TISSUE -> {
                TissueSample tissue = SimulatedImages.tissue(width, height, options.seed(), options.tissue());
                yield of(options, tissue.sample(), Images.labels(tissue.classes()));
            }
            case SPOTS ->
                of(options, SimulatedImages.spots(width, height, options.seed()).sample(), null);
            case INCLUSIONS -> {
                InclusionSample section = SimulatedImages.inclusions(width, height, options.seed(), options.tissue());
                yield of(options, section.sample(), Images.labels(section.classes()));
            }
        };
    }

    private static SampleImages of(SampleOptions options, Sample sample, int[] classes) {
        Calibration calibration = new Calibration();
        calibration.setUnit(sample.unit());
        calibration.pixelWidth = sample.pixelSizeUm();
        calibration.pixelHeight = sample.pixelSizeUm();
        String name = ClusterMapOptions.word(options.kind());
        ImagePlus image = new ImagePlus(name, processor(sample.image(), sample.rgb()));
        image.setCalibration(calibration);
        ImagePlus labels = labels(name + "_objects", "objects", Images.labels(sample.labels()), image);
        if (classes == null) {
            return new SampleImages(image, labels, null);
        }
        for (int i = 0; i < classes.length; i++) {
            classes[i]++;
        }
        return new SampleImages(image, labels, labels(name + "_classmap", "classes", classes, image));
    }

    private static ImagePlus labels(String title, String level, int[] ids, ImagePlus image) {
        LabelStack stack = new LabelStack(image.getWidth(), image.getHeight(), 1);
        int largest = 0;
        for (int id : ids) {
            largest = Math.max(largest, id);
        }
        stack.add(level, ids, largest);
        return stack.toImage(title, image, List.of(level));
    }

    private static ImageProcessor processor(RandomAccessibleInterval<? extends RealType<?>> image, boolean rgb) {
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        RandomAccess<? extends RealType<?>> access = image.randomAccess();
        if (!rgb) {
            ShortProcessor grey = new ShortProcessor(width, height);
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    access.setPosition(x, 0);
                    access.setPosition(y, 1);
                    grey.set(i, (int) access.get().getRealDouble());
                }
            }
            grey.resetMinAndMax();
            return grey;
        }
        byte[][] channels = new byte[3][width * height];
        for (int c = 0; c < 3; c++) {
            access.setPosition(c, 2);
            for (int y = 0, i = 0; y < height; y++) {
                for (int x = 0; x < width; x++, i++) {
                    access.setPosition(x, 0);
                    access.setPosition(y, 1);
                    channels[c][i] = (byte) (int) access.get().getRealDouble();
                }
            }
        }
        ColorProcessor colour = new ColorProcessor(width, height);
        colour.setChannel(1, new ByteProcessor(width, height, channels[0]));
        colour.setChannel(2, new ByteProcessor(width, height, channels[1]));
        colour.setChannel(3, new ByteProcessor(width, height, channels[2]));
        return colour;
    }
}
