import { z } from 'zod';
import { RESNET_NAMES } from '../../method/backbones/resnet/namedResnets.js';
import { ARCH_NAMES } from '../architectures.js';
import type { SettingsPart } from '../part.js';

/** Which kind of network is trained. A ViT by name is written out as its sizes before the settings are checked. */
export const backbone = {
  fixed: {
    arch: z
      .enum(['vit', ...RESNET_NAMES], { error: () => `vit, or one of ${ARCH_NAMES.join(', ')}` })
      .default('vit')
      .meta({
        description:
          'The network: a ViT by its name, which stands for embed_dim, depth and num_heads; one of DINOv2, which also stands for its patches, registers and the like; vit, whose sizes these settings say; or a ResNet.',
        enum: ['vit', ...ARCH_NAMES],
      }),
  },
  changeable: {},
} satisfies SettingsPart;
