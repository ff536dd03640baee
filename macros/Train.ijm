// Trains a model on a folder of images and a folder of their labels, masks or ROIs, and installs it.
//
// Argument: name|images|labels, or name|images|labels|options for the command, as "base=new steps=2000 kind=semantic":
//   runMacro("Train.ijm", "my-nuclei|/path/to/images|/path/to/labels|minutes=5");
// Without an argument it asks for the name and the folders. With a name alone the active image and its ROIs are taken.
arg = getArgument();
more = "minutes=10";
if (arg == "") {
	name = getString("Name of the new model", "my-model");
	images = getDirectory("Folder of images");
	labels = getDirectory("Folder of their labels");
} else {
	parts = split(arg, "|");
	name = parts[0];
	images = "active";
	labels = "regions";
	if (parts.length > 1) images = parts[1];
	if (parts.length > 2) labels = parts[2];
	if (parts.length > 3) more = parts[3];
}
run("Train...", "images=[" + images + "] labels=[" + labels + "] name=" + name + " " + more);
