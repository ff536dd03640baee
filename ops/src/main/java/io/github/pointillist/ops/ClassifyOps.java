// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.ops;

import io.github.pointillist.image.Images;
import io.github.pointillist.progress.Progress;
import io.github.pointillist.tasks.Classify;
import io.github.pointillist.tasks.Classify.Region;
import io.github.pointillist.tasks.Classify.Score;
import io.github.pointillist.tasks.Classify.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.IntType;

/**
 * Classification by installed models as SciJava Ops. Images are (x, y) or (x, y, c), of any real type; bytes go in as they
 * are, other types are stretched between percentiles (see {@link Classify}). Each call loads the model: for many images
 * use {@link Classify} itself.
 */
public final class ClassifyOps {
    private ClassifyOps() {}

    /**
     * The classes of a whole image.
     *
     * @implNote op names='classify.image'
     * @param image (x, y) or (x, y, c)
     * @param model name of an installed model, or the path of a model folder or checkpoint file
     * @param top most classes listed, 0 for all; a model of many labels lists those with a score of at least 0.5
     * @return the classes listed, the highest score first
     */
    public static List<Score> image(RandomAccessibleInterval<? extends RealType<?>> image, String model, int top) {
        Region whole = Region.whole((int) image.dimension(0), (int) image.dimension(1));
        try (Classify task = Classify.open(settings(model, top))) {
            return task.classify(image, List.of(whole), Progress.NONE)
                    .regions()
                    .get(0)
                    .scores();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The class of every pixel by windows that slide over the image: where windows overlap their scores are averaged.
     *
     * @implNote op names='classify.windows'
     * @param image (x, y) or (x, y, c)
     * @param model name of an installed model, or the path of a model folder or checkpoint file
     * @param windowPx side of a window, at least 1
     * @param stepPx distance of windows, 1 to windowPx
     * @return (x, y), class index + 1; 0 where no class reaches the model's threshold
     */
    public static Img<IntType> windows(
            RandomAccessibleInterval<? extends RealType<?>> image, String model, int windowPx, int stepPx) {
        int width = (int) image.dimension(0);
        int height = (int) image.dimension(1);
        try (Classify task = Classify.open(settings(model, Settings.AUTOMATIC))) {
            List<Region> windows = Region.windows(width, height, windowPx, stepPx);
            int[] map = task.classMap(task.classify(image, windows, Progress.NONE), width, height);
            return Images.labels(map, width, height);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Settings settings(String model, int top) {
        Settings defaults = Settings.defaults(model);
        return new Settings(
                model,
                null,
                defaults.fit(),
                defaults.inputSizePx(),
                defaults.scores(),
                top,
                defaults.threshold(),
                defaults.blankOutside(),
                defaults.device());
    }
}
