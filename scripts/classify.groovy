// Classifies the active image; for Fiji's script editor (language Groovy).
#@ ImagePlus input
#@ String (label = "Installed model, folder or checkpoint", persist = false) model

import io.github.pointillist.plugins.results.Choice
import io.github.pointillist.plugins.results.ClassifyOptions
import io.github.pointillist.plugins.results.ClassifyOptions.Each
import io.github.pointillist.plugins.results.ClassifyRun
import io.github.pointillist.progress.Progress
import io.github.pointillist.tasks.Classify.Fit
import io.github.pointillist.tasks.Classify.Scores

// model, variant, what is classified, window, step, margin, blank outside, fit, input size (0: the model's), scores, classes listed
// (-1: automatic), least score (-1: automatic), device
options = new ClassifyOptions(model, null, Each.IMAGE, 0, 0, 0, false, Fit.CARD, 0, Scores.AUTOMATIC, -1, -1, "auto",
        Choice.USUAL)
run = new ClassifyRun(options)
result = run.classify(input, [], null, Progress.NONE)
run.close()
result.summary().each { println(it) }
result.notes().each { println("input: " + it) }
null // else Fiji opens a window for the value of the last line
