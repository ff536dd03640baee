// Compares a label image with a true one and prints how well they agree.
//
// Argument: prediction|truth, or prediction|truth|results.csv (paths of files). Without an argument asks for two of the
// open images:
//   runMacro("Evaluate.ijm", "/path/to/cells_labels.tif|/path/to/cells_truth.tif");
// In your own macros select the predicted labels and call:
//   run("Evaluate...", "truth=[cells_truth.tif] mode=instances planes=each");
// truth is the title of an open image, or its id where several have one title. The figures are in the table Evaluation,
// and where there are no windows in the Results.
parts = split(getArgument(), "|");
if (parts.length == 1) exit("The argument is '" + parts[0] + "'; give prediction|truth");
if (parts.length == 0) {
	if (nImages < 2) exit("Open the predicted and the true labels first");
	names = newArray(nImages);
	ids = newArray(nImages);
	for (i = 0; i < nImages; i++) {
		selectImage(i + 1);
		ids[i] = getImageID();
		names[i] = "" + (i + 1) + ": " + getTitle();
	}
	Dialog.create("Evaluate");
	Dialog.addChoice("Predicted labels", names, names[0]);
	Dialog.addChoice("True labels", names, names[1]);
	Dialog.show();
	prediction = ids[number(Dialog.getChoice())];
	truth = ids[number(Dialog.getChoice())];
} else {
	open(parts[1]);
	truth = getImageID();
	open(parts[0]);
	prediction = getImageID();
}
selectImage(prediction);
// Without windows there is one table for all commands.
if (getInfo("java.awt.headless") == "true") run("Clear Results");
run("Evaluate...", "truth=" + truth + " mode=instances planes=each");
table = "Evaluation";
if (!isOpen(table)) table = "Results";
last = Table.size(table) - 1;
print(getTitle() + ": " + Table.get("predicted objects", last, table) + " objects, " + Table.get("true objects", last, table) + " true ones");
print("AP@0.5 " + d2s(Table.get("AP@0.5", last, table), 4) + ", PQ " + d2s(Table.get("PQ", last, table), 4));
if (parts.length > 2) Table.save(parts[2], table);

function number(name) {
	return parseInt(substring(name, 0, indexOf(name, ":"))) - 1;
}
