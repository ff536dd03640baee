// Maps the clusters of an image and leaves the label image open.
//
// With no argument the active image is mapped. Headless, or to open a file first:
//   runMacro("Cluster_Map.ijm", "/path/to/image.tif");
// An output folder after a "|" saves labels and table there:
//   runMacro("Cluster_Map.ijm", "/path/to/image.tif|/path/to/results");
arg = getArgument();
out = "";
if (indexOf(arg, "|") >= 0) {
	out = substring(arg, indexOf(arg, "|") + 1);
	arg = substring(arg, 0, indexOf(arg, "|"));
}
if (arg != "") open(arg);
if (nImages == 0) exit("Open an image first, or give the path of one as argument");

run("Clear Results");
run("Cluster Map...", "method=context clusters=256 compactness=1 connected=automatic table=true");
name = getTitle();
getStatistics(area, mean, min, max);
print(name + ": " + max + " clusters");

if (out != "") {
	File.makeDirectory(out);
	saveAs("Tiff", out + File.separator + name + ".tif");
	saveAs("Results", out + File.separator + name + ".csv");
}
