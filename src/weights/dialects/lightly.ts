/** lightly-ai/lightly and lightly-train: networks of timm and torchvision inside their own modules. DINOv2's keep that dialect. */
import { resnetDialect } from './resnetDialect.js';
import { TIMM_HABITS, timmName } from './timm.js';
import { FIRST_VIT_TENSOR, vitDialect } from './vitDialect.js';

/** `MaskedVisionTransformerTIMM` keeps timm's network as `vit`. */
export const lightly = vitDialect({
  name: 'lightly',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ prefix }) => /(?:^|\.)vit\.$/.test(prefix),
  standardName: timmName,
  habits: () => TIMM_HABITS,
});

/** Its wrapper keeps timm's network as `_model`. */
export const lightlyTrain = vitDialect({
  name: 'lightly-train',
  firstTensor: FIRST_VIT_TENSOR,
  recognizes: ({ prefix }) => /(?:^|\.)(?:wrapped_model|_model)\.$/.test(prefix),
  standardName: timmName,
  habits: () => TIMM_HABITS,
});

/** The children of torchvision's ResNet by their place: lightly's examples cut the classifier off and keep a sequence. */
const CHILDREN: readonly string[] = ['conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4'];

export const lightlyResnet = resnetDialect({
  name: 'lightly',
  firstTensor: '4.0.conv1.weight',
  recognizes: () => true,
  standardName: (name) => name.replace(/^([0-7])(?=\.)/, (place) => CHILDREN[Number(place)] ?? place),
  theirName: (standard) => standard.replace(/^\w+/, (child) => String(CHILDREN.indexOf(child))),
});
