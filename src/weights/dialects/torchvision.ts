/** torchvision's ResNets, as DINO and most others train them, with a classifier beside them or without: timm's have the same names. */
import { resnetDialect } from './resnetDialect.js';
import { claimsOfTimmResnet, timmResnetConfig } from './timmResnetConfig.js';

export const torchvision = resnetDialect({
  name: 'torchvision',
  firstTensor: 'layer1.0.conv1.weight',
  recognizes: () => true,
  configOf: timmResnetConfig,
  standardName: (name) => name,
  claims: claimsOfTimmResnet,
});
