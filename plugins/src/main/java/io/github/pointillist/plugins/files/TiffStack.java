// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.plugins.files;

import ij.VirtualStack;
import ij.process.ImageProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Planes that are read when they are asked for; the page read last is kept. */
final class TiffStack extends VirtualStack {
    private final TiffPages source;
    private final int size;
    private List<String> names = List.of();
    private int held = -1;
    private List<Object> planes;

    TiffStack(TiffPages source) {
        super(source.pages().get(0).width, source.pages().get(0).height, null, "");
        this.source = source;
        size = source.pages().size() * source.planes();
        setBitDepth(source.bitDepth());
    }

    /** Names of the channels, the fastest of the stack's axes; none if empty. */
    void name(List<String> channels) {
        names = List.copyOf(channels);
    }

    @Override
    public synchronized ImageProcessor getProcessor(int n) {
        if (n < 1 || n > size) {
            throw new IllegalArgumentException("plane " + n + " of " + size);
        }
        int page = (n - 1) / source.planes();
        if (page != held) {
            planes = null;
            held = -1;
            try (FileBytes bytes = new FileBytes(source.file())) {
                planes = source.read(
                        new TiffPixels(bytes, source.pages().get(page).of(bytes)));
                held = page;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        Object pixels = planes.get((n - 1) % source.planes());
        // Whoever writes into a plane must not change what the next one gets.
        Object own = pixels instanceof byte[] bytes
                ? bytes.clone()
                : pixels instanceof short[] shorts
                        ? shorts.clone()
                        : pixels instanceof float[] floats ? floats.clone() : ((int[]) pixels).clone();
        ImageProcessor processor = Loaded.processor(getWidth(), getHeight(), own);
        if (getColorModel() != null && own instanceof byte[]) {
            processor.setColorModel(getColorModel());
        }
        return processor;
    }

    @Override
    public Object getPixels(int n) {
        return getProcessor(n).getPixels();
    }

    @Override
    public int getSize() {
        return size;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isVirtual() {
        return true;
    }

    @Override
    public String getSliceLabel(int n) {
        return names.isEmpty() ? null : names.get((n - 1) % names.size());
    }

    @Override
    public void deleteSlice(int n) {
        throw new UnsupportedOperationException("planes of a virtual stack stay");
    }
}
