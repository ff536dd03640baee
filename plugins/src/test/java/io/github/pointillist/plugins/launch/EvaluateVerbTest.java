// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateVerbTest {
    /** 3 true objects; of 3 predicted ones two match, with an IoU of 4/5 and 3/5. */
    private static final String TRUTH = "aaaaa.bbbb.cccc..";

    private static final String PREDICTION = "aaaa...bbbb....dd";

    @TempDir
    private Path folder;

    private static ImageProcessor labels(ImageProcessor into, String letters) {
        for (int i = 0; i < letters.length(); i++) {
            into.setf(i, letters.charAt(i) == '.' ? 0 : letters.charAt(i) - 'a' + 1);
        }
        return into;
    }

    private Path image(String name, String letters) throws IOException {
        return save(name, labels(new ByteProcessor(letters.length(), 1), letters));
    }

    private Path save(String name, ImageProcessor... planes) throws IOException {
        ImageStack stack = new ImageStack(planes[0].getWidth(), planes[0].getHeight());
        for (ImageProcessor plane : planes) {
            stack.addSlice(plane);
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return TestImages.save(new ImagePlus(name, stack), file);
    }

    private static CommandLineRun evaluate(Object... words) {
        List<Object> all = new ArrayList<>(List.of("evaluate"));
        all.addAll(Arrays.asList(words));
        return CommandLineRun.of(all.toArray());
    }

    private static List<String> cells(Path csv, int row) throws IOException {
        return List.of(Files.readAllLines(csv).get(row).split(",", -1));
    }

    private static String cell(Path csv, int row, String column) throws IOException {
        return cells(csv, row).get(cells(csv, 0).indexOf(column));
    }

    @Test
    void printsAFigureALine() throws IOException {
        Path prediction = image("prediction.tif", PREDICTION);
        Path truth = image("truth.tif", TRUTH);
        CommandLineRun run = evaluate(prediction, truth);
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().lines())
                .containsExactly(
                        prediction + " against " + truth,
                        "true objects        3",
                        "predicted objects   3",
                        "difference          0",
                        "AP@0.5              0.5000",
                        "AP@0.6              0.5000",
                        "AP@0.7              0.2000",
                        "AP@0.8              0.2000",
                        "AP@0.9              0.0000",
                        "AP@0.5:0.95         0.2300",
                        "TP@0.5              2",
                        "FP@0.5              1",
                        "FN@0.5              1",
                        "precision@0.5       0.6667",
                        "recall@0.5          0.6667",
                        "F1@0.5              0.6667",
                        "matched IoU@0.5     0.7000",
                        "PQ                  0.4667",
                        "SQ                  0.7000",
                        "RQ                  0.6667",
                        "AJI                 0.4375",
                        "AJI+                0.4375",
                        "Dice                0.6087",
                        "IoU                 0.4375");
    }

    @Test
    void saysWhatWasLeftOutOfAFile() throws IOException {
        Path truth = image("truth.tif", TRUTH);
        BufferedImage picture = new BufferedImage(TRUTH.length(), 1, BufferedImage.TYPE_4BYTE_ABGR);
        for (int x = 0; x < TRUTH.length(); x++) {
            int label = TRUTH.charAt(x) == '.' ? 0 : TRUTH.charAt(x) - 'a' + 1;
            picture.setRGB(x, 0, 0x80000000 | 0x010101 * label);
        }
        Path colours = folder.resolve("colours.png");
        ImageIO.write(picture, "png", colours.toFile());
        assertThat(evaluate(colours, truth).err()).contains("is in colour");
        // Labels with an extra page of another size.
        Path two = folder.resolve("two.gif");
        Files.write(two, twoPictures());
        Path animation = save("animation.tif", new ByteProcessor(2, 1), new ByteProcessor(2, 1));
        CommandLineRun run = evaluate(two, animation, "--out", folder.resolve("out"));
        assertThat(run.out()).contains("the 2 pictures of the animation are taken as slices");
        assertThat(Files.readString(folder.resolve("out/evaluation_run.json")))
                .contains("the 2 pictures of the animation are taken as slices");
    }

    /** Two pictures of two black pixels. */
    private static byte[] twoPictures() {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        out.writeBytes("GIF89a".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {2, 0, 1, 0, (byte) 0x80, 0, 0, 0, 0, 0, 1, 1, 1});
        for (int n = 0; n < 2; n++) {
            out.writeBytes(new byte[] {0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x04, 0x0a, 0});
        }
        out.write(0x3b);
        return out.toByteArray();
    }

    @Test
    void handMadeLabelsOfRealNucleiAgreeWithThemselves() {
        Path file = Path.of("..", "..", "shared", "images", "nuclei-256-labels.tif");
        if (!Files.exists(file)) {
            String why = "SKIPPED EvaluateVerbTest.handMadeLabelsOfRealNuclei...: there is no " + file;
            System.out.println(why);
            Assumptions.abort(why);
        }
        assertThat(evaluate(file, file).out().lines())
                .contains("true objects        65", "predicted objects   65", "TP@0.5              65")
                .filteredOn(line -> line.matches("(AP@|PQ|SQ|RQ|AJI|Dice|IoU).*"))
                .hasSize(13)
                .allMatch(line -> line.endsWith(" 1.0000"));
    }

    @Test
    void writesTablesAndAManifest() throws IOException {
        Path prediction = image("a prediction.tif", PREDICTION);
        Path truth = image("truth.tif", TRUTH);
        Path out = folder.resolve("out");
        assertThat(evaluate(prediction, truth, "--out", out).status()).isZero();
        Path csv = out.resolve("evaluation.csv");
        assertThat(Files.readAllLines(csv)).hasSize(2);
        assertThat(cell(csv, 1, "Prediction")).isEqualTo(prediction.toString());
        assertThat(cell(csv, 1, "Truth")).isEqualTo(truth.toString());
        assertThat(cell(csv, 1, "Part")).isEqualTo("all");
        assertThat(cell(csv, 1, "TP@0.5")).isEqualTo("2");
        assertThat(cell(csv, 1, "AP@0.5")).isEqualTo("0.5");
        assertThat(Double.parseDouble(cell(csv, 1, "RQ"))).isEqualTo(2 / 3.0);
        Path thresholds = out.resolve("evaluation_thresholds.csv");
        assertThat(Files.readAllLines(thresholds)).hasSize(11);
        assertThat(cell(thresholds, 4, "Threshold")).isEqualTo("0.65");
        assertThat(cells(thresholds, 4).subList(4, 8)).containsExactly("1", "2", "2", "0.3333333333333333");
        assertThat(cell(thresholds, 4, "AP")).isEqualTo("0.2");
        JsonObject json = new Gson().fromJson(Files.readString(out.resolve("evaluation_run.json")), JsonObject.class);
        assertThat(json.get("command_line").getAsString())
                .isEqualTo("pointillist evaluate '" + prediction + "' " + truth + " --out " + out
                        + " --mode instances --planes each");
        assertThat(json.get("macro").getAsString())
                .isEqualTo("open(\"" + truth + "\"); open(\"" + prediction
                        + "\"); run(\"Evaluate...\", \"truth=truth.tif mode=instances planes=each ignore=none"
                        + " background=true\");");
        JsonObject pair = json.getAsJsonArray("pairs").get(0).getAsJsonObject();
        assertThat(pair.getAsJsonObject("truth").get("path").getAsString()).isEqualTo(truth.toString());
        assertThat(pair.getAsJsonObject("truth").get("sha256").getAsString()).hasSize(64);
        assertThat(json.getAsJsonArray("outputs").asList())
                .extracting(element -> element.getAsString())
                .containsExactly("evaluation.csv", "evaluation_thresholds.csv", "evaluation_run.json");
    }

    @Test
    void withoutObjectsFiguresAreNotANumberAndCellsEmpty() throws IOException {
        Path nothing = image("nothing.tif", "....");
        CommandLineRun run = evaluate(nothing, nothing, "--out", folder.resolve("out"));
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("true objects        0\n", "AP@0.5              NaN\n", "AJI+                NaN\n");
        Path csv = folder.resolve("out/evaluation.csv");
        assertThat(cell(csv, 1, "true objects")).isEqualTo("0");
        assertThat(cell(csv, 1, "AP@0.5")).isEmpty();
    }

    @Test
    void classes() throws IOException {
        Path prediction = image("prediction.tif", "aab.aaddd");
        Path truth = image("truth.tif", "aaa.aaddf");
        Path out = folder.resolve("out");
        CommandLineRun run = evaluate(prediction, truth, "--mode", "Semantic", "--ignore", "6", "--out", out);
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().skip(1))
                .containsExactly(
                        "classes             4",
                        "pixels              8",
                        "mIoU                0.7000",
                        "mDice               0.7222",
                        "pixel accuracy      0.8750",
                        "class accuracy      0.9333",
                        "fwIoU               0.8750",
                        "IoU of class 0      1.0000",
                        "Dice of class 0     1.0000",
                        "IoU of class 1      0.8000",
                        "Dice of class 1     0.8889",
                        "IoU of class 2      0.0000",
                        "Dice of class 2     0.0000",
                        "IoU of class 4      1.0000",
                        "Dice of class 4     1.0000");
        Path classes = out.resolve("evaluation_classes.csv");
        assertThat(Files.readAllLines(classes)).hasSize(5);
        assertThat(cells(classes, 2).subList(3, 10))
                .containsExactly("1", "0.8", "0.8888888888888888", "0.8", "5", "4", "4");
        assertThat(cell(classes, 3, "Accuracy")).isEmpty();
        assertThat(Files.readString(out.resolve("evaluation_run.json")))
                .contains("--mode semantic --planes each --ignore 6");
        assertThat(evaluate(prediction, truth, "--mode", "semantic", "--no-background", "--ignore", "6,2")
                        .out())
                .contains("classes             2", "pixels              7", "mIoU                0.9000");
    }

    @Test
    void stacksPlaneByPlaneOrAsVolumes() throws IOException {
        ByteProcessor empty = new ByteProcessor(4, 1);
        Path truth = save("truth.tif", labels(empty.duplicate(), "aa.."), labels(empty.duplicate(), "aaaa"));
        Path prediction = save("prediction.tif", labels(empty.duplicate(), "bb.."), labels(empty.duplicate(), "cccc"));
        Path out = folder.resolve("out");
        CommandLineRun each = evaluate(prediction, truth, "--out", out);
        assertThat(each.out())
                .contains(
                        "  slice 1: true objects 1, predicted objects 1, AP@0.5 1.0000",
                        "  slice 2: true objects 1",
                        "AP@0.9              1.0000",
                        "true objects        2");
        assertThat(Files.readAllLines(out.resolve("evaluation.csv")))
                .hasSize(4)
                .anyMatch(line -> line.contains(",slice 2,1,1,0,"));
        CommandLineRun volume = evaluate(prediction, truth, "--planes", "volume");
        assertThat(volume.out())
                .doesNotContain("slice")
                .contains("true objects        1", "predicted objects   2", "AP@0.6              0.5000");
        Path other = save("other.tif", empty, empty, empty);
        CommandLineRun wrong = evaluate(prediction, other);
        assertThat(wrong.status()).isEqualTo(1);
        assertThat(wrong.errLines()).singleElement().asString().contains("2 slices and 1 frames");
    }

    @Test
    void signedAndFloatingLabelsAreRead() throws IOException {
        Path truth = image("truth.tif", TRUTH);
        ImageProcessor floats = labels(new FloatProcessor(TRUTH.length(), 1), TRUTH);
        ImagePlus signed = new ImagePlus("", new ShortProcessor(TRUTH.length(), 1));
        for (int i = 0; i < TRUTH.length(); i++) {
            signed.getProcessor().set(i, 32768 + (int) floats.getf(i));
        }
        Calibration calibration = signed.getCalibration();
        calibration.setSigned16BitCalibration();
        Path shorts = TestImages.save(signed, folder.resolve("signed.tif"));
        for (Path file : List.of(save("float.tif", floats), shorts)) {
            assertThat(evaluate(file, truth).out())
                    .contains("predicted objects   3", "AP@0.9              1.0000", "IoU                 1.0000");
        }
        signed.getProcessor().set(2, 32767);
        TestImages.save(signed, shorts);
        assertThat(evaluate(shorts, truth).err())
                .contains("prediction signed.tif holds -1.0 at (2, 0); labels are whole numbers from 0");
    }

    /** The numbers of the colours are the labels, as in the truths of PASCAL VOC. */
    @Test
    void imagesWithAPaletteHoldTheNumbersOfItsColours() throws IOException {
        byte[] red = new byte[256];
        byte[] green = new byte[256];
        for (int i = 0; i < 256; i++) {
            red[i] = (byte) (i * 97);
            green[i] = (byte) (255 - i);
        }
        BufferedImage indexed = new BufferedImage(
                TRUTH.length(), 1, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 256, red, green, red));
        ImageProcessor numbers = labels(new ByteProcessor(TRUTH.length(), 1), TRUTH);
        for (int x = 0; x < TRUTH.length(); x++) {
            indexed.getRaster().setSample(x, 0, 0, numbers.get(x));
        }
        Path file = folder.resolve("palette.png");
        ImageIO.write(indexed, "png", file.toFile());
        CommandLineRun run = evaluate(file, image("truth.tif", TRUTH), "--mode", "semantic");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("classes             4", "pixel accuracy      1.0000");
    }

    @Test
    void whatIsNoLabelImageIsRefusedInOneLine() throws IOException {
        Path truth = image("truth.tif", "aab.");
        FloatProcessor half = new FloatProcessor(4, 1, new float[] {0, 0.5f, 1, 2});
        FloatProcessor nan = new FloatProcessor(4, 1, new float[] {0, 1, 1, Float.NaN});
        record Wrong(Path file, String why) {}
        for (Wrong wrong : List.of(
                new Wrong(
                        image("larger.tif", "aab.."),
                        "prediction larger.tif has the size [5, 1], truth truth.tif [4, 1]"),
                new Wrong(save("half.tif", half), "prediction half.tif holds 0.5 at (1, 0)"),
                new Wrong(save("nan.tif", nan), "holds NaN at (3, 0)"),
                new Wrong(save("colour.tif", TestImages.noise(24, 4, 1, 1)), "is in colour"),
                new Wrong(
                        TestImages.save(TestImages.hyperstack(4, 1), folder.resolve("five.tif")),
                        "has 2 channels; allowed is one"),
                new Wrong(folder.resolve("gone.tif"), "gone.tif: no such file"))) {
            CommandLineRun run = evaluate(wrong.file, truth);
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.errLines()).singleElement().asString().contains(wrong.file + ": ", wrong.why);
        }
        assertThat(evaluate(truth, folder.resolve("gone.tif")).err()).contains("its truth", "gone.tif: no such file");
    }

    @Test
    void wrongUsageIsRefused() throws IOException {
        Path truth = image("truth.tif", "aab.");
        Path in = Files.createDirectory(folder.resolve("in"));
        record Wrong(List<Object> words, String why) {}
        for (Wrong wrong : List.of(
                new Wrong(List.of(truth), "Missing required parameter: 'TRUTH'"),
                new Wrong(List.of(truth, truth, "--mode", "both"), "mode is 'both'; allowed are instances, semantic"),
                new Wrong(List.of(truth, truth, "--planes", "all"), "planes is 'all'; allowed are each, volume"),
                new Wrong(List.of(truth, truth, "--ignore", "3"), "ignore is [3] with mode instances"),
                new Wrong(List.of(truth, truth, "--no-background"), "background is false with mode instances"),
                new Wrong(List.of(truth, truth, "--mode", "semantic", "--ignore", "x"), "ignore is 'x'; allowed"),
                new Wrong(List.of(truth, truth, "--mode", "semantic", "--planes", "volume"), "planes is volume"),
                new Wrong(List.of(truth, truth, "--out", truth), "which is a file; give a folder"),
                new Wrong(List.of(in, truth), in + " is a folder and " + truth + " is not"),
                new Wrong(List.of(in, in), "the folder holds no image file"))) {
            CommandLineRun run = evaluate(wrong.words.toArray());
            assertThat(run.status()).as(wrong.why).isEqualTo(2);
            assertThat(run.errLines()).hasSize(2);
            assertThat(run.err()).contains(wrong.why);
        }
    }

    @Test
    void foldersArePairedByStem() throws IOException {
        image("predictions/a_labels.tif", PREDICTION);
        image("predictions/b.png", "aa..");
        image("predictions/c_clusters.tif", "....");
        image("predictions/alone_labels.tif", "aa..");
        image("predictions/twice_labels.tif", "aa..");
        image("predictions/odd.tif", "aa...");
        TestImages.save(TestImages.image("", 24, 4, 1), folder.resolve("predictions/a_overlay.png"));
        Files.writeString(
                folder.resolve("predictions/a_run.json"),
                "{\"command_line\": \"pointillist\", \"outputs\": [\"a_labels.tif\", \"a_overlay.png\"]}");
        image("truths/a.tif", "ffffffffffffffffj"); // an image beside its labels
        image("truths/a-labels.tif", TRUTH);
        image("truths/b_mask.tif", "aab.");
        image("truths/c_objects.png", "....");
        image("truths/missing.tif", "aa..");
        image("truths/twice_mask.tif", "aa..");
        image("truths/twice-labels.tif", "aa..");
        image("truths/odd.tif", "aa..");
        Path predictions = folder.resolve("predictions");
        Path truths = folder.resolve("truths");
        Path out = folder.resolve("out");
        CommandLineRun run = evaluate(predictions, truths, "--out", out);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errLines()).hasSize(4);
        assertThat(run.err())
                .contains("alone_labels.tif: no truth in " + truths + " is called alone")
                .contains("missing.tif: no prediction in " + predictions + " is called missing")
                .contains("twice: it is not clear which of " + predictions.resolve("twice_labels.tif"))
                .contains(predictions.resolve("odd.tif") + ": prediction odd.tif has the size [5, 1]");
        assertThat(run.out().lines())
                .contains(
                        predictions.resolve("a_labels.tif") + " against " + truths.resolve("a-labels.tif")
                                + ": true objects 3, predicted objects 3, AP@0.5 0.5000, AP@0.5:0.95 0.2300, PQ 0.4667",
                        predictions.resolve("c_clusters.tif") + " against " + truths.resolve("c_objects.png")
                                + ": true objects 0, predicted objects 0, AP@0.5 NaN, AP@0.5:0.95 NaN, PQ NaN",
                        "pooled over 3 pairs",
                        "true objects        5",
                        "AP@0.9              0.1250", // 1 of 8, while a has 0 of 6 and b 1 of 2
                        "mean AP@0.9         0.2500",
                        "mean PQ             0.5667");
        Path csv = out.resolve("evaluation.csv");
        assertThat(Files.readAllLines(csv)).hasSize(6);
        assertThat(cells(csv, 4).subList(0, 4)).containsExactly("(pooled)", "(pooled)", "all", "5");
        assertThat(cells(csv, 5).subList(0, 4)).containsExactly("(mean)", "(mean)", "all", "");
        assertThat(cell(csv, 5, "AP@0.9")).isEqualTo("0.25");
        assertThat(Files.readAllLines(out.resolve("evaluation_thresholds.csv"))).hasSize(1 + 4 * 10);
        assertThat(Files.readString(out.resolve("evaluation_run.json")))
                .contains("b_mask.tif")
                .doesNotContain("missing.tif", "\"macro\"");
    }

    @Test
    void ofObjectsAndClassesOfOneImageThoseComparedAreTaken() throws IOException {
        image("results/tissue_labels.tif", "ab..");
        image("simulated/tissue.tif", "cccc");
        image("simulated/tissue_objects.tif", "ab..");
        image("simulated/tissue_classmap.tif", "aa..");
        Path results = folder.resolve("results");
        Path simulated = folder.resolve("simulated");
        CommandLineRun objects = evaluate(results, simulated);
        assertThat(objects.err()).isEmpty();
        assertThat(objects.out()).contains("tissue_objects.tif: true objects 2", "AP@0.9              1.0000");
        CommandLineRun classes = evaluate(results, simulated, "--mode", "semantic");
        assertThat(classes.err()).isEmpty();
        assertThat(classes.out()).contains("tissue_classmap.tif: classes 3", "pixel accuracy      0.7500");
    }

    @Test
    void foldersInFoldersAndNamesOfOtherProgramsGoTogether() throws IOException {
        Files.createDirectories(folder.resolve("made/p"));
        Files.createDirectories(folder.resolve("truths/p"));
        image("made/a_cp_masks.tif", "ab..");
        image("made/p/a.stardist.tif", "a...");
        image("made/p/c_Object Identities.tif", "aa..");
        TestImages.save(TestImages.image("", 24, 4, 1), folder.resolve("made/a_outlines_cp_masks.png"));
        image("truths/a_seg.tif", "ab..");
        image("truths/p/a_instance.tif", "a...");
        image("truths/p/c_gt.tif", "aa..");
        Path made = folder.resolve("made");
        Path truths = folder.resolve("truths");
        Path out = folder.resolve("out");
        CommandLineRun all = evaluate(made, truths, "--recursive", "--out", out);
        assertThat(all.err()).isEmpty();
        assertThat(all.out()).contains("pooled over 3 pairs", "true objects        4", "AP@0.9              1.0000");
        assertThat(Files.readString(out.resolve("evaluation_run.json"))).contains("--recursive");
        CommandLineRun some = evaluate(made, truths, "--recursive", "--pattern", "*.stardist.tif");
        assertThat(some.err()).isEmpty();
        assertThat(some.out()).contains("pooled over 1 pair").contains("a.stardist.tif against");
        assertThat(evaluate(made, truths).out()).contains("pooled over 1 pair");
    }

    @Test
    void aFolderOfOnePairHasNoMeans() throws IOException {
        image("one/a.tif", "ab..");
        CommandLineRun run = evaluate(folder.resolve("one"), folder.resolve("one"), "--mode", "semantic");
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("pooled over 1 pair\n", "mIoU                1.0000")
                .doesNotContain("mean ");
    }

    /** By hand: thing 1 has 3 of 4 pixels and one more (3 / 5), thing 2 is missed; stuff shares 3 of 5; one is void. */
    @Test
    void segmentsHaveTheirClassesBesideThem() throws IOException {
        image("results/a_labels.tif", "aabbbbcc.");
        image("results/a_classes.tif", "aabbbbaa.");
        image("simulated/a_objects.tif", ".aaaa..bb");
        image("simulated/a_classmap.tif", "abbbba.bb");
        image("simulated/a.tif", "ccccccccc");
        Path out = folder.resolve("out");
        CommandLineRun run =
                evaluate(folder.resolve("results"), folder.resolve("simulated"), "--mode", "panoptic", "--out", out);
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("true segments 3, predicted segments 3")
                .contains("matches             1\n", "PQ of class 1       0.0000", "PQ of class 2       0.4000");
        assertThat(Files.readAllLines(out.resolve("evaluation_classes.csv")).get(2))
                .endsWith(",2,0.39999999999999997,0.6,0.6666666666666666,1,0,1");
        assertThat(Files.readString(out.resolve("evaluation_run.json"))).doesNotContain("\"macro\"");
        Files.delete(folder.resolve("simulated/a_classmap.tif"));
        CommandLineRun without = evaluate(folder.resolve("results"), folder.resolve("simulated"), "--mode", "panoptic");
        assertThat(without.status()).isEqualTo(1);
        assertThat(without.err()).contains("there must be a_classes.tif or a_classmap.tif");
        assertThat(evaluate("x.tif", "y.tif", "--mode", "panoptic", "--planes", "volume")
                        .status())
                .isEqualTo(2);
    }

    /** A run of Segment writes its results beside the truth of the sample. */
    @Test
    void classesBesideLabelsAreThoseOfPredictionAndTruth() throws IOException {
        Path labels = image("s_labels.tif", "aabb..cc");
        Path objects = image("s_objects.tif", "aabb..cc");
        image("s_classes.tif", "aaaa..aa");
        image("s_classmap.tif", "aabb..bb");
        Path out = folder.resolve("scores");
        CommandLineRun run = evaluate(labels, objects, "--mode", "panoptic", "--out", out);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("PQ of class 1       0.5000", "PQ of class 2       0.0000");
        String macro = new Gson()
                .fromJson(Files.readString(out.resolve("evaluation_run.json")), JsonObject.class)
                .get("macro")
                .getAsString();
        assertThat(macro)
                .contains("s_objects.tif\"); t = getImageID(); ", "s_classmap.tif\"); d = getImageID(); ")
                .endsWith("open(\"" + labels + "\"); run(\"Evaluate...\", \"truth=\" + t + \" mode=panoptic planes=each"
                        + " ignore=none background=true classes=\" + c + \" true_classes=\" + d + \"\");");
        CommandLineRun swapped = evaluate(
                labels,
                objects,
                "--mode",
                "panoptic",
                "--classes",
                folder.resolve("s_classmap.tif"),
                "--true-classes",
                folder.resolve("s_classmap.tif"));
        assertThat(swapped.out()).contains("PQ of class 1       1.0000", "PQ of class 2       1.0000");
        assertThat(evaluate(labels, objects, "--classes", "x.tif").err())
                .contains("they are for --mode panoptic and two label images");
    }

    @Test
    void picturesAreRefusedUnlessForced() throws IOException {
        Path labels = save("labels.tif", new ByteProcessor(64, 64));
        Path photo = save("photo.tif", TestImages.noise(8, 64, 64, 1));
        assertThat(evaluate(labels, photo).err())
                .contains("truth photo.tif looks like a picture")
                .hasLineCount(1);
        assertThat(evaluate(photo, labels).err()).contains("prediction photo.tif looks like a picture");
        assertThat(evaluate(labels, photo, "--force").status()).isZero();
    }
}
