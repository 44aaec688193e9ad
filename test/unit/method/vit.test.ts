import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { addBranch } from '../../../src/method/backbones/vit/droppedBranch.js';
import {
  ANTIALIASED_POSITIONS,
  DINO_POSITIONS,
  fusedSwigluDim,
  vitOfDino,
  vitOfDinov2,
} from '../../../src/method/backbones/vit/lineages.js';
import { initialOf, vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import { resamplingMatrix } from '../../../src/method/backbones/vit/positionResampling.js';
import { positionsProgram, tokensProgram } from '../../../src/method/backbones/vit/programs.js';
import type { VitSpec } from '../../../src/method/backbones/vit/spec.js';
import { embed } from '../../../src/method/backbones/vit/tokens.js';
import { linear } from '../../../src/method/layers/linear.js';
import { scaleOutputs } from '../../../src/method/layers/scaleOutputs.js';
import { swiglu } from '../../../src/method/layers/swiglu.js';
import { parametersOf, prefixed } from '../../../src/program/lookup.js';
import { inPlainForms } from '../../../src/program/substitution.js';
import { filled, upload } from './tensors.js';

beforeAll(useCpuBackend);

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()].map((value) => Number(value.toFixed(5)) + 0);

/** Of one number a token, and images of 2 x 2 patches of one pixel. */
const tiny: VitSpec = {
  ...vitOfDinov2({ patchSize: 1, inChans: 1, imageSize: 2, embedDim: 1, depth: 1, numHeads: 1 }, { registers: 2 }),
};
const weights = (positions: readonly number[]) => ({
  cls_token: tf.tensor3d([[[1000]]]),
  register_tokens: tf.tensor3d([[[2000], [3000]]]),
  mask_token: tf.tensor2d([[5000]]),
  pos_embed: tf.tensor3d([positions.map((value) => [value])]),
  'patch_embed.proj.weight': tf.tensor4d([[[[10]]]]),
  'patch_embed.proj.bias': tf.tensor1d([0.5]),
});
const image = () => tf.tensor4d([[[[1, 2], [3, 4]]]]); // biome-ignore format: an image

describe('The tokens that the blocks take', () => {
  const get = parametersOf(weights([100, 200, 300, 400, 500]), '');

  it('are CLS, registers without positions, and patches', () => {
    const { rows, batch, length } = embed(tiny, get, image());
    expect([batch, length]).toEqual([1, 7]);
    expect(numbers(rows)).toEqual([1100, 2000, 3000, 210.5, 320.5, 430.5, 540.5]);
  });

  it('have the mask token in place of a masked patch, with its position', () => {
    const { rows } = embed(tiny, get, image(), tf.tensor2d([[0, 1, 0, 1]]));
    expect(numbers(rows)).toEqual([1100, 2000, 3000, 210.5, 5300, 430.5, 5500]);
  });

  it('have no position for CLS where the first one is a patch’s', () => {
    const vit = { ...tiny, positions: { ...tiny.positions, ofCls: false } };
    const { rows } = embed(vit, parametersOf(weights([200, 300, 400, 500]), ''), image());
    expect(numbers(rows)).toEqual([1000, 2000, 3000, 210.5, 320.5, 430.5, 540.5]);
    expect(vitParameters(vit)['pos_embed']?.shape).toEqual([1, 4, 1]);
  });
});

describe('Positions', () => {
  const matrix = (rule: VitSpec['positions'], size: number, out: number) => {
    const rounded = [...resamplingMatrix(rule, size, out)].map((value) => Number(value.toFixed(6)) + 0);
    return Array.from({ length: out }, (_, row) => rounded.slice(row * size, (row + 1) * size));
  };

  it('of the same grid are as they were where nothing is shifted', () => {
    const same = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    expect(matrix(ANTIALIASED_POSITIONS, 3, 3)).toEqual(same);
    expect(matrix({ ...DINO_POSITIONS, offset: 0 }, 3, 3)).toEqual(same);
    expect(matrix(DINO_POSITIONS, 3, 3)).not.toEqual(same);
  });

  it('repeat the border and take a = -.75, or leave out what is beyond it and take a = -.5', () => {
    // Samples of a line of two for four: a quarter of a step from a sample, so that 1.25 and .25 steps are taken to the left.
    const [near, far] = [
      (x: number, a: number) => (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1,
      (x: number, a: number) => a * (x ** 3 - 5 * x ** 2 + 8 * x - 4),
    ];
    const repeated = near(0.25, -0.75) + near(0.75, -0.75) + far(1.75, -0.75);
    expect(matrix({ ...DINO_POSITIONS, offset: 0 }, 2, 4)[0]).toEqual([
      Number((repeated - 0).toFixed(6)),
      Number((1 - repeated).toFixed(6)),
    ]);
    const kept = [near(0.25, -0.5), far(1.25, -0.5)];
    const sum = kept.reduce((a, b) => a + b);
    expect(matrix(ANTIALIASED_POSITIONS, 2, 4)[0]).toEqual(kept.map((weight) => Number((weight / sum).toFixed(6))));
  });

  it('reach further where the grid shrinks, if they are antialiased', () => {
    const line = (rule: VitSpec['positions']) => matrix(rule, 8, 2)[0]?.filter((weight) => weight !== 0).length;
    expect(line({ ...DINO_POSITIONS, offset: 0 })).toBe(4);
    expect(line(ANTIALIASED_POSITIONS)).toBe(8);
  });

  it('are resampled for an image that is not square though it has as many patches', async () => {
    const vit = vitOfDino({ patchSize: 1, inChans: 1, imageSize: 2, embedDim: 1, depth: 1, numHeads: 1 });
    const added = (height: number, width: number) => {
      const program = positionsProgram(vit, { batch: 1, height, width });
      const state = prefixed('backbone.', weights([100, 200, 300, 400, 500]));
      const { outputs } = program.body(state, { images: tf.zeros([1, 1, height, width]) });
      return numbers(outputs['positions'] as tf.Tensor);
    };
    expect(added(2, 2)).toEqual([100, 200, 300, 400, 500]);
    const [cls, ...patches] = added(1, 4);
    expect(cls).toBe(100);
    expect(patches).toHaveLength(4);
    expect(patches).not.toEqual([200, 300, 400, 500]);
    expect(patches[0] as number).toBeLessThan(patches[3] as number);
  });
});

describe('The layers', () => {
  it('of SwiGLU have the gate before the value', () => {
    const x = tf.tensor2d([[2]]);
    const first = { weight: tf.tensor2d([[1], [3]]), bias: tf.tensor1d([-1, 0.5]) };
    const last = { weight: tf.tensor2d([[10]]), bias: tf.tensor1d([7]) };
    // Gate 1, value 6.5: 1 / (1 + 1 / e) * 6.5 * 10 + 7.
    const wanted = [Number((65 / (1 + Math.exp(-1)) + 7).toFixed(5))];
    for (const run of [inPlainForms, (compute: () => number[]) => compute()])
      expect(run(() => numbers(swiglu(x, first, last)))[0]).toBeCloseTo(wanted[0] as number, 4);
  });

  it('of SwiGLU are as wide as the released networks’', () => {
    expect([24, 384, 1024, 1536].map(fusedSwigluDim)).toEqual([64, 1024, 2736, 4096]);
  });

  it('may have no bias, and may be scaled', () => {
    const x = tf.tensor2d([[1, 2]]);
    const weight = tf.tensor2d([[1, 1], [0, 3]]); // biome-ignore format: a matrix
    expect(numbers(linear(x, { weight }))).toEqual([3, 6]);
    expect(numbers(linear(x, scaleOutputs({ weight }, tf.tensor1d([2, 10]))))).toEqual([6, 60]);
    const bias = tf.tensor1d([1, -1]);
    expect(numbers(linear(x, scaleOutputs({ weight, bias }, tf.tensor1d([2, 10]))))).toEqual([8, 50]);
  });
});

describe('A branch under stochastic depth', () => {
  it('of DINOv2 is computed for the samples that are picked alone, and counts for the others', () => {
    const seen: number[][] = [];
    // Samples of two tokens: the branch of block 1 is for the third and the first.
    const picks = tf.tensor4d([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [2, 2, 2, 3]);
    const add = () =>
      addBranch(
        { rows: tf.tensor2d([1, 2, 3, 4, 5, 6], [6, 1]), batch: 3, length: 2 },
        ({ rows }) => {
          seen.push(numbers(rows));
          return tf.mul(rows, 10);
        },
        picks,
        { block: 1, branch: 0 },
      );
    const wanted = [1 + 15, 2 + 30, 3, 4, 5 + 75, 6 + 90];
    expect(numbers(add())).toEqual(wanted);
    expect(numbers(inPlainForms(add))).toEqual(wanted);
    expect(seen).toEqual([
      [5, 6, 1, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
  });
});

describe('The start of a training', () => {
  it('is that of the lineage', () => {
    const of = (vit: VitSpec, name: string) => initialOf(vit, name);
    const dino = vitOfDino(tiny);
    expect(of(dino, 'cls_token')).toEqual({ is: 'normal', deviation: 0.02 });
    expect(of(tiny, 'cls_token')).toEqual({ is: 'normal', deviation: 1e-6 });
    expect(of(tiny, 'register_tokens')).toEqual({ is: 'normal', deviation: 1e-6 });
    expect(of(tiny, 'pos_embed')).toEqual({ is: 'normal', deviation: 0.02 });
    expect(of(tiny, 'mask_token')).toEqual({ is: 'constant', value: 0 });
    expect(of(tiny, 'blocks.0.ls2.gamma')).toEqual({ is: 'constant', value: 1e-5 });
  });
});

describe('The tokens of the last block', () => {
  it('are given by what they stand for', () => {
    const size = { batch: 2, height: 3, width: 5 };
    const state = upload(filled(tokensProgram(tiny, size).state, 1, 0.5));
    const shapes = (vit: VitSpec) => {
      const { outputs } = tokensProgram(vit, size).body(state, { images: tf.zeros([2, 1, 3, 5]) });
      return Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape]));
    };
    expect(shapes(tiny)).toEqual({ cls: [2, 1], registers: [2, 2, 1], patches: [2, 15, 1] });
    expect(shapes({ ...tiny, registers: 0 })).toEqual({ cls: [2, 1], patches: [2, 15, 1] });
    expect(tokensProgram(tiny, size, { masked: true }).inputs['masks']?.shape).toEqual([2, 15]);
  });
});
