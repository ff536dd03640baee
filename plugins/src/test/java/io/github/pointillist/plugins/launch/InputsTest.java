// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputsTest {
    @TempDir
    private Path folder;

    private Path file(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    private Inputs inputs(String pattern, Path... given) throws IOException {
        return Inputs.of(List.of(given), true, pattern);
    }

    /** Stems by path from the folder on. */
    private String stems(Inputs inputs) {
        TreeMap<String, String> text = new TreeMap<>();
        inputs.stems()
                .forEach((image, stem) -> text.put(folder.relativize(image).toString(), stem));
        return text.toString();
    }

    @Test
    void foldersInAFolderAreMirrored() throws IOException {
        for (String name : List.of("in/x.tif", "in/a/x.tif", "in/b/x.tif", "in/b/c/x.png", "in/b/c/x.tif")) {
            file(name);
        }
        Inputs inputs = inputs(null, folder.resolve("in"));
        assertThat(stems(inputs))
                .isEqualTo("{in/a/x.tif=a/x, in/b/c/x.png=b/c/x_png, in/b/c/x.tif=b/c/x_tif, in/b/x.tif=b/x,"
                        + " in/x.tif=x}");
        assertThat(Inputs.folder(Path.of("out"), "b/c/x_png")).isEqualTo(Path.of("out/b/c"));
        assertThat(Inputs.folder(Path.of("out"), "x")).isEqualTo(Path.of("out"));
    }

    @Test
    void ofSeveralFoldersWithFilesOfOneNameEachGetsItsFolder() throws IOException {
        for (String name : List.of("p/x.tif", "q/x.tif", "q/d/y.tif", "r/p/x.tif", "z.tif")) {
            file(name);
        }
        assertThat(stems(inputs(null, folder.resolve("p"), folder.resolve("q"), folder.resolve("z.tif"))))
                .isEqualTo("{p/x.tif=p/x, q/d/y.tif=q/d/y, q/x.tif=q/x, z.tif=z}");
        assertThat(stems(inputs(null, folder.resolve("p"), folder.resolve("r/p"))))
                .isEqualTo("{p/x.tif=p/x, r/p/x.tif=p_2/x}");
        assertThat(stems(inputs("y*", folder.resolve("p"), folder.resolve("q"))))
                .isEqualTo("{q/d/y.tif=d/y}");
    }

    @Test
    void whatOtherProgramsMadeOfAnImageIsLeftOutBesideItAndTakenWhenNamed() throws IOException {
        for (String name : List.of("a.tif", "b.ome.tif", "d/c.png", "d/a_masks.tif", "face_mask.jpg")) {
            file("in/" + name);
        }
        List<String> made = List.of(
                "a_cp_masks.png",
                "a_seg.tif",
                "a.stardist.tif",
                "a_Object Identities.tif",
                "a_Simple Segmentation.tif",
                "a_instance.png",
                "A-labelled.tif",
                "a_labels.tif",
                "a_outlines_cp_masks.png",
                "a_overlay.png",
                "b.ome_mask.tif",
                "d/c_GT.png");
        for (String name : made) {
            file("in/" + name);
        }
        Inputs inputs = inputs(null, folder.resolve("in"));
        assertThat(stems(inputs))
                .isEqualTo("{in/a.tif=a, in/b.ome.tif=b.ome, in/d/a_masks.tif=d/a_masks, in/d/c.png=d/c,"
                        + " in/face_mask.jpg=face_mask}");
        assertThat(inputs.leftOut()).hasSize(made.size());
        assertThat(inputs.remarks())
                .hasSize(1)
                .allMatch(line -> line.startsWith("left out 12 by name as label images or pictures")
                        && line.endsWith("name it on the command line"));
        Inputs named = inputs(null, folder.resolve("in"), folder.resolve("in/a_seg.tif"));
        assertThat(named.stems()).containsEntry(folder.resolve("in/a_seg.tif"), "a_seg");
        assertThat(named.leftOut()).hasSize(made.size() - 1);
        assertThat(stems(inputs("*_seg.tif", folder.resolve("in")))).isEqualTo("{in/a_seg.tif=a_seg}");
    }

    @Test
    void whatIsNoManifestOfOursIsNotRead() throws IOException {
        file("in/a.tif");
        Files.createDirectories(folder.resolve("in/x_run.json"));
        Files.write(folder.resolve("in/y_run.json"), new byte[] {'"', (byte) 0xe4, '"'});
        Files.writeString(folder.resolve("in/z_run.json"), "{\"outputs\": [[1, 2]], \"command_line\": 3}");
        Inputs inputs = inputs(null, folder.resolve("in"));
        assertThat(stems(inputs)).isEqualTo("{in/a.tif=a}");
        assertThat(inputs.failures()).isEmpty();
    }

    @Test
    void aPatternChoosesByNameOrPath() throws IOException {
        for (String name : List.of("in/1_dapi.tif", "in/1_gfp.tif", "in/a/2_dapi.tif", "in/b/2_dapi.tif")) {
            file(name);
        }
        Path in = folder.resolve("in");
        assertThat(stems(inputs("*_dapi.tif", in)))
                .isEqualTo("{in/1_dapi.tif=1_dapi, in/a/2_dapi.tif=a/2_dapi, in/b/2_dapi.tif=b/2_dapi}");
        assertThat(stems(inputs("a/*", in))).isEqualTo("{in/a/2_dapi.tif=a/2_dapi}");
        assertThat(inputs("*.czi", in).failures())
                .containsExactly(in + ": the folder holds no image file that --pattern '*.czi' fits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> inputs("[x", in))
                .withMessageContaining("pattern is '[x'");
    }

    @Test
    void loopsOfLinksEndAndLinkedFoldersAreSearchedOnce() throws IOException {
        file("in/a/x.tif");
        file("elsewhere/y.tif");
        Files.createSymbolicLink(folder.resolve("in/a/up"), Path.of(".."));
        Files.createSymbolicLink(folder.resolve("in/a/top"), Path.of("../.."));
        Files.createSymbolicLink(folder.resolve("in/0"), Path.of("a"));
        Files.createSymbolicLink(folder.resolve("in/e"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve("in/lost"), Path.of("nowhere"));
        assertThat(stems(inputs(null, folder.resolve("in")))).isEqualTo("{in/a/x.tif=a/x, in/e/y.tif=e/y}");
        assertThat(inputs(null, folder.resolve("in/e")).stems()).hasSize(1);
    }

    @Test
    void aClosedFolderIsNamedAndTheOthersAreDone() throws IOException {
        file("in/ok.tif");
        Path closed = file("in/closed/x.tif").getParent();
        assertThat(closed.toFile().setReadable(false)).isTrue();
        org.junit.jupiter.api.Assumptions.assumeFalse(Files.isReadable(closed), "this user may read everything");
        try {
            Inputs inputs = inputs(null, folder.resolve("in"));
            assertThat(stems(inputs)).isEqualTo("{in/ok.tif=ok}");
            assertThat(inputs.failures()).containsExactly(closed + ": no permission");
        } finally {
            assertThat(closed.toFile().setReadable(true)).isTrue();
        }
    }

    @Test
    void anInputInAMirroredFolderIsNotOverwritten() throws IOException {
        file("in/a/x.tif");
        Path victim = file("in/a/x_labels.tif");
        Inputs inputs = inputs(null, folder.resolve("in"), victim);
        assertThat(inputs.overwritten(folder.resolve("in"), List.of("_labels.tif")))
                .isEqualTo(victim);
        assertThat(inputs.overwritten(folder.resolve("out"), List.of("_labels.tif")))
                .isNull();
    }
}
