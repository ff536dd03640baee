// SPDX-License-Identifier: BSD-2-Clause
package io.github.pointillist.models;

/** UPerNet on SecViT, which the paper of SecViT reports and of which no code is published. */
public final class SecVitUperNetArchitecture
        extends SegmenterArchitecture<SecVit.Config, UperNet.Config, SecVitUperNetArchitecture.Config> {
    /**
     * What makes one variant.
     *
     * @param backbone without a classifier
     * @param head what is over it
     */
    public record Config(SecVit.Config backbone, UperNet.Config head) implements Parts<SecVit.Config, UperNet.Config> {
        /** Checks that both are there, and the backbone is a pyramid. */
        public Config {
            check(backbone, backbone == null ? 0 : backbone.classes(), head);
        }
    }

    /** The family, for {@link Architectures}. */
    public SecVitUperNetArchitecture() {
        super(
                "secvit-upernet",
                Config.class,
                SecVitBackbone.variants("upernet", backbone -> new Config(backbone, UperNet.ADE20K)),
                new SecVitBackbone(),
                SegmentationHead.UPERNET,
                Config::new);
    }

    @Override
    public UperNet build(Config config) {
        return new UperNet(new SecVit(config.backbone()), config.head());
    }

    /** The angles are constants: a file without them is complete. */
    @Override
    public boolean ignorable(String name) {
        return SecVitBackbone.ignorable(name);
    }
}
