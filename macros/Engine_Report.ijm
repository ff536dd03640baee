// Writes to the log which engine, native library and device are in use, and why.
// An argument names the device: "auto" (the default), "cpu", "gpu0", ...
device = getArgument();
if (device == "") device = "auto";
run("Engine Report...", "device=" + device);
