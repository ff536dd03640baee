// Trains a model on the active image and its ROIs (ROI Manager, else overlay); for Fiji's script editor (language Groovy).
#@ ImagePlus input
#@ String (label = "Name of the new model", value = "my-model", persist = false) name
#@ String (label = "Begin from", value = "nuclei", persist = false) base
#@ Double (label = "Minutes", value = 10, persist = false) minutes

import io.github.pointillist.plugins.results.Regions
import io.github.pointillist.plugins.results.TrainOptions
import io.github.pointillist.plugins.results.TrainRun
import io.github.pointillist.plugins.results.TrainingData
import io.github.pointillist.progress.Progress

// name, base, kind (null: told from the labels), class names, object diameter (pixels, 0: measured), pixel size (0: the image's),
// channel (0: the only one), variation, share of simulated nuclei, steps (0: by minutes), minutes, patches in a step,
// learning rate (0: usual), share to validate with, ignore unlabelled pixels, seed, device
options = new TrainOptions(name, base, null, [], 0, 0, 0, "microscopy", 0, 0, minutes, 4, 0, 0.2, false, 1, "auto")
data = TrainingData.of(input, Regions.of(input))
result = new TrainRun(options, data).run(null, Progress.NONE, [said: { println(it) }, grown: { }] as TrainRun.Listener)
result.summary().each { println(it) }
null // else Fiji opens a window for the value of the last line
