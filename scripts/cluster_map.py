# Maps the clusters of the active image; for Fiji's script editor (language Python, that is Jython).
#@ ImagePlus input
#@output ImagePlus labels

from io.github.pointillist.plugins.results import ClusterMapOptions, ClusterMapRun
from io.github.pointillist.progress import Progress
from io.github.pointillist.tasks.MapClusters import Method

run = ClusterMapRun(ClusterMapOptions.defaults(Method.CONTEXT, None))
result = run.map(input, Progress.NONE)
run.close()
print("%d clusters, %d ms" % (result.clusters(), result.milliseconds()))
labels = result.labels()
