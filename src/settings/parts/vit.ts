import { z } from 'zod';
import type { SettingsPart } from '../part.js';
import { flag, number, oneOf, positive, whole } from '../values.js';

interface Seen {
  readonly arch: string;
  readonly embed_dim: number;
  readonly num_heads: number;
}

/** The shape of the Vision Transformer (dino's vision_transformer.py; what dinov2's has besides, under its arguments' names). */
export const vit = {
  fixed: {
    embed_dim: whole(1, 8192)
      .default(384)
      .describe('Width of the network: length of each token. Tiny 192, small 384, base 768.'),
    depth: whole(1, 100).default(12).describe('Number of transformer blocks.'),
    num_heads: whole(1, 128).default(6).describe('Attention heads of each block; embed_dim must be a multiple of it.'),
    patch_size: whole(1, 64)
      .default(16)
      .describe(
        'Side in pixels of the square patches. Smaller patches learn better features and cost more time and memory.',
      ),
    num_register_tokens: whole(0, 64)
      .default(0)
      .describe('Register tokens between the CLS token and the patches; DINOv2 has 0 or 4. 0: none.'),
    layerscale: number(0, 100)
      .default(0)
      .describe(
        'What the gains of LayerScale start at, 1e-5 in DINOv2; with it the CLS token and registers start near 0, as there. 0: no LayerScale.',
      ),
    ffn_layer: oneOf('mlp', 'swiglu', 'swiglufused')
      .default('mlp')
      .describe(
        "The second half of each block: an MLP with GELU, or DINOv2's SwiGLU, for which swiglu and swiglufused are two names.",
      ),
    layer_norm_eps: positive(1)
      .default(1e-6)
      .describe(
        "What LayerNorm adds to the variance: 1e-6, or 1e-12 as in Hugging Face's ViT. Weights that a run starts from decide it.",
      ),
    interpolate_antialias: flag()
      .default(false)
      .describe(
        'How position embeddings are resampled for images of another size: antialiased, as by DINOv2 with registers, or not.',
      ),
    interpolate_offset: number(0, 1)
      .default(0.1)
      .describe(
        'What is added to the number of patches when position embeddings are resampled: 0.1, or 0 as in DINOv2 with registers.',
      ),
    drop_path_rate: z
      .number({ error: () => 'a number from 0 to below 1' })
      .min(0)
      .lt(1)
      .default(0.1)
      .describe(
        'Stochastic depth of the student: how often its last block is skipped (earlier blocks proportionally less).',
      ),
  },
  changeable: {},
  applies: ({ arch }: Pick<Seen, 'arch'>) => arch === 'vit',
  check: ({ embed_dim, num_heads }: Seen) =>
    embed_dim % num_heads === 0
      ? []
      : [`embed_dim is ${embed_dim}, but must be a multiple of num_heads, which is ${num_heads}`],
} satisfies SettingsPart;
