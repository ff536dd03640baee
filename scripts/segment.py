# Finds the objects in the active image; for Fiji's script editor (language Python, that is Jython).
#@ ImagePlus input
#@ String (label = "Model", value = "nuclei", persist = false) model
#@output ImagePlus labels

from io.github.pointillist.plugins.results import ObjectRois, SegmentOptions, SegmentRun
from io.github.pointillist.progress import Progress

run = SegmentRun(SegmentOptions.defaults(model))
result = run.segment(input, Progress.NONE)
run.close()
print("%s, %d ms" % (result.summary(), result.milliseconds()))
for note in result.notes():
    print(note)
for roi in ObjectRois.of(input, result):
    print("%s: %s" % (roi.getName(), roi.getBounds()))
labels = result.labels()
