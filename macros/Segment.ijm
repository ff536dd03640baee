// Finds the objects in an image, measures them and leaves the label image open.
//
// Argument: model, or model|image, or model|image|folder for results. Without an image the active one is taken:
//   runMacro("Segment.ijm", "nuclei|/path/to/image.tif|/path/to/results");
parts = split(getArgument(), "|");
model = "nuclei";
if (parts.length > 0) model = parts[0];
if (parts.length > 1) open(parts[1]);
if (nImages == 0) exit("Open an image first, or give the path of one as argument: model|image");

run("Clear Results");
run("Segment...", "model=[" + model + "] scaling=automatic overlay=true table=true");
name = getTitle();
print(name + ": " + nResults + " rows");

if (parts.length > 2) {
	File.makeDirectory(parts[2]);
	saveAs("Tiff", parts[2] + File.separator + name + ".tif");
	saveAs("Results", parts[2] + File.separator + name + ".csv");
}
