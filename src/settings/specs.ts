/** What networks and augmentation are made from, as the settings say. */
import type { BackboneSpec } from '../method/backbones/index.js';
import { NAMED_RESNETS } from '../method/backbones/resnet/namedResnets.js';
import { featureDim } from '../method/backbones/resnet/spec.js';
import { vitOfDino, vitOfDinov2 } from '../method/backbones/vit/lineages.js';
import { patchesPerSide } from '../method/backbones/vit/spec.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';
import { largestBlock } from '../method/masks/blockMask.js';
import type { MaskSpec } from '../method/masks/maskedCrops.js';
import type { ClassifierSpec } from '../method/methods/finetune.js';
import type { NetworkSpec } from '../method/network.js';
import { isDistilled } from './parts/distillation.js';
import type { Settings } from './settings.js';

export { augmentationSpec } from '../data/batch.js';

/** The two networks' shapes. */
export function networkSpec(settings: Settings): NetworkSpec {
  const backbone = backboneSpec(settings);
  const inDim = backbone.kind === 'resnet' ? featureDim(backbone) : backbone.embedDim;
  return {
    backbone,
    head: {
      inDim,
      hiddenDim: settings.head_hidden_dim,
      bottleneckDim: settings.head_bottleneck_dim,
      outDim: settings.out_dim,
      normLastLayer: settings.norm_last_layer,
      batchNorm: settings.use_bn_in_head,
    },
    ...(hasPatchHead(settings) && { patchHead: patchHead(settings, inDim) }),
  };
}

/** The frozen network that a run is distilled from. @throws Error where none was read yet */
export function teacherSpec(settings: Settings): NetworkSpec {
  const { teacher_network: teacher, distill_from } = settings;
  if (teacher === null)
    throw new Error(`What ${distill_from} teaches is known once a run is started with it: teacher_network is missing.`);
  const { backbone, head, patchHead } = teacher;
  return { backbone, head, ...(patchHead !== null && hasPatchHead(settings) && { patchHead }) };
}

/** The network of a fine-tuning. */
export const classifierSpec = (settings: Settings): ClassifierSpec => ({
  backbone: backboneSpec(settings),
  labels: settings.num_labels,
});

export const hasPatchHead = (settings: Settings): boolean =>
  settings.method === 'dinov2' && settings.ibot_separate_head && settings.ibot_loss_weight > 0;

const patchHead = (settings: Settings, inDim: number): HeadSpec => ({
  inDim,
  hiddenDim: settings.ibot_head_hidden_dim,
  bottleneckDim: settings.ibot_head_bottleneck_dim,
  outDim: settings.ibot_head_n_prototypes,
  normLastLayer: settings.norm_last_layer,
  batchNorm: false,
});

export type MaskSettings = Pick<
  Settings,
  'method' | 'image_size' | 'patch_size' | 'mask_sample_probability' | 'mask_ratio_min_max'
>;

/** How global crops are masked; undefined: they are not. */
export function maskSpec(settings: MaskSettings): MaskSpec | undefined {
  const { method, image_size, patch_size, mask_sample_probability: probability } = settings;
  if (method !== 'dinov2' || probability === 0) return undefined;
  const side = patchesPerSide({ patchSize: patch_size }, image_size);
  return {
    grid: { rows: side, columns: side },
    probability,
    ratio: settings.mask_ratio_min_max,
    largestBlock: largestBlock(image_size, patch_size),
  };
}

/** The highest learning rate: `lr` is for a batch of 256, that of DINOv2 for one of 1024 (`scaling_rule`). */
export const peakRate = ({ method, lr, batch_size }: Pick<Settings, 'method' | 'lr' | 'batch_size'>): number =>
  method === 'dinov2' ? lr * Math.sqrt(batch_size / 1024) : (lr * batch_size) / 256;

function backboneSpec(settings: Settings): BackboneSpec {
  const images = { inChans: settings.in_chans, imageSize: settings.image_size };
  if (settings.arch !== 'vit') return { kind: 'resnet', ...NAMED_RESNETS[settings.arch], ...images };
  const { num_register_tokens: registers, layerscale, ffn_layer } = settings;
  const swiglu = ffn_layer !== 'mlp';
  const sizes = {
    patchSize: settings.patch_size,
    ...images,
    embedDim: settings.embed_dim,
    depth: settings.depth,
    numHeads: settings.num_heads,
  };
  const vit = vitOfDino(sizes);
  return {
    kind: 'vit',
    ...vit,
    registers,
    // A student of another network sees all patches.
    maskToken: maskSpec(settings) !== undefined && !isDistilled(settings),
    layerScale: layerscale > 0,
    normEps: settings.layer_norm_eps,
    mlp: swiglu ? vitOfDinov2(sizes, { swiglu }).mlp : vit.mlp,
    positions: { antialias: settings.interpolate_antialias, offset: settings.interpolate_offset, ofCls: true },
    start: layerscale > 0 ? { ...vitOfDinov2(sizes).start, layerScale: layerscale } : vit.start,
  };
}

/** Width of the features. */
export const featureDimOf = (settings: Settings): number => networkSpec(settings).head.inDim;

/** How often the student's last block is skipped: torchvision's ResNets, and so the original's, have no stochastic depth. */
export const dropPathRate = ({ arch, drop_path_rate }: Pick<Settings, 'arch' | 'drop_path_rate'>): number =>
  arch === 'vit' ? drop_path_rate : 0;
