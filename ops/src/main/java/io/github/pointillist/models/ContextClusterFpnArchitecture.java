// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/** Semantic FPN on Context Clusters, as in ma-xu/Context-Cluster be9a03b, {@code segmentation}. */
public final class ContextClusterFpnArchitecture
        extends SegmenterArchitecture<ContextCluster.Config, SemanticFpn.Config, ContextClusterFpnArchitecture.Config> {
    /**
     * What makes one variant.
     *
     * @param backbone without a classifier
     * @param head what is over it
     */
    public record Config(ContextCluster.Config backbone, SemanticFpn.Config head)
            implements Parts<ContextCluster.Config, SemanticFpn.Config> {
        /** Checks that both are there, and the backbone is a pyramid. */
        public Config {
            check(backbone, backbone == null ? 0 : backbone.classes(), head);
        }
    }

    /** The family, for {@link Architectures}. */
    public ContextClusterFpnArchitecture() {
        super(
                "coc-semantic-fpn",
                Config.class,
                ContextClusterBackbone.variants(
                        name -> "fpn_coc_" + name + "_ade20k", backbone -> new Config(backbone, SemanticFpn.ADE20K)),
                new ContextClusterBackbone(),
                SegmentationHead.SEMANTIC_FPN,
                Config::new);
    }

    @Override
    public Config withClasses(Config config, int classes) {
        return new Config(config.backbone(), config.head().withClasses(classes));
    }

    @Override
    public SemanticFpn build(Config config) {
        return new SemanticFpn(new ContextCluster(config.backbone()), config.head());
    }
}
