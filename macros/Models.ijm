// What can be done with models, in a macro. Argument: "action|name|file|variant", of which the last may be left out:
//   list                                        the installed models (the default)
//   import|my-model|/path/to/checkpoint.pth     installs an authors' checkpoint, a safetensors file or a model folder
//   show|my-model                               what it is and expects
//   verify|my-model                             checks it; all models without a name
//   export|my-model|/path/to/file.safetensors   writes its weights to a file
//   remove|my-model                             deletes it
parts = split(getArgument(), "|");
values = newArray("list", "none", "none", "automatic");
for (i = 0; i < parts.length; i++) values[i] = parts[i];
run("Models...", "action=" + values[0] + " name=[" + values[1] + "] file=[" + values[2] + "] variant=[" + values[3] + "]");
