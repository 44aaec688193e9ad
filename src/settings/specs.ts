/** What networks and augmentation are made from, as the settings say. */
import type { BackboneSpec } from '../method/backbones/index.js';
import { NAMED_RESNETS } from '../method/backbones/resnet/namedResnets.js';
import { featureDim } from '../method/backbones/resnet/spec.js';
import { vitOfDino, vitOfDinov2 } from '../method/backbones/vit/lineages.js';
import type { ClassifierSpec } from '../method/methods/finetune.js';
import type { NetworkSpec } from '../method/network.js';
import type { Settings } from './settings.js';

export { augmentationSpec } from '../data/batch.js';

/** The two networks' shapes. */
export function networkSpec(settings: Settings): NetworkSpec {
  const backbone = backboneSpec(settings);
  return {
    backbone,
    head: {
      inDim: backbone.kind === 'resnet' ? featureDim(backbone) : backbone.embedDim,
      hiddenDim: settings.head_hidden_dim,
      bottleneckDim: settings.head_bottleneck_dim,
      outDim: settings.out_dim,
      normLastLayer: settings.norm_last_layer,
      batchNorm: settings.use_bn_in_head,
    },
  };
}

/** The network of a fine-tuning. */
export const classifierSpec = (settings: Settings): ClassifierSpec => ({
  backbone: backboneSpec(settings),
  labels: settings.num_labels,
});

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
    layerScale: layerscale > 0,
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
