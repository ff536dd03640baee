// Compares a label image with a true one and prints how well they agree.
//
// Argument: prediction|truth, or prediction|truth|results.csv (paths of files). Without an argument asks for two of the
// open images:
//   runMacro("Evaluate.ijm", "/path/to/cells_labels.tif|/path/to/cells_truth.tif");
// In your own macros select the predicted labels and call:
//   run("Evaluate...", "truth=[cells_truth.tif] mode=instances planes=each");
parts = split(getArgument(), "|");
if (parts.length == 1) exit("The argument is '" + parts[0] + "'; give prediction|truth");
if (parts.length == 0) {
	if (nImages < 2) exit("Open the predicted and the true labels first");
	titles = getList("image.titles");
	Dialog.create("Evaluate");
	Dialog.addChoice("Predicted labels", titles, titles[0]);
	Dialog.addChoice("True labels", titles, titles[1]);
	Dialog.show();
	prediction = Dialog.getChoice();
	truth = Dialog.getChoice();
} else {
	open(parts[1]);
	truth = getTitle();
	open(parts[0]);
	prediction = getTitle();
}
selectImage(prediction);
run("Clear Results");
run("Evaluate...", "truth=[" + truth + "] mode=instances planes=each");
last = nResults - 1;
print(prediction + ": " + getResult("predicted objects", last) + " objects, " + getResult("true objects", last) + " true ones");
print("AP@0.5 " + d2s(getResult("AP@0.5", last), 4) + ", PQ " + d2s(getResult("PQ", last), 4));
if (parts.length > 2) saveAs("Results", parts[2]);
