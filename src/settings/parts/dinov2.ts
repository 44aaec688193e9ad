import { patchesPerSide } from '../../method/backbones/vit/spec.js';
import type { SettingsPart } from '../part.js';
import { flag, number, oneOf, positive, range, whole } from '../values.js';

interface Seen {
  readonly method: string;
  readonly arch: string;
  readonly image_size: number;
  readonly patch_size: number;
  readonly batch_size: number;
  readonly gradient_accumulation_steps: number;
  readonly gpus: number;
  readonly use_bn_in_head: boolean;
  readonly koleo_loss_weight: number;
  readonly ibot_loss_weight: number;
  readonly mask_sample_probability: number;
  readonly mask_ratio_min_max: readonly [number, number];
}

type MaskSeen = Omit<Seen, 'method' | 'gpus' | 'use_bn_in_head' | 'koleo_loss_weight'>;

/** A block is smaller than the grid, and has some four patches. */
const LEAST_SIDE = 3;

/** What DINOv2 has besides DINO's settings (ssl_default_config.yaml; a name of two groups has the group's before it). */
export const dinov2 = {
  fixed: {
    centering: oneOf('centering', 'sinkhorn_knopp')
      .default('centering')
      .describe(
        "How the teacher's outputs are kept from collapse: by a center, or so that each prototype is used as much as every other.",
      ),
    dino_loss_weight: number(0, 100).default(1).describe('Weight of the loss between CLS tokens.'),
    ibot_loss_weight: number(0, 100).default(1).describe('Weight of the loss of masked patches; 0: there is none.'),
    koleo_loss_weight: number(0, 100)
      .default(0.1)
      .describe('Weight of the loss that spreads the features of a batch; 0: there is none.'),
    mask_sample_probability: number(0, 1).default(0.5).describe('Share of the global crops that are masked.'),
    mask_ratio_min_max: range(1, '[0.1, 0.5]')
      .default([0.1, 0.5])
      .describe("Share of a masked crop's patches that are hidden, from least to most."),
    ibot_separate_head: flag().default(false).describe('A head of its own for patches, instead of the one of CLS.'),
    ibot_head_n_prototypes: whole(2, 1_048_576)
      .default(65_536)
      .describe("Prototypes of the patches' own head (ibot_separate_head)."),
    ibot_head_hidden_dim: whole(1, 65_536)
      .default(2048)
      .describe("Width of the hidden layers of the patches' own head."),
    ibot_head_bottleneck_dim: whole(1, 65_536)
      .default(256)
      .describe("Width of the patches' own head before its prototypes."),
    layerwise_decay: positive(1)
      .default(0.9)
      .describe('What the learning rate is multiplied by from each layer of the ViT to the one below it; 1: none.'),
    patch_embed_lr_mult: number(0, 100)
      .default(0.2)
      .describe('What the learning rate of the patch embedding is multiplied by, besides.'),
    blur_probability: oneOf('as_trained', 'as_intended')
      .default('as_trained')
      .describe(
        "How often crops are blurred. as_trained: global crop 1 never, global crop 2 in 90 %, local crops in 50 %, since the original's code blurs with 1 less the probability that it asks for; its published networks were trained so. as_intended: 100, 10 and 50 %.",
      ),
  },
  changeable: {},
  applies: ({ method }: Pick<Seen, 'method'>) => method === 'dinov2',
  check: (settings: Seen) =>
    settings.method === 'dinov2'
      ? [...withoutPatches(settings), ...together(settings), ...masksThatDoNotFit(settings)]
      : [],
} satisfies SettingsPart;

function withoutPatches({ arch, use_bn_in_head }: Seen): string[] {
  return [
    ...(arch === 'vit' ? [] : [`arch is "${arch}", but must be a ViT for the method dinov2, which masks patches`]),
    ...(use_bn_in_head ? ['use_bn_in_head is true, but must be false for the method dinov2'] : []),
  ];
}

/** What of a step's images is compared with each other. */
function together({ batch_size, gradient_accumulation_steps: parts, gpus, koleo_loss_weight }: Seen): string[] {
  const problems: string[] = [];
  if (gpus > 1) problems.push(`gpus is ${gpus}, but must be 1 for the method dinov2`);
  if (koleo_loss_weight > 0 && batch_size / parts < 2)
    problems.push(
      `${parts > 1 ? 'batch_size / gradient_accumulation_steps' : 'batch_size'} is ${batch_size / parts}, but must be at least 2: KoLeo takes an image's nearest neighbor in the batch (koleo_loss_weight 0 does without)`,
    );
  return problems;
}

/** @returns a sentence for what keeps global crops from being masked as the settings ask */
export function masksThatDoNotFit(settings: MaskSeen): string[] {
  const { ibot_loss_weight, mask_sample_probability: probability, mask_ratio_min_max: ratio, arch } = settings;
  const { image_size, patch_size, batch_size, gradient_accumulation_steps: parts } = settings;
  if (arch !== 'vit' || (ibot_loss_weight === 0 && probability === 0)) return [];
  const side = patchesPerSide({ patchSize: patch_size }, image_size);
  if (side < LEAST_SIDE)
    return [
      `image_size is ${image_size}, but must be at least ${LEAST_SIDE * patch_size} to be masked: of its ${side} x ${side} patches no block can be masked (ibot_loss_weight 0 with mask_sample_probability 0 does without)`,
    ];
  const crops = (2 * batch_size) / parts;
  if (ibot_loss_weight > 0 && Math.trunc(crops * probability) < 1)
    return [
      `mask_sample_probability is ${probability}, but must be at least ${1 / crops} for ${crops} global crops, so that one is masked (ibot_loss_weight 0 does without)`,
    ];
  if (ibot_loss_weight > 0 && Math.trunc(side * side * ratio[1]) < 1)
    return [
      `mask_ratio_min_max ends at ${ratio[1]}, but must end above ${1 / (side * side)}: of ${side * side} patches none is masked`,
    ];
  return [];
}
