// Maps the clusters of every image in a folder. Argument: "input folder|output folder"; asks for them if there is none.
// For each image NAME two files are written: NAME_clusters.tif (labels) and NAME_clusters.csv (a row a cluster).
arg = getArgument();
if (arg == "") {
	in = getDirectory("Folder of images");
	out = getDirectory("Folder for the results");
} else {
	parts = split(arg, "|");
	if (parts.length != 2) exit("The argument is '" + arg + "'; give input folder|output folder");
	in = parts[0];
	out = parts[1];
}
if (!File.isDirectory(in)) exit("There is no folder " + in);
File.makeDirectory(out);
setBatchMode(true);
files = getFileList(in);
done = 0;
for (i = 0; i < files.length; i++) {
	path = in + File.separator + files[i];
	if (!isImage(files[i])) continue;
	showProgress(i, files.length);
	open(path);
	image = getImageID();
	run("Clear Results");
	run("Cluster Map...", "method=context clusters=256 compactness=1 table=true");
	name = getTitle();
	saveAs("Tiff", out + File.separator + name + ".tif");
	saveAs("Results", out + File.separator + name + ".csv");
	close();
	selectImage(image);
	close();
	done++;
}
print(done + " images mapped");

function isImage(name) {
	name = toLowerCase(name);
	endings = newArray(".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pgm", ".dcm");
	for (k = 0; k < endings.length; k++) {
		if (endsWith(name, endings[k])) return true;
	}
	return false;
}
