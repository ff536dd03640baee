// Opens a simulated image and what is in it. The argument is its kind: "nuclei" (the default), "tissue", "spots" or "inclusions".
kind = getArgument();
if (kind == "") kind = "nuclei";
run("Open Sample...", "kind=" + kind + " width=256 height=256 seed=1 objects=true");
print(getTitle() + ": " + getWidth() + " x " + getHeight());
