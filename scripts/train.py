# Trains a model on the active image and its ROIs; for Fiji's script editor (language Python, that is Jython).
#@ ImagePlus input
#@ String (label = "Name of the new model", value = "my-model", persist = false) name

from io.github.pointillist.plugins.results import Regions, TrainingData, TrainOptions, TrainRun
from io.github.pointillist.progress import Progress


class Listener(TrainRun.Listener):
    def said(self, line):
        print(line)

    def grown(self, curve):
        pass


run = TrainRun(TrainOptions.defaults(name, "nuclei"), TrainingData.of(input, Regions.of(input)))
result = run.run(None, Progress.NONE, Listener())
for line in result.summary():
    print(line)
