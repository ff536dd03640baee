// Classifies every image in a folder and writes one table. Argument: "input folder|results.csv|model"; asks if there is none.
arg = getArgument();
if (arg == "") {
	in = getDirectory("Folder of images");
	out = in + "classes.csv";
	model = getString("Name of an installed model", "");
} else {
	parts = split(arg, "|");
	if (parts.length != 3) exit("The argument is '" + arg + "'; give input folder|results.csv|model");
	in = parts[0];
	out = parts[1];
	model = parts[2];
}
if (!File.isDirectory(in)) exit("There is no folder " + in);
setBatchMode(true);
run("Clear Results");
files = getFileList(in);
done = 0;
for (i = 0; i < files.length; i++) {
	if (!isImage(files[i])) continue;
	showProgress(i, files.length);
	open(in + File.separator + files[i]);
	run("Classify...", "model=[" + model + "] each=image top=3");
	close();
	done++;
}
if (done > 0) saveAs("Results", out);
print(done + " images classified");

function isImage(name) {
	name = toLowerCase(name);
	endings = newArray(".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pgm", ".dcm");
	for (k = 0; k < endings.length; k++) {
		if (endsWith(name, endings[k])) return true;
	}
	return false;
}
