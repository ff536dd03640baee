// Classifies an image with an installed model and lists the best classes in the Results table.
//
// Argument: model, or model|image, or model|image|results.csv. Without an image the active one is taken:
//   runMacro("Classify.ijm", "my-model|/path/to/image.tif|/path/to/results.csv");
// Import a model first: Plugins > Pointillist > Models..., or macros/Models.ijm.
parts = split(getArgument(), "|");
if (parts.length == 0) {
	model = getString("Name of an installed model", "");
} else {
	model = parts[0];
}
if (parts.length > 1) open(parts[1]);
if (nImages == 0) exit("Open an image first, or give the path of one as argument: model|image");

run("Clear Results");
run("Classify...", "model=[" + model + "] each=image top=5");
print(getTitle() + ": " + Table.getString("Class", 0) + " " + d2s(getResult("Score", 0), 4));
if (parts.length > 2) saveAs("Results", parts[2]);
