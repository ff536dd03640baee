// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.RoiEncoder;
import io.github.pointillist.catalog.ModelCard.Segmentation.Kind;
import io.github.pointillist.plugins.results.RoiLabels.Meaning;
import io.github.pointillist.plugins.results.RoiLabels.Options;
import io.github.pointillist.plugins.results.TrainingPairs.Examples;
import io.github.pointillist.plugins.results.TrainingPairs.Found;
import io.github.pointillist.plugins.results.TrainingPairs.Pair;
import io.github.pointillist.training.Annotated;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingPairsTest {
    @TempDir
    Path images;

    @TempDir
    Path labels;

    private static void save(Path folder, String name, int bits, int depth) throws IOException {
        String type = bits == 24 ? "RGB black" : bits + "-bit ramp";
        ImagePlus image = IJ.createImage(name, type, 30, 20, depth);
        ImageFiles.saveTiff(image, folder.resolve(name));
    }

    private static void saveLabels(Path folder, String name, int depth) throws IOException {
        ImagePlus image = IJ.createImage(name, "16-bit black", 30, 20, depth);
        for (int n = 1; n <= depth; n++) {
            image.getStack().getProcessor(n).set(n, 2, 5);
        }
        ImageFiles.saveTiff(image, folder.resolve(name));
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

    private static Roi named(Roi roi, String name) {
        roi.setName(name);
        return roi;
    }

    @Test
    void whatFilesDoNotGiveIsSaid() throws IOException {
        BufferedImage clear = new BufferedImage(30, 20, BufferedImage.TYPE_4BYTE_ABGR);
        ImageIO.write(clear, "png", images.resolve("a.png").toFile());
        saveLabels(labels, "a.tif", 1);
        Examples examples =
                TrainingPairs.read(TrainingPairs.find(images, labels, null).pairs(), 0, Options.OBJECTS);
        assertThat(examples.notes()).containsExactly("a.png: transparency (alpha) left out");
    }

    @Test
    void signedLabelsOfImageJKeepTheirValues() throws IOException {
        save(images, "a.tif", 8, 1);
        ImagePlus signed = IJ.createImage("a", "16-bit black", 30, 20, 1);
        signed.getProcessor().add(32768);
        signed.getProcessor().set(2, 5, 32768 + 7);
        signed.getProcessor().set(3, 5, 32768 - 1);
        signed.getCalibration().setSigned16BitCalibration();
        ImageFiles.saveTiff(signed, labels.resolve("a.tif"));
        Annotated read = TrainingPairs.read(
                        TrainingPairs.find(images, labels, null).pairs(), 0, Options.OBJECTS)
                .images()
                .get(0);
        assertThat(read.labels()[5 * 30 + 2]).isEqualTo(7);
        assertThat(read.labels()[5 * 30 + 3]).isEqualTo(Annotated.IGNORE);
        assertThat(read.labels()[0]).isZero();
    }

    @Test
    void filesArePairedByNameAndOthersListed() throws IOException {
        for (String name : List.of("a.tif", "b.tif", "c.tif", "d.tif", "e_mask.tif", "f.tif", "lonely.tif")) {
            save(images, name, 8, 1);
        }
        saveLabels(labels, "a.tif", 1);
        saveLabels(labels, "b_labels.tif", 1);
        saveLabels(labels, "c-masks.tif", 1);
        saveRois(labels.resolve("d.zip"), named(new Roi(1, 1, 4, 4), "x"));
        saveLabels(labels, "e_mask.tif", 1);
        Files.write(labels.resolve("f.roi"), RoiEncoder.saveAsByteArray(new Roi(2, 2, 3, 3)));
        saveLabels(labels, "stray_labels.tif", 1);
        Files.writeString(labels.resolve("notes.txt"), "no image");
        Found found = TrainingPairs.find(images, labels, null);
        assertThat(found.pairs())
                .extracting(
                        pair -> pair.image().getFileName() + " " + pair.labels().getFileName())
                .containsExactly(
                        "a.tif a.tif",
                        "b.tif b_labels.tif",
                        "c.tif c-masks.tif",
                        "d.tif d.zip",
                        "e_mask.tif e_mask.tif",
                        "f.tif f.roi");
        assertThat(found.leftOut()).isEqualTo("2 files without a partner left out: stray_labels.tif, lonely.tif");
        Examples examples = TrainingPairs.read(found.pairs(), 0, Options.OBJECTS);
        assertThat(examples.images()).extracting(Annotated::name).containsExactly("a", "b", "c", "d", "e_mask", "f");
        assertThat(examples.calibrations()).hasSize(6);
    }

    @Test
    void labelsOfOtherProgramsAreKnownByTheirNames() throws IOException {
        List<String> made = List.of(
                "a_cp_masks.png",
                "b.stardist.tif",
                "c_seg.tif",
                "d_instance.tif",
                "e_Object Identities.tif",
                "f-labelled.png",
                "g.h_Simple Segmentation.tif");
        for (String name : List.of("a", "b", "c", "d", "e", "f", "g.h", "face_mask")) {
            save(images, name + ".tif", 8, 1);
        }
        for (String name : made) {
            saveLabels(labels, name, 1);
            saveLabels(images, name, 1);
        }
        saveLabels(images, "face_mask_mask.tif", 1);
        saveLabels(images, "a_outlines_cp_masks.png", 1);
        assertThat(TrainingPairs.find(images, labels, null).pairs())
                .extracting(pair -> pair.labels().getFileName().toString())
                .containsExactlyElementsOf(made);
        Found both = TrainingPairs.find(images, images, null);
        assertThat(both.pairs())
                .extracting(pair -> pair.labels().getFileName().toString())
                .containsExactlyInAnyOrder(Stream.concat(made.stream(), Stream.of("face_mask_mask.tif"))
                        .toArray(String[]::new));
        assertThat(both.leftOut()).isEqualTo("1 file without a partner left out: a_outlines_cp_masks.png");
    }

    @Test
    void oneFolderMayHoldBoth() throws IOException {
        save(images, "a.tif", 16, 1);
        saveLabels(images, "a_labels.tif", 1);
        save(images, "b.tif", 16, 1);
        saveRois(images.resolve("b.zip"), named(new Roi(1, 1, 4, 4), "x"));
        Found found = TrainingPairs.find(images, images, null);
        assertThat(found.pairs())
                .containsExactly(
                        new Pair(images.resolve("a.tif"), images.resolve("a_labels.tif")),
                        new Pair(images.resolve("b.tif"), images.resolve("b.zip")));
        assertThat(found.leftOut()).isEmpty();
    }

    @Test
    void whatIsAmbiguousOrLonelyIsRefused() throws IOException {
        save(images, "a.tif", 8, 1);
        assertThatThrownBy(() -> TrainingPairs.find(images, labels, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no image of")
                .hasMessageContaining("a.tif");
        saveLabels(labels, "a.tif", 1);
        saveLabels(labels, "a_mask.tif", 1);
        assertThatThrownBy(() -> TrainingPairs.find(images, labels, null))
                .hasMessageContaining("not clear what belongs together: a.tif and a.tif, a_mask.tif");
        assertThatThrownBy(() -> TrainingPairs.find(images.resolve("a.tif"), labels, null))
                .hasMessageContaining("is no folder");
    }

    @Test
    void aStackGivesAnExampleAPlane() throws IOException {
        save(images, "s.tif", 8, 3);
        saveLabels(labels, "s.tif", 3);
        Examples examples =
                TrainingPairs.read(TrainingPairs.find(images, labels, null).pairs(), 0, Options.OBJECTS);
        assertThat(examples.images()).extracting(Annotated::name).containsExactly("s#1", "s#2", "s#3");
        for (int n = 1; n <= 3; n++) {
            assertThat(examples.images().get(n - 1).labels()[2 * 30 + n]).isEqualTo(5);
        }
        saveLabels(labels, "s.tif", 2);
        assertThatThrownBy(() -> TrainingPairs.read(
                        TrainingPairs.find(images, labels, null).pairs(), 0, Options.OBJECTS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("s.tif has 2 planes, s.tif has 3; give a label plane for every plane");
    }

    @Test
    void sizesColoursAndChannelsAreChecked() throws IOException {
        ImagePlus small = IJ.createImage("small", "8-bit ramp", 10, 20, 1);
        ImagePlus truth = IJ.createImage("truth", "8-bit black", 30, 20, 1);
        assertThatThrownBy(() -> TrainingPairs.of(small, truth, 0)).hasMessageContaining("sizes must be equal");
        ImagePlus rgb = IJ.createImage("rgb", "RGB black", 30, 20, 1);
        assertThat(TrainingPairs.of(rgb, truth, 0).images().get(0).image().channels())
                .isEqualTo(3);
        assertThatThrownBy(() -> TrainingPairs.of(rgb, rgb, 0)).hasMessageContaining("is in colour");
        ImagePlus two = IJ.createHyperStack("two", 30, 20, 2, 1, 1, 8);
        two.getStack().getProcessor(2).set(4, 4, 99);
        assertThatThrownBy(() -> TrainingPairs.of(two, truth, 0)).hasMessageContaining("choose one from 1 to 2");
        Annotated second = TrainingPairs.of(two, truth, 2).images().get(0);
        assertThat(second.image().channels()).isEqualTo(1);
        assertThat(second.image().at(4, 4, 0)).isEqualTo(99);
    }

    @Test
    void classesOfAllFilesAreOneList() throws IOException {
        save(images, "a.tif", 8, 1);
        save(images, "b.tif", 24, 1);
        saveRois(labels.resolve("a.zip"), named(new Roi(1, 1, 4, 4), "stroma-1"));
        saveRois(
                labels.resolve("b.zip"), named(new Roi(1, 1, 4, 4), "gland-1"), named(new Roi(8, 1, 4, 4), "stroma-1"));
        Options options = new Options(Meaning.NAMES, false, 3);
        Examples examples =
                TrainingPairs.read(TrainingPairs.find(images, labels, null).pairs(), 0, options);
        assertThat(examples.classes()).containsExactly("gland", "stroma");
        assertThat(examples.images().get(0).labels()[32]).isEqualTo(1);
        assertThat(examples.images().get(1).labels()[32]).isEqualTo(0);
        assertThat(examples.images().get(1).labels()[0]).isEqualTo(Annotated.IGNORE);
    }

    @Test
    void planesWithoutARegionAreLeftOut() {
        ImagePlus stack = IJ.createImage("stack", "8-bit ramp", 30, 20, 3);
        Roi roi = named(new Roi(1, 1, 4, 4), "n");
        roi.setPosition(2);
        Examples examples = TrainingPairs.of(stack, List.of(roi), 0, Options.OBJECTS);
        assertThat(examples.images()).extracting(Annotated::name).containsExactly("stack#2");
    }

    /** Simulated tissue has both. */
    @Test
    void ofObjectsAndClassesThoseAreTakenThatAreMeant() throws IOException {
        save(images, "t.tif", 8, 1);
        saveLabels(images, "t_objects.tif", 1);
        saveLabels(images, "t_classmap.tif", 1);
        for (Kind kind : Kind.values()) {
            Found found = TrainingPairs.find(images, images, kind);
            String name = kind == Kind.SEMANTIC ? "t_classmap.tif" : "t_objects.tif";
            assertThat(found.pairs()).containsExactly(new Pair(images.resolve("t.tif"), images.resolve(name)));
            assertThat(found.leftOut()).startsWith("1 file without a partner left out: t_");
        }
        assertThatThrownBy(() -> TrainingPairs.find(images, images, null))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("t_classmap.tif")
                .hasMessageEndingWith("or say whether objects or classes are meant (kind)");
    }
}
