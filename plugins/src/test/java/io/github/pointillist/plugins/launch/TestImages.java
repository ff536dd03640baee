// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.io.FileSaver;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.nio.file.Path;
import java.util.Random;

/** Images that tests write. */
public final class TestImages {
    private TestImages() {}

    /** Noise over a gradient, of 8, 16, 24 or 32 bits. */
    static ImageProcessor noise(int bits, int width, int height, long seed) {
        Random random = new Random(seed);
        ImageProcessor processor =
                switch (bits) {
                    case 8 -> new ByteProcessor(width, height);
                    case 16 -> new ShortProcessor(width, height);
                    case 24 -> new ColorProcessor(width, height);
                    default -> new FloatProcessor(width, height);
                };
        for (int i = 0; i < width * height; i++) {
            int value = 60 + i % width + random.nextInt(20);
            switch (bits) {
                case 24 -> processor.set(i, value << 16 | (255 - value) << 8 | 40);
                case 32 -> processor.setf(i, value / 100f);
                default -> processor.set(i, value);
            }
        }
        return processor;
    }

    static ImagePlus image(String title, int bits, int width, int height) {
        return new ImagePlus(title, noise(bits, width, height, 1));
    }

    /** Bright discs of 12 pixels on dark noise, every 24 pixels: one for each full 24 x 24. */
    public static ImageProcessor dots(int bits, int width, int height) {
        ImageProcessor noise = noise(bits == 24 ? 8 : bits, width, height, 3);
        for (int i = 0; i < width * height; i++) {
            double dx = i % width % 24 - 11.5;
            double dy = i / width % 24 - 11.5;
            boolean inside = dx * dx + dy * dy < 36 && i % width / 24 < width / 24 && i / width / 24 < height / 24;
            float spread = bits == 32 ? 0.01f : 1;
            noise.setf(i, (inside ? 200 : 20) * spread + (noise.getf(i) - i % width * spread) / 10);
        }
        return bits == 24 ? noise.convertToRGB() : noise;
    }

    /** 2 channels, 3 slices, 2 frames with a calibration of its own on every axis. */
    static ImagePlus hyperstack(int width, int height) {
        ImageStack stack = new ImageStack(width, height);
        for (int i = 0; i < 12; i++) {
            stack.addSlice("", noise(16, width, height, i));
        }
        ImagePlus image = new ImagePlus("five", stack);
        image.setDimensions(2, 3, 2);
        image.setOpenAsHyperStack(true);
        ImagePlus composite = new CompositeImage(image, CompositeImage.COMPOSITE);
        Calibration calibration = new Calibration();
        calibration.setUnit("micron");
        calibration.pixelWidth = 0.25;
        calibration.pixelHeight = 0.5;
        calibration.pixelDepth = 1.5;
        calibration.frameInterval = 3;
        composite.setCalibration(calibration);
        return composite;
    }

    /** Writes a file in the format of its extension. */
    static Path save(ImagePlus image, Path file) {
        String name = file.toString();
        FileSaver saver = new FileSaver(image);
        boolean done =
                switch (name.substring(name.lastIndexOf('.') + 1)) {
                    case "tif" -> saver.saveAsTiff(name);
                    case "png" -> saver.saveAsPng(name);
                    case "jpg" -> saver.saveAsJpeg(name);
                    case "gif" -> saver.saveAsGif(name);
                    case "bmp" -> saver.saveAsBmp(name);
                    case "pgm" -> saver.saveAsPgm(name);
                    default -> false;
                };
        if (!done || !file.toFile().isFile()) {
            throw new IllegalStateException("could not write " + file);
        }
        return file;
    }
}
