// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.results;

import static org.assertj.core.api.Assertions.assertThat;

import ij.ImagePlus;
import ij.io.FileInfo;
import ij.process.ByteProcessor;
import java.awt.image.IndexColorModel;
import org.junit.jupiter.api.Test;

class PlanesTest {
    private static ImagePlus image(int format, String name, int red, int green) {
        byte[] reds = {1, (byte) red};
        byte[] greens = {1, (byte) green};
        IndexColorModel palette = new IndexColorModel(8, 2, reds, greens, reds);
        ImagePlus image = new ImagePlus(name, new ByteProcessor(2, 1, new byte[] {0, 1}, palette));
        FileInfo info = new FileInfo();
        info.fileFormat = format;
        info.fileName = name;
        image.setFileInfo(info);
        return image;
    }

    @Test
    void palettesOfFilesGiveWhatTheyShow() {
        Planes grey = new Planes(image(FileInfo.IMAGEIO, "a.png", 200, 200));
        assertThat(grey.rgb()).isFalse();
        assertThat(grey.channelNames()).hasSize(1);
        assertThat(grey.read(1, 1).value(0, 0)).isEqualTo(1);
        assertThat(grey.read(1, 1).value(0, 1)).isEqualTo(200);
        Planes colour = new Planes(image(FileInfo.GIF_OR_JPG, "a.gif", 200, 7));
        assertThat(colour.rgb()).isTrue();
        assertThat(colour.read(1, 1).value(1, 1)).isEqualTo(7);
    }

    @Test
    void lookupTablesAreForDisplay() {
        for (ImagePlus image : new ImagePlus[] {
            image(FileInfo.TIFF, "a.tif", 200, 200),
            image(FileInfo.TIFF, "a.tif", 200, 7),
            image(FileInfo.GIF_OR_JPG, "a.jpg", 200, 7)
        }) {
            Planes planes = new Planes(image);
            assertThat(planes.rgb()).isFalse();
            assertThat(planes.read(1, 1).value(0, 1)).isEqualTo(1);
        }
    }
}
