/** What fine-tuning adds to the method: its loss against its formula and numerical gradients, and the layers of both backbones. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { backboneOf } from '../../../src/method/backbones/index.js';
import { NAMED_RESNETS } from '../../../src/method/backbones/resnet/namedResnets.js';
import { crossEntropy, top1 } from '../../../src/method/losses/crossEntropy.js';
import { lossGradients } from '../../../src/method/lossGradients.js';
import { layerDecayGroups } from '../../../src/method/optimizers/layerDecay.js';
import { float32 } from '../../../src/program/program.js';

beforeAll(useCpuBackend);

const LOGITS = [
  [2, -1, 0.5],
  [0.1, 0.2, 0.3],
];
const LABELS = [0, 1];

const lossOf = (logits: readonly (readonly number[])[], smoothing: number): number => {
  const rows = logits.map((row, i) => {
    const sum = Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0));
    return row.reduce((all, logit, label) => {
      const target = smoothing / row.length + (label === LABELS[i] ? 1 - smoothing : 0);
      return all - target * (logit - sum);
    }, 0);
  });
  return rows.reduce((all, loss) => all + loss, 0) / rows.length;
};

describe('Cross-entropy with label smoothing', () => {
  const targets = () => tf.cast(tf.oneHot(tf.tensor1d(LABELS, 'int32'), 3), 'float32') as tf.Tensor2D;

  it.each([0, 0.1, 0.5])('at %d is its formula, and so is its gradient', (smoothing) => {
    const { loss, gradients } = lossGradients({ logits: tf.tensor2d(LOGITS) }, ({ logits }) => ({
      loss: { total: crossEntropy(logits as tf.Tensor2D, targets(), smoothing) },
      moved: {},
    }));
    expect(loss.dataSync()[0]).toBeCloseTo(lossOf(LOGITS, smoothing), 6);
    const step = 1e-4;
    const slopes = [...(gradients['logits']?.dataSync() ?? [])];
    expect(slopes).toHaveLength(6);
    slopes.forEach((slope, at) => {
      const moved = (by: number) =>
        LOGITS.map((row, i) => row.map((logit, j) => (3 * i + j === at ? logit + by : logit)));
      expect(slope).toBeCloseTo((lossOf(moved(step), smoothing) - lossOf(moved(-step), smoothing)) / (2 * step), 5);
    });
  });

  it('counts what is right, and an equal logit as right', () => {
    expect(top1(tf.tensor2d(LOGITS), targets()).dataSync()[0]).toBe(50);
    expect(top1(tf.zeros([2, 3]), targets()).dataSync()[0]).toBe(100);
  });
});

describe('Layer-wise decay', () => {
  it('of a ResNet goes by its stages', () => {
    const resnet = backboneOf({ kind: 'resnet', ...NAMED_RESNETS.resnet18, inChans: 3, imageSize: 32 });
    const { of, all } = layerDecayGroups(resnet, 0.5);
    const scale = (name: string, ...shape: number[]) => of(name, float32(...shape)).lrScale;
    expect(scale('backbone.conv1.weight', 4, 3, 7, 7)).toBe(0.5 ** 5);
    expect(scale('backbone.layer1.0.conv1.weight', 4, 4, 3, 3)).toBe(0.5 ** 4);
    expect(scale('backbone.layer4.0.bn1.bias', 4)).toBe(0.5);
    expect(scale('head.weight', 2, 4)).toBe(1);
    expect(of('backbone.layer4.0.bn1.bias', float32(4)).isDecayed).toBe(false);
    expect(new Set(all.map(({ name }) => name)).size).toBe(12);
  });

  it('refuses a parameter that lies beyond the last layer', () => {
    expect(() => layerDecayGroups({ layers: 2, layerOf: () => 3 }, 0.5).of('backbone.x', float32(1))).toThrow(
      'The parameter backbone.x lies in layer 3 of 2.',
    );
  });
});
