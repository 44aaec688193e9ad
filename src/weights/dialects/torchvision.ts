/** torchvision's ResNets, as DINO and most others train them, with a classifier beside them or without. */
import { resnetDialect } from './resnetDialect.js';

export const torchvision = resnetDialect({
  name: 'torchvision',
  firstTensor: 'layer1.0.conv1.weight',
  recognizes: () => true,
  standardName: (name) => name,
});
