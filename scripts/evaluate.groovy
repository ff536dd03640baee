// Compares a label image with a true one; for Fiji's script editor (language Groovy).
#@ ImagePlus prediction
#@ ImagePlus truth

import io.github.pointillist.plugins.results.EvaluateRun
import io.github.pointillist.progress.Progress
import io.github.pointillist.tasks.Evaluate.Mode
import io.github.pointillist.tasks.Evaluate.Planes
import io.github.pointillist.tasks.Evaluate.Settings

// what labels are (INSTANCES or SEMANTIC), planes of a stack (EACH or VOLUME), labels of the truth to ignore (SEMANTIC),
// whether background is a class (SEMANTIC; else true)
settings = new Settings(Mode.INSTANCES, Planes.EACH, [], true)
result = EvaluateRun.compare(prediction, truth, settings, Progress.NONE)
result.total().figures().each { println(it.name() + "  " + it.value()) }
null // else Fiji opens a window for the value of the last line
