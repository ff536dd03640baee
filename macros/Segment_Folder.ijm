// Segments every image in a folder. Argument: "input folder|output folder|model"; asks for the folders if there is none.
// For each image NAME two files are written: NAME_labels.tif and NAME_labels.csv (a row an object).
arg = getArgument();
model = "nuclei";
if (arg == "") {
	in = getDirectory("Folder of images");
	out = getDirectory("Folder for the results");
} else {
	parts = split(arg, "|");
	if (parts.length < 2 || parts.length > 3) exit("The argument is '" + arg + "'; give input folder|output folder|model");
	in = parts[0];
	out = parts[1];
	if (parts.length == 3) model = parts[2];
}
if (!File.isDirectory(in)) exit("There is no folder " + in);
File.makeDirectory(out);
setBatchMode(true);
files = getFileList(in);
done = 0;
for (i = 0; i < files.length; i++) {
	if (!isImage(files[i])) continue;
	showProgress(i, files.length);
	open(in + File.separator + files[i]);
	image = getImageID();
	run("Clear Results");
	run("Segment...", "model=[" + model + "] scaling=automatic overlay=false table=true");
	name = getTitle();
	saveAs("Tiff", out + File.separator + name + ".tif");
	saveAs("Results", out + File.separator + name + ".csv");
	close();
	selectImage(image);
	close();
	done++;
}
print(done + " images segmented");

function isImage(name) {
	name = toLowerCase(name);
	if (endsWith(name, "_labels.tif")) return false;
	endings = newArray(".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pgm", ".dcm");
	for (k = 0; k < endings.length; k++) {
		if (endsWith(name, endings[k])) return true;
	}
	return false;
}
