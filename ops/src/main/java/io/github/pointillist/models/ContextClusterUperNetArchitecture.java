// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/** UPerNet on Context Clusters: composed here from the two papers. */
public final class ContextClusterUperNetArchitecture
        extends SegmenterArchitecture<ContextCluster.Config, UperNet.Config, ContextClusterUperNetArchitecture.Config> {
    /**
     * What makes one variant.
     *
     * @param backbone without a classifier
     * @param head what is over it
     */
    public record Config(ContextCluster.Config backbone, UperNet.Config head)
            implements Parts<ContextCluster.Config, UperNet.Config> {
        /** Checks that both are there, and the backbone is a pyramid. */
        public Config {
            check(backbone, backbone == null ? 0 : backbone.classes(), head);
        }
    }

    /** The family, for {@link Architectures}. */
    public ContextClusterUperNetArchitecture() {
        super(
                "coc-upernet",
                Config.class,
                ContextClusterBackbone.variants(
                        name -> "upernet_coc_" + name + "_ade20k", backbone -> new Config(backbone, UperNet.ADE20K)),
                new ContextClusterBackbone(),
                SegmentationHead.UPERNET,
                Config::new);
    }

    @Override
    public UperNet build(Config config) {
        return new UperNet(new ContextCluster(config.backbone()), config.head());
    }
}
