/** torchvision's ResNets (resnet.py), which the original trains under these names. */
import type { ResNetSpec } from './spec.js';

export type ResNetSizes = Pick<ResNetSpec, 'block' | 'layers' | 'width'>;

export const RESNET_NAMES = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] as const;
export type ResNetName = (typeof RESNET_NAMES)[number];

export const NAMED_RESNETS: Readonly<Record<ResNetName, ResNetSizes>> = {
  resnet18: { block: 'basic', layers: [2, 2, 2, 2], width: 64 },
  resnet34: { block: 'basic', layers: [3, 4, 6, 3], width: 64 },
  resnet50: { block: 'bottleneck', layers: [3, 4, 6, 3], width: 64 },
  resnet101: { block: 'bottleneck', layers: [3, 4, 23, 3], width: 64 },
  resnet152: { block: 'bottleneck', layers: [3, 8, 36, 3], width: 64 },
};
