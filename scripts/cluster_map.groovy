// Maps the clusters of the active image; for Fiji's script editor (language Groovy).
#@ ImagePlus input
#@ Integer (label = "Clusters", value = 256, min = 1, persist = false) clusters
#@output ImagePlus labels

import io.github.pointillist.plugins.results.Choice
import io.github.pointillist.plugins.results.ClusterMapOptions
import io.github.pointillist.plugins.results.ClusterMapOptions.Connected
import io.github.pointillist.plugins.results.ClusterMapRun
import io.github.pointillist.progress.Progress
import io.github.pointillist.tasks.MapClusters.FeatureKind
import io.github.pointillist.tasks.MapClusters.Method
import io.github.pointillist.tasks.MapClusters.Similarity

// method, clusters, compactness (-1: automatic), iterations, similarity, features, connected, least size (-1: automatic), seed,
// then for trained models: checkpoint, variant, levels, point, input size; device
options = new ClusterMapOptions(Method.CONTEXT, clusters, -1, 10, Similarity.EUCLIDEAN, FeatureKind.COLOUR,
        Connected.AUTOMATIC, -1, 0, null, null, ["last"], null, 0, "auto", Choice.USUAL)
run = new ClusterMapRun(options)
result = run.map(input, Progress.NONE)
run.close()
result.notes().each { println(it) }
println(result.clusters() + " clusters, " + result.milliseconds() + " ms")
labels = result.labels()
