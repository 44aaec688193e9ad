import { expect, it } from 'vitest';
import { requireVit } from '../../../src/evaluation/requireVit.js';
import { network } from './surroundings.js';

it('a Vision Transformer is given back, and a ResNet is refused by its name and what it lacks', () => {
  expect(requireVit(network, 'attention')).toBe(network.backbone);
  const resnet = { kind: 'resnet', block: 'basic', layers: [1, 1, 1, 1], width: 1, inChans: 3, imageSize: 8 } as const;
  const refused = (parts: 'attention' | 'patches') => () => requireVit({ name: 'cats', backbone: resnet }, parts);
  expect(refused('attention')).toThrow('cats is a ResNet, which has no attention: choose the checkpoint of');
  expect(refused('patches')).toThrow('cats is a ResNet, which has no patches: choose the checkpoint of');
});
