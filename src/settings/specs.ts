/** What networks and augmentation are made from, as the settings say. */
import type { AugmentationSpec } from '../data/batch.js';
import type { NetworkSpec } from '../method/network.js';
import type { Settings } from './settings.js';

/** The two networks' shapes. */
export const networkSpec = (settings: Settings): NetworkSpec => ({
  backbone: {
    kind: 'vit',
    patchSize: settings.patch_size,
    inChans: settings.in_chans,
    imageSize: settings.image_size,
    embedDim: settings.embed_dim,
    depth: settings.depth,
    numHeads: settings.num_heads,
  },
  head: {
    inDim: settings.embed_dim,
    hiddenDim: settings.head_hidden_dim,
    bottleneckDim: settings.head_bottleneck_dim,
    outDim: settings.out_dim,
    normLastLayer: settings.norm_last_layer,
    batchNorm: settings.use_bn_in_head,
  },
});

/** What the augmentation draws from. */
export const augmentationSpec = (settings: Settings): AugmentationSpec => ({
  globalCropsScale: settings.global_crops_scale,
  localCropsScale: settings.local_crops_scale,
  localCropsNumber: settings.local_crops_number,
  blurRadius: settings.blur_radius,
  jitterStrength: settings.jitter_strength,
  solarizeProbability: settings.solarize_probability,
  imageSize: settings.image_size,
  localSize: settings.local_size,
  channels: settings.in_chans,
});
