// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ij.ImagePlus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OmeTiffTest {
    @TempDir
    private Path folder;

    private static String xml(String attributes, String inside) {
        return "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\"><Image ID=\"Image:0\"><Pixels"
                + " ID=\"Pixels:0\" Type=\"uint8\" SizeX=\"3\" SizeY=\"2\" " + attributes + ">" + inside
                + "</Pixels></Image></OME>";
    }

    /** Page n holds the number n everywhere. */
    private Path write(String description, int pages) throws IOException {
        TiffFile file = TiffFile.little();
        for (int n = 0; n < pages; n++) {
            byte[] plane = new byte[6];
            java.util.Arrays.fill(plane, (byte) n);
            TiffFile.Page page = file.page(3, 2, 8).strips(plane);
            if (n == 0) {
                page.text(description);
            }
        }
        return file.write(folder.resolve("a.ome.tif"));
    }

    private static Loaded load(Path file) throws IOException {
        return ImageReaders.read(file, Long.MAX_VALUE);
    }

    private static int at(ImagePlus image, int c, int z, int t) {
        return image.getStack().getProcessor(image.getStackIndex(c, z, t)).get(0);
    }

    @ParameterizedTest
    @CsvSource({"XYCZT,1,2,6", "XYZCT,3,1,6", "XYZTC,6,1,3", "XYTCZ,2,4,1", "XYCTZ,1,4,2", "XYTZC,6,2,1"})
    void ordersPlanesAsTheTextSays(String order, int stepC, int stepZ, int stepT) throws IOException {
        ImagePlus image = load(write(
                        xml("SizeC=\"2\" SizeZ=\"3\" SizeT=\"2\" DimensionOrder=\"" + order + "\"", "<TiffData/>"), 12))
                .image();
        assertThat(new int[] {image.getNChannels(), image.getNSlices(), image.getNFrames()})
                .containsExactly(2, 3, 2);
        for (int c = 1; c <= 2; c++) {
            for (int z = 1; z <= 3; z++) {
                for (int t = 1; t <= 2; t++) {
                    assertThat(at(image, c, z, t)).isEqualTo((c - 1) * stepC + (z - 1) * stepZ + (t - 1) * stepT);
                }
            }
        }
    }

    @Test
    void findsPagesByTheTextAndNamesOfChannels() throws IOException {
        String data =
                "<Channel Name=\"DAPI\"/><Channel Name=\"actin\"/><TiffData IFD=\"1\" FirstC=\"0\"/><TiffData IFD=\"0\" FirstC=\"1\"/>";
        Loaded loaded = load(write(
                xml(
                        "SizeC=\"2\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\" PhysicalSizeX=\"250\" PhysicalSizeXUnit=\"nm\""
                                + " PhysicalSizeY=\"0.25\" PhysicalSizeZ=\"1.5\" TimeIncrement=\"2\"",
                        data),
                2));
        ImagePlus image = loaded.image();
        assertThat(at(image, 1, 1, 1)).isEqualTo(1);
        assertThat(at(image, 2, 1, 1)).isEqualTo(0);
        assertThat(image.getStack().getSliceLabel(1)).isEqualTo("DAPI");
        assertThat(image.getStack().getSliceLabel(2)).isEqualTo("actin");
        assertThat(image.getCalibration().pixelWidth).isEqualTo(0.25);
        assertThat(image.getCalibration().pixelHeight).isEqualTo(0.25);
        assertThat(image.getCalibration().pixelDepth).isEqualTo(1.5);
        assertThat(image.getCalibration().frameInterval).isEqualTo(2);
        assertThat(image.getCalibration().getUnit()).isEqualTo("\u00b5m");
        assertThat(loaded.notes()).isEmpty();
    }

    @Test
    void saysWhatItDoesNotTake() throws IOException {
        Loaded unfit =
                load(write(xml("SizeC=\"5\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\"", "<TiffData/>"), 2));
        assertThat(unfit.image().getNSlices()).isEqualTo(2);
        assertThat(unfit.notes()).singleElement().asString().contains("does not fit its pages");
        Loaded broken = load(write("<OME><Image><Pixels SizeX=\"3\"", 2));
        assertThat(broken.notes()).singleElement().asString().contains("broken");
        String two = xml("SizeC=\"1\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\"", "<TiffData IFD=\"0\"/>")
                .replace("</OME>", "<Image ID=\"Image:1\"><Pixels SizeX=\"3\" SizeY=\"2\"/></Image></OME>");
        Loaded first = load(write(two, 2));
        assertThat(first.image().getStackSize()).isEqualTo(1);
        assertThat(first.notes()).singleElement().asString().contains("first of 2 images");
    }

    @Test
    void refusesOneOfSeveralFiles() throws IOException {
        String data = "<TiffData IFD=\"0\" FirstC=\"0\"><UUID FileName=\"a.ome.tif\">urn:1</UUID></TiffData>"
                + "<TiffData IFD=\"0\" FirstC=\"1\"><UUID FileName=\"b.ome.tif\">urn:2</UUID></TiffData>";
        Path file = write(xml("SizeC=\"2\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\"", data), 1);
        assertThatThrownBy(() -> load(file))
                .isInstanceOf(UnsupportedFileException.class)
                .hasMessageContaining("several files");
    }

    @Test
    void looksNothingUp() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "0.125");
        String text = "<?xml version=\"1.0\"?><!DOCTYPE OME [<!ENTITY s SYSTEM \"" + secret.toUri()
                + "\"><!ENTITY a \"aaaaaaaaaa\">"
                + "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
                + xml("SizeC=\"1\" SizeZ=\"1\" SizeT=\"1\" DimensionOrder=\"XYCZT\"", "<Channel Name=\"x\"/>&s;&b;")
                        .substring("<?xml version=\"1.0\"?>".length());
        Loaded loaded = load(write(text, 1));
        assertThat(loaded.notes()).singleElement().asString().contains("broken");
    }
}
