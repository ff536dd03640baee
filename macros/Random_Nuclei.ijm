// Opens nuclei of a scene drawn at random, and their labels. The argument is the seed, 1 without one.
seed = getArgument();
if (seed == "") seed = "1";
run("Open Sample...", "kind=nuclei width=256 height=256 seed=" + seed + " preset=random diameter=14 objects=true");
print(getTitle() + ": " + getWidth() + " x " + getHeight());
