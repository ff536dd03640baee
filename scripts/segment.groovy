// Finds the objects in the active image; for Fiji's script editor (language Groovy).
#@ ImagePlus input
#@ String (label = "Model", value = "nuclei", persist = false) model
#@output ImagePlus labels

import ij.measure.ResultsTable
import io.github.pointillist.plugins.results.ObjectRois
import io.github.pointillist.plugins.results.SegmentOptions
import io.github.pointillist.plugins.results.SegmentRun
import io.github.pointillist.progress.Progress
import io.github.pointillist.tasks.Segment.Scaling

// model, variant, scaling, object diameter (pixels, 0: none), pixel size (micrometres, 0: the image's), least area (pixels),
// foreground and centre threshold (-1: the model's), without objects at the border, dark objects, link slices, tile (0: automatic), device
options = new SegmentOptions(model, null, Scaling.AUTOMATIC, 0, 0, 0, -1, -1, false, false, false, 0, "auto")
run = new SegmentRun(options)
result = run.segment(input, Progress.NONE)
run.close()
println(result.summary() + ", " + result.milliseconds() + " ms")
result.notes().each { println(it) }
ObjectRois.addTo(input, ObjectRois.tooMany(result) ? null : ObjectRois.of(input, result), result.labels())
table = new ResultsTable()
result.table().appendTo(table, input.getTitle())
table.show("Objects")
labels = result.labels()
