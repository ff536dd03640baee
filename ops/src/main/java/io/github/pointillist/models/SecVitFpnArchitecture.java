// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/** Semantic FPN on SecViT, which the paper of SecViT reports and of which no code is published. */
public final class SecVitFpnArchitecture
        extends SegmenterArchitecture<SecVit.Config, SemanticFpn.Config, SecVitFpnArchitecture.Config> {
    /**
     * What makes one variant.
     *
     * @param backbone without a classifier
     * @param head what is over it
     */
    public record Config(SecVit.Config backbone, SemanticFpn.Config head)
            implements Parts<SecVit.Config, SemanticFpn.Config> {
        /** Checks that both are there, and the backbone is a pyramid. */
        public Config {
            check(backbone, backbone == null ? 0 : backbone.classes(), head);
        }
    }

    /** The family, for {@link Architectures}. */
    public SecVitFpnArchitecture() {
        super(
                "secvit-semantic-fpn",
                Config.class,
                SecVitBackbone.variants("fpn", backbone -> new Config(backbone, SemanticFpn.ADE20K)),
                new SecVitBackbone(),
                SegmentationHead.SEMANTIC_FPN,
                Config::new);
    }

    @Override
    public SemanticFpn build(Config config) {
        return new SemanticFpn(new SecVit(config.backbone()), config.head());
    }

    /** The angles are constants: a file without them is complete. */
    @Override
    public boolean ignorable(String name) {
        return SecVitBackbone.ignorable(name);
    }
}
