// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.io.Opener;
import ij.io.RoiEncoder;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ImageStatistics;
import ij.process.ShortProcessor;
import io.github.pointillist.catalog.ModelCard;
import io.github.pointillist.catalog.ModelFile;
import io.github.pointillist.catalog.ModelStore;
import io.github.pointillist.plugins.results.RunManifest;
import io.github.pointillist.plugins.results.TrainOptions;
import io.github.pointillist.plugins.results.TrainResult;
import io.github.pointillist.plugins.results.TrainRun;
import io.github.pointillist.plugins.results.TrainingData;
import io.github.pointillist.progress.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Trains a network of a few thousand weights on pictures of discs. */
class TrainVerbTest {
    static final int SIDE = 72;
    private static final int[][] CENTRES = {{14, 14}, {40, 12}, {60, 30}, {18, 44}, {42, 40}, {58, 60}, {28, 62}};

    @TempDir
    private Path folder;

    private Path images;
    private Path labels;

    @BeforeEach
    void prepare() throws IOException {
        TestModels.use(folder.resolve("models"));
        TestModels.installSegmenter("tiny");
        images = Files.createDirectory(folder.resolve("images"));
        labels = Files.createDirectory(folder.resolve("labels"));
    }

    @AfterEach
    void forget() {
        TestModels.forget();
    }

    /** Bright discs of diameter 14 in noise; each has its label. */
    static ImagePlus discs(long seed, ImageProcessor truth) {
        Random random = new Random(seed);
        ImageProcessor image = new ShortProcessor(SIDE, SIDE);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.set(i, 200 + random.nextInt(60));
        }
        for (int k = 0; k < CENTRES.length; k++) {
            int shift = (int) (seed % 3) - 1;
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    if (Math.hypot(x - CENTRES[k][0] - shift, y - CENTRES[k][1]) < 7) {
                        image.set(x, y, 900 + random.nextInt(60));
                        truth.setf(x, y, k + 1);
                    }
                }
            }
        }
        ImagePlus made = new ImagePlus("discs", image);
        made.getCalibration().setUnit("micron");
        made.getCalibration().pixelWidth = 0.5;
        made.getCalibration().pixelHeight = 0.5;
        return made;
    }

    private void saveObjects(int count) {
        for (int n = 1; n <= count; n++) {
            ImageProcessor truth = new ShortProcessor(SIDE, SIDE);
            TestImages.save(discs(n, truth), images.resolve("d" + n + ".tif"));
            TestImages.save(new ImagePlus("labels", truth), labels.resolve("d" + n + ".tif"));
        }
    }

    /** Labels made from those of the discs. */
    private void saveAs(ImageProcessor kind, java.util.function.IntUnaryOperator value) {
        for (int n = 1; n <= 3; n++) {
            ImageProcessor truth = new ShortProcessor(SIDE, SIDE);
            TestImages.save(discs(n, truth), images.resolve("d" + n + ".tif"));
            ImageProcessor other = kind.createProcessor(SIDE, SIDE);
            for (int i = 0; i < SIDE * SIDE; i++) {
                other.setf(i, value.applyAsInt(truth.get(i)));
            }
            TestImages.save(new ImagePlus("labels", other), labels.resolve("d" + n + "_mask.tif"));
        }
    }

    private static void saveRois(Path file, Roi... rois) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Roi roi : rois) {
                zip.putNextEntry(new ZipEntry(roi.getName() + ".roi"));
                zip.write(RoiEncoder.saveAsByteArray(roi));
                zip.closeEntry();
            }
        }
    }

    private CommandLineRun train(String name, Object... more) {
        List<Object> words = new ArrayList<>(List.of("train"));
        words.addAll(Arrays.asList(more).contains("--as") ? List.of() : List.of("--as", name));
        List<Object> given = Arrays.asList(more);
        words.addAll(given);
        if (!given.contains("--base")) {
            words.addAll(List.of("--base", "tiny"));
        }
        if (!given.contains("--out")) {
            words.addAll(List.of("--out", folder.resolve("out")));
        }
        return CommandLineRun.of(words.toArray());
    }

    private CommandLineRun trainOnFolders(String name, Object... more) {
        List<Object> words = new ArrayList<>(List.of("--images", images, "--labels", labels));
        words.addAll(Arrays.asList(more).contains("--batch") ? List.of() : List.of("--batch", 2));
        words.addAll(Arrays.asList(more));
        return train(name, words.toArray());
    }

    private static ModelFile model(String name) throws IOException {
        return ModelStore.standard().show(name);
    }

    private String weights(String name) throws IOException {
        return RunManifest.sha256(folder.resolve("models").resolve(name).resolve("weights.safetensors"));
    }

    @Test
    void trainsObjectsInstallsAndTellsHowToRepeat() throws IOException {
        saveObjects(3);
        Path out = folder.resolve("out");
        CommandLineRun run = trainOnFolders("discs", "--steps", 4);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().toList())
                .contains(
                        "to train on: 3 images with labels in " + images,
                        "pixel size 0.5000 um, from the image's calibration",
                        "use it: pointillist segment IMAGE --model discs --out DIR")
                .anyMatch(line -> line.startsWith("objects: 21 to train on; each value is one"))
                .anyMatch(line -> line.startsWith("trained on 2 images, validated on 1"))
                .anyMatch(
                        line -> line.matches(
                                "objects of 13\\.\\d+ pixels \\(the median of those annotated\\) have 16\\.00 in the model: .*"))
                .anyMatch(line -> line.matches("began from tiny: (\\d+) of \\1 arrays, the others new"))
                .anyMatch(line -> line.startsWith("before: AP@0.5 "))
                .anyMatch(line -> line.startsWith("before (tiny): AP@0.5 "))
                .anyMatch(line -> line.startsWith("step 4 of 4: loss "))
                .anyMatch(line -> line.matches("installed discs in .*discs, weights of step \\d of 4"))
                .anyMatch(line -> line.startsWith("after: AP@0.5 "));
        List<String> curve = Files.readAllLines(out.resolve("discs_curve.csv"));
        assertThat(curve).hasSize(1 + 1 + 4);
        assertThat(curve.get(0)).startsWith("step,rate,loss foreground,").endsWith(",validation loss");
        assertThat(ImageIO.read(out.resolve("discs_curve.png").toFile()).getWidth())
                .isGreaterThan(800);
        assertThat(out.resolve("discs_checkpoint")).doesNotExist();
        JsonObject manifest = new Gson().fromJson(Files.readString(out.resolve("discs_run.json")), JsonObject.class);
        assertThat(manifest.getAsJsonObject("base").get("sha256").getAsString())
                .isEqualTo(model("tiny").weights().sha256());
        assertThat(manifest.getAsJsonObject("trained").get("sha256").getAsString())
                .isEqualTo(model("discs").weights().sha256());
        assertThat(manifest.getAsJsonObject("data")
                        .getAsJsonArray("training")
                        .get(1)
                        .getAsJsonObject()
                        .get("labels_sha256")
                        .getAsString())
                .isEqualTo(RunManifest.sha256(labels.resolve("d2.tif")));
        ModelCard card = model("discs").card();
        assertThat(card.segmentation().kind()).isEqualTo(ModelCard.Segmentation.Kind.INSTANCES);
        // 0.5 um a pixel of the images; one of the model is smaller by the scale
        assertThat(card.segmentation().pixelSizeUm()).isBetween(0.5 * 13 / 16, 0.5 * 14.2 / 16);
        assertThat(card.notes()).anyMatch(note -> note.contains("2 images to train on, 1 to validate"));

        List<String> words = words(manifest.get("command_line").getAsString());
        words.set(words.indexOf("discs"), "again");
        CommandLineRun again = CommandLineRun.of(words.subList(1, words.size()).toArray());
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(weights("again")).isEqualTo(weights("discs"));

        CommandLineRun segmented =
                CommandLineRun.of("segment", images.resolve("d1.tif"), "--model", "discs", "--out", out);
        assertThat(segmented.status()).as(segmented.err()).isZero();
        assertThat(out.resolve("d1_labels.tif")).isNotEmptyFile();
    }

    /** The words of a command line without quotes. */
    private static List<String> words(String line) {
        return new ArrayList<>(List.of(line.split(" ")));
    }

    @Test
    void masksAreObjectsOfConnectedPixelsUnlessClassesAreAskedFor() throws IOException {
        saveAs(new ByteProcessor(1, 1), label -> label > 0 ? 255 : 0);
        CommandLineRun objects = trainOnFolders("objects", "--steps", 1);
        assertThat(objects.out())
                .contains(
                        "objects: 21 to train on; each connected region is one (one value besides 0); if the labels are"
                                + " classes, give kind semantic");
        CommandLineRun classes = trainOnFolders("classes", "--steps", 1, "--kind", "semantic");
        assertThat(classes.status()).as(classes.err()).isZero();
        assertThat(classes.out())
                .contains("classes: 0 background, 255 foreground")
                .contains("images are taken at their own size")
                .contains("mIoU")
                .doesNotContain("before:");
        assertThat(model("classes").card().classNames()).containsExactly("background", "foreground");
        assertThat(model("classes").card().task()).isEqualTo("semantic segmentation");
        CommandLineRun fine = train(
                "finer",
                "--base",
                "classes",
                "--images",
                images,
                "--labels",
                labels,
                "--steps",
                1,
                "--kind",
                "semantic");
        assertThat(fine.out()).contains("before (classes): mIoU ");
    }

    @Test
    void classesAreToldFromLabelsAndNamed() throws IOException {
        saveAs(new ByteProcessor(1, 1), label -> label == 0 ? 0 : label < 4 ? 10 : 20);
        CommandLineRun run = trainOnFolders("told", "--steps", 1);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("classes: 0 background, 10 class 10, 20 class 20 (2 values besides 0, ")
                .contains("if each value is an object, give kind instances");
        CommandLineRun named = trainOnFolders("named", "--steps", 1, "--classes", "ground, left ,right");
        assertThat(named.out()).contains("classes: 0 ground, 10 left, 20 right");
        assertThat(named.out()).contains("IoU of right");
        assertThat(Files.readAllLines(folder.resolve("out/named_curve.csv")).get(0))
                .contains("IoU of ground,IoU of left,IoU of right");
        CommandLineRun few = trainOnFolders("few", "--steps", 1, "--classes", "left,right");
        assertThat(few.err())
                .contains("class names are left, right, and the labels hold 3 values: 0, 10, 20; give one name a value,"
                        + " background's first");
        assertThat(trainOnFolders("diameter", "--steps", 1, "--object-diameter", 14)
                        .err())
                .contains("object diameter is 14.0, but the labels are classes");
        CommandLineRun sparse =
                trainOnFolders("sparse", "--steps", 1, "--ignore-unlabelled", "--classes", "left,right");
        assertThat(sparse.status()).as(sparse.err()).isZero();
        assertThat(sparse.out()).contains("classes: 10 left, 20 right");
        assertThat(model("sparse").card().segmentation().classValues()).containsExactly(10, 20);
        Path out = folder.resolve("segmented");
        CommandLineRun segmented =
                CommandLineRun.of("segment", images.resolve("d1.tif"), "--model", "sparse", "--out", out);
        assertThat(segmented.status()).as(segmented.err()).isZero();
        ImagePlus found = new Opener().openImage(out.resolve("d1_labels.tif").toString());
        ImageStatistics statistics = found.getStatistics();
        assertThat(List.of(statistics.min, statistics.max)).isSubsetOf(10.0, 20.0);
        assertThat(Files.readAllLines(out.resolve("d1_table.csv")))
                .anyMatch(line -> line.contains(",10,left,"))
                .anyMatch(line -> line.contains(",20,right,"));
        CommandLineRun split = trainOnFolders("split", "--steps", 1, "--kind", "instances");
        assertThat(split.out()).contains("objects: 21 to train on; each connected region is one");
    }

    @Test
    void fewLabelsThatMayBeEitherAreAskedAbout() throws IOException {
        saveAs(new ByteProcessor(1, 1), label -> label < 4 ? label : 0);
        CommandLineRun run = trainOnFolders("which", "--steps", 1);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines().get(0))
                .isEqualTo(
                        "pointillist: labels may be objects or classes (3 values besides 0, 1.0 regions a value); say"
                                + " which: kind instances or semantic");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void regionsAreObjectsOrNamedClasses() throws IOException {
        for (int n = 1; n <= 2; n++) {
            TestImages.save(discs(n, new FloatProcessor(SIDE, SIDE)), images.resolve("d" + n + ".tif"));
            List<Roi> rois = new ArrayList<>();
            for (int k = 0; k < CENTRES.length; k++) {
                Roi roi = new OvalRoi(CENTRES[k][0] - 7, CENTRES[k][1] - 7, 14, 14);
                roi.setName((k < 3 ? "left-" : "right-") + k);
                rois.add(roi);
            }
            saveRois(labels.resolve("d" + n + "_rois.zip"), rois.toArray(new Roi[0]));
        }
        CommandLineRun objects = trainOnFolders("objects", "--steps", 1);
        assertThat(objects.status()).as(objects.err()).isZero();
        assertThat(objects.out())
                .contains("every region is an object (for classes give kind semantic)", "objects: 14 to train on");
        CommandLineRun classes = trainOnFolders("classes", "--steps", 1, "--kind", "semantic");
        assertThat(classes.out())
                .contains("the name of a region up to the first dash or digit is its class")
                .contains("classes: 0 background, 1 left, 2 right");
        assertThat(trainOnFolders("ignored", "--steps", 1, "--ignore-unlabelled")
                        .err())
                .contains("no region is background; draw some where there are no objects and name them background-1");
        assertThat(trainOnFolders("names", "--steps", 1, "--classes", "a,b").err())
                .contains("regions name their classes themselves");
    }

    @Test
    void simulatedNucleiNeedNoImages() throws IOException {
        CommandLineRun run = train("simulated", "--simulated", 1, "--steps", 2, "--batch", 2);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("before: AP@0.5").contains("step 2 of 2");
        assertThat(model("simulated").card().notes())
                .anyMatch(note -> note.contains("0 images to train on, 0 to validate, 100 % simulated nuclei, seed 1"));
        saveObjects(2);
        assertThat(trainOnFolders("mixed", "--simulated", 0.5, "--steps", 1).status())
                .isZero();
        assertThat(trainOnFolders("both", "--simulated", 1, "--steps", 1).err())
                .contains("simulated is 1, which uses no images, and images are given");
    }

    @Test
    void panopticModelsAreTrainedOnSimulatedSections() throws IOException {
        CommandLineRun run =
                train("sections", "--kind", "panoptic", "--base", "new", "--simulated", 1, "--steps", 1, "--batch", 2);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("PQ");
        ModelCard card = model("sections").card();
        assertThat(card.task()).isEqualTo("panoptic segmentation");
        assertThat(card.panoptic().things()).containsExactly(4, 5, 6, 7);
        assertThat(card.classNames()).contains("stroma", "crystal");
        assertThat(train("from", "--kind", "panoptic", "--simulated", 1, "--steps", 1)
                        .err())
                .contains("panoptic with base new and simulated 1 alone");
        saveObjects(1);
        CommandLineRun mapped = CommandLineRun.of(
                "cluster-map",
                images.resolve("d1.tif"),
                "--model",
                "sections",
                "--level",
                "all",
                "--out",
                folder.resolve("maps"));
        assertThat(mapped.status()).as(mapped.err()).isZero();
        ImagePlus clusters =
                new Opener().openImage(folder.resolve("maps/d1_clusters.tif").toString());
        assertThat(clusters.getNChannels()).isEqualTo(7);
    }

    /** The network that the bundled models have, from random weights. */
    @Test
    void trainsFromNothing() throws IOException {
        saveObjects(2);
        CommandLineRun run =
                trainOnFolders("fresh", "--base", "new", "--steps", 1, "--batch", 1, "--validation-share", 0);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("nothing is set aside to validate with: the last weights are taken")
                .contains("have 32.00 in the model")
                .doesNotContain("before");
        assertThat(model("fresh").card().classNames()).hasSize(4);
    }

    @Test
    void minutesBecomeStepsThatGiveTheSameWeights() throws IOException {
        saveObjects(2);
        CommandLineRun byTime = trainOnFolders("time", "--minutes", 0.001);
        Matcher found = Pattern.compile(
                        "(\\d+) steps, as many as fit into 0.001000 minutes here; the same again: steps")
                .matcher(byTime.out());
        assertThat(found.find()).as(byTime.out() + byTime.err()).isTrue();
        CommandLineRun bySteps = trainOnFolders("steps", "--steps", found.group(1));
        assertThat(bySteps.status()).isZero();
        assertThat(weights("steps")).isEqualTo(weights("time"));
        assertThat(Files.readString(folder.resolve("out/time_run.json"))).contains("--steps " + found.group(1));
    }

    @Test
    void imagesToValidateWithMayBeGiven() throws IOException {
        saveObjects(2);
        Path others = Files.createDirectory(folder.resolve("others"));
        ImageProcessor truth = new ShortProcessor(SIDE, SIDE);
        TestImages.save(discs(8, truth), others.resolve("e.tif"));
        TestImages.save(new ImagePlus("labels", truth), others.resolve("e_labels.tif"));
        CommandLineRun run = trainOnFolders("given", "--steps", 1, "--validation-images", others);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("to validate with: 1 image with labels in " + others);
        JsonObject manifest =
                new Gson().fromJson(Files.readString(folder.resolve("out/given_run.json")), JsonObject.class);
        assertThat(manifest.getAsJsonObject("data").getAsJsonArray("validation"))
                .hasSize(1);
        assertThat(manifest.get("command_line").getAsString()).contains("--validation-labels " + others);
    }

    @Test
    void wrongUseIsToldInOneLine() throws IOException {
        saveObjects(2);
        TestModels.install(TestModels.IMAGES, "classifier");
        Path file = Files.writeString(folder.resolve("file"), "text");
        List<List<Object>> cases = List.of(
                List.of("no annotated images are given", "--steps", 1),
                List.of("--labels is " + labels + ", and --images is not given", "--labels", labels, "--steps", 1),
                List.of("--minutes is 1.0 and --steps is 2; give one", "--minutes", 1, "--steps", 2),
                List.of("--steps is 0; allowed is above 0", "--steps", 0),
                List.of("augmentation is much; allowed are none, light, microscopy", "--augment", "much"),
                List.of("--kind is 'detection'; allowed are", "--kind", "detection"),
                List.of(
                        "kind is panoptic; allowed is instances and semantic; panoptic with base new and simulated 1 alone",
                        "--kind",
                        "panoptic"),
                List.of("object diameter is 1.0; allowed is 2 to 4096 pixels", "--object-diameter", 1),
                List.of("simulated is 1.5; allowed is 0 to 1", "--simulated", 1.5),
                List.of("validation share is 0.7; allowed is 0", "--validation-share", 0.7),
                List.of("device is tpu; allowed is auto, cpu", "--device", "tpu"),
                List.of(
                        "model is nothing, which is neither",
                        "--images",
                        images,
                        "--labels",
                        labels,
                        "--base",
                        "nothing"),
                List.of(
                        "does not segment images; allowed is a model for segmentation, or new",
                        "--images",
                        images,
                        "--labels",
                        labels,
                        "--base",
                        "classifier"),
                List.of("classes is [a, a]; allowed is", "--images", images, "--classes", "a,a"),
                List.of("a model called tiny is there already", "--images", images, "--as", "tiny"),
                List.of("model name is 'My Model'; allowed are", "--images", images, "--as", "My Model"),
                List.of("is a file; give a folder", "--out", file),
                List.of("is no folder", "--images", file));
        for (List<Object> each : cases) {
            boolean line = !each.get(0).toString().startsWith("--images");
            CommandLineRun run =
                    train("wrong", each.subList(line ? 1 : 0, each.size()).toArray());
            assertThat(run.status()).as(each.toString()).isEqualTo(2);
            assertThat(run.errLines()).as(each.toString()).hasSize(2);
            assertThat(run.errLines().get(0))
                    .startsWith("pointillist: ")
                    .contains(each.get(0).toString());
        }
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aRunThatIsAtWorkIsNotJoined() throws IOException {
        saveObjects(2);
        Path checkpoint = Files.createDirectories(folder.resolve("out/busy_checkpoint"));
        try (FileChannel channel = FileChannel.open(
                        checkpoint.resolve("in-use"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            CommandLineRun run = trainOnFolders("busy", "--steps", 1);
            assertThat(run.err()).contains("another run trains busy in " + checkpoint + " at this moment");
        }
        assertThat(trainOnFolders("busy", "--steps", 1).status()).isZero();
    }

    /** Asks to stop after so many steps. */
    private record StopAfter(long steps, long[] done) implements Progress {
        @Override
        public void report(long step, long total, String what) {
            done[0] = Math.max(done[0], step);
        }

        @Override
        public boolean cancelled() {
            return done[0] >= steps;
        }
    }

    @Test
    void cancellingLeavesACheckpointAndSaysHowToGoOn() throws IOException {
        ImageProcessor truth = new ShortProcessor(SIDE, SIDE);
        ImagePlus image = discs(1, truth);
        TrainingData data = TrainingData.of(image, new ImagePlus("labels", truth));
        TrainOptions options = TrainOptions.defaults("open", "tiny").withSteps(12);
        List<String> said = new ArrayList<>();
        Path checkpoint = folder.resolve("models/.training/open");
        assertThatThrownBy(() -> new TrainRun(options, data).run(null, new StopAfter(5, new long[1]), said::add))
                .isInstanceOf(CancellationException.class)
                .hasMessage("stopped (cancelled at step 5 of 12); the same again goes on from " + checkpoint);
        assertThat(said).anyMatch(line -> line.startsWith("stopped (cancelled at step 5 of 12)"));
        assertThat(checkpoint.resolve("training.safetensors")).isNotEmptyFile();
        assertThat(checkpoint.resolve("in-use")).doesNotExist();
        said.clear();
        TrainResult result = new TrainRun(options, data).run(null, Progress.NONE, said::add);
        assertThat(said)
                .contains("goes on from step 5 of 12 of a run that was stopped")
                .filteredOn(line -> line.startsWith("step "))
                .hasSize(12);
        assertThat(result.curve().lines()).hasSize(12);
        assertThat(result.files()).isEmpty();
        assertThat(checkpoint).doesNotExist();
        new TrainRun(TrainOptions.defaults("whole", "tiny").withSteps(12), data).run(null, Progress.NONE, said::add);
        assertThat(weights("whole")).isEqualTo(weights("open"));
    }

    /** Keeps the last checkpoint, as a run does that is killed before it can delete it. */
    private record Keeping(Path state, Path copy) implements Progress {
        @Override
        public void report(long step, long total, String what) {
            if (step == total && total > 1) {
                try {
                    Files.copy(state, copy, StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }
        }

        @Override
        public boolean cancelled() {
            return false;
        }
    }

    @Test
    void aRunKilledWhileItFinishedIsFinishedByTheSameAgain() throws IOException {
        saveObjects(2);
        Path out = folder.resolve("out");
        Path state = out.resolve("ends_checkpoint/training.safetensors");
        Path kept = folder.resolve("kept");
        TrainOptions options = TrainOptions.defaults("ends", "tiny").withSteps(3);
        TrainRun run = new TrainRun(options, TrainingData.ofFolders(images, labels, null));
        run.run(out, new Keeping(state, kept), line -> {});
        String sha = weights("ends");
        List<String> results = List.of("ends_curve.csv", "ends_curve.png", "ends_run.json");
        assertThat(results).allMatch(name -> Files.exists(out.resolve(name)));

        // killed after installing: its own model is no other one
        Files.createDirectories(state.getParent());
        Files.copy(kept, state);
        for (String name : results) {
            Files.delete(out.resolve(name));
        }
        List<String> said = new ArrayList<>();
        TrainResult result = run.run(out, Progress.NONE, said::add);
        assertThat(said).contains("goes on from step 3 of 3 of a run that was stopped");
        assertThat(result.files()).isEqualTo(results);
        assertThat(results).allMatch(name -> Files.exists(out.resolve(name)));
        assertThat(state.getParent()).doesNotExist();
        assertThat(weights("ends")).isEqualTo(sha);

        // killed between writing results and installing
        ModelStore.standard().remove("ends");
        Files.createDirectories(state.getParent());
        Files.copy(kept, state);
        run.run(out, Progress.NONE, said::add);
        assertThat(weights("ends")).isEqualTo(sha);
        assertThat(folder.resolve("models")).isDirectoryNotContaining("glob:**/.importing*");

        // another model of that name is not taken for its own
        ModelStore.standard().remove("ends");
        TestModels.installSegmenter("ends");
        Files.createDirectories(state.getParent());
        Files.copy(kept, state);
        assertThatThrownBy(() -> run.run(out, Progress.NONE, said::add))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a model called ends is there already");
    }

    @Test
    void resultsThatCannotBeWrittenLeaveTheModelToTheSameAgain() throws IOException {
        saveObjects(2);
        Path taken = Files.createDirectories(folder.resolve("out/late_curve.csv"));
        CommandLineRun run = trainOnFolders("late", "--steps", 3);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errLines().get(0))
                .contains(
                        "its results could not be written, so the model is not installed yet; the same again does both:"
                                + " " + taken + " is a folder");
        assertThat(folder.resolve("models/late")).doesNotExist();
        Files.delete(taken);
        CommandLineRun again = trainOnFolders("late", "--steps", 3);
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out()).contains("goes on from step 3 of 3");
        assertThat(model("late").card().name()).isEqualTo("late");
    }

    @Test
    void foldersInFoldersGoTogether() throws IOException {
        saveObjects(3);
        for (String sub : List.of("p", "q/r")) {
            Files.createDirectories(images.resolve(sub));
            Files.createDirectories(labels.resolve(sub));
        }
        Files.move(images.resolve("d2.tif"), images.resolve("p/d1.tif"));
        Files.move(labels.resolve("d2.tif"), labels.resolve("p/d1_cp_masks.tif"));
        Files.move(images.resolve("d3.tif"), images.resolve("q/r/d3.tif"));
        Files.move(labels.resolve("d3.tif"), labels.resolve("q/r/d3.stardist.tif"));
        CommandLineRun run = trainOnFolders("nested", "--steps", 1, "--recursive", "--pattern", "d*");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("to train on: 3 images with labels in " + images);
        assertThat(Files.readString(folder.resolve("out/nested_run.json")))
                .contains("--recursive --pattern 'd*'")
                .doesNotContain("\"macro\"");
        assertThat(trainOnFolders("flat", "--steps", 1, "--pattern", "e*")
                        .errLines()
                        .get(0))
                .contains("no image of " + images + " fits --pattern 'e*'");
    }

    private List<String> arguments(String name, int steps) {
        return List.of(
                "train",
                "--images",
                images.toString(),
                "--labels",
                labels.toString(),
                "--as",
                name,
                "--base",
                "tiny",
                "--out",
                folder.resolve("out").toString(),
                "--steps",
                Integer.toString(steps),
                "--batch",
                "2");
    }

    private Process start(List<String> arguments) throws IOException {
        return Jvm.start(
                List.of("-Dpointillist.models=" + folder.resolve("models"), "-Dai.djl.offline=true"),
                Main.class,
                arguments,
                folder.resolve("log"));
    }

    private void awaitFile(Path file, Process process) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(file) && process.isAlive() && System.nanoTime() < end) {
            Thread.sleep(2);
        }
        assertThat(file).exists();
    }

    /** Told to stop after its first checkpoint, killed after a later one, run to the end: as if nothing had been. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aKilledRunGoesOnToTheSameWeights() throws IOException, InterruptedException {
        saveObjects(3);
        int steps = 120;
        assertThat(CommandLineRun.of(arguments("whole", steps).toArray()).status())
                .isZero();
        Path state = folder.resolve("out/parts_checkpoint/training.safetensors");
        List<String> arguments = arguments("parts", steps);

        Process stopped = start(arguments);
        awaitFile(state, stopped);
        stopped.destroy();
        assertThat(stopped.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped.exitValue()).isEqualTo(143);
        assertThat(Files.readAllLines(folder.resolve("log")))
                .anyMatch(line ->
                        line.matches("stopped \\(cancelled at step \\d+ of 120\\); the same again goes on from .*"));

        long size = Files.size(state);
        Files.setLastModifiedTime(state, java.nio.file.attribute.FileTime.fromMillis(0));
        Process killed = start(arguments);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (Files.getLastModifiedTime(state).toMillis() == 0 && System.nanoTime() < end) {
            Thread.sleep(2);
        }
        killed.destroyForcibly();
        assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(killed.exitValue()).as("killed, not ended").isEqualTo(137);
        assertThat(Files.size(state)).isGreaterThanOrEqualTo(size);
        assertThat(folder.resolve("models/parts")).doesNotExist();

        CommandLineRun other = CommandLineRun.of(arguments("parts", steps + 1).toArray());
        assertThat(other.errLines().get(0))
                .contains("is of another run: it had steps=120, now there is steps=121; choose another folder");

        Process last = start(arguments);
        assertThat(last.waitFor(120, TimeUnit.SECONDS)).isTrue();
        List<String> log = Files.readAllLines(folder.resolve("log"));
        assertThat(last.exitValue()).as(log.toString()).isZero();
        assertThat(log).anyMatch(line -> line.matches("goes on from step \\d+ of 120 of a run that was stopped"));
        assertThat(weights("parts")).isEqualTo(weights("whole"));
        assertThat(folder.resolve("out/parts_curve.csv"))
                .hasSameTextualContentAs(folder.resolve("out/whole_curve.csv"));
        assertThat(folder.resolve("out/parts_checkpoint")).doesNotExist();
    }
}
