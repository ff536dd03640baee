// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of devices as users give them, and the devices they stand for. */
public final class Devices {
    private static final Pattern NAME = Pattern.compile("auto|cpu|gpu(\\d{1,3})");

    /**
     * A device and the reason for it.
     *
     * @param why one line
     */
    public record Choice(Device device, String why) {
        /** The name that {@link #parse} takes: "cpu", "gpu0". */
        public String name() {
            return device.isGpu() ? "gpu" + device.getDeviceId() : "cpu";
        }
    }

    private Devices() {}

    /**
     * Checks the spelling without starting the engine.
     *
     * @throws IllegalArgumentException if it is none of "auto", "cpu", "gpu0", "gpu1", ...
     */
    public static void check(String name) {
        matcher(name);
    }

    /**
     * The device of a name.
     *
     * @throws IllegalArgumentException if the name is misspelt or the GPU is not there
     * @throws EngineUnavailableException if PyTorch has to be asked and cannot be started
     */
    public static Device parse(String name) {
        return choose(name).device();
    }

    /**
     * The device of a name, with the reason: "auto" takes the first GPU if PyTorch's native library has CUDA and sees
     * one, else the CPU. A GPU that was asked for and is not there is an error, never the CPU.
     *
     * @param name "auto", "cpu", "gpu0", "gpu1", ...
     * @throws IllegalArgumentException if the name is misspelt or the GPU is not there
     * @throws EngineUnavailableException if PyTorch has to be asked and cannot be started
     */
    public static Choice choose(String name) {
        Matcher matcher = matcher(name);
        if (name.equals("cpu")) {
            return new Choice(Device.cpu(), "asked for");
        }
        Engine engine = Engines.start();
        return choose(matcher.group(1), engine.hasCapability(StandardCapabilities.CUDA), engine.getGpuCount());
    }

    /** The choice itself; {@code index} is null for "auto". */
    static Choice choose(String index, boolean cuda, int gpus) {
        String missing = cuda
                ? "PyTorch's native library has CUDA but finds no GPU (driver, CUDA runtime or jna)"
                : "PyTorch's native library is a CPU build";
        if (index == null) {
            return cuda && gpus > 0
                    ? new Choice(Device.gpu(0), "PyTorch has CUDA and sees " + gpus + (gpus == 1 ? " GPU" : " GPUs"))
                    : new Choice(Device.cpu(), missing);
        }
        int wanted = Integer.parseInt(index);
        if (!cuda || gpus == 0) {
            throw new IllegalArgumentException("device is gpu" + wanted + ", but " + missing
                    + "; use cpu or auto, or install a CUDA build (pytorch-native-cu128)");
        }
        if (wanted >= gpus) {
            throw new IllegalArgumentException("device is gpu" + wanted + ", but PyTorch sees " + gpus
                    + (gpus == 1 ? " GPU" : " GPUs") + "; allowed are auto, cpu and gpu0 to gpu" + (gpus - 1));
        }
        return new Choice(Device.gpu(wanted), "asked for");
    }

    private static Matcher matcher(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("device is '" + name + "'; allowed are auto, cpu, gpu0, gpu1, ...");
        }
        return matcher;
    }
}
