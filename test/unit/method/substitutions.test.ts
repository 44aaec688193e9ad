import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { transformerBlock } from '../../../src/method/backbones/vit/block.js';
import { lastBlockCls } from '../../../src/method/backbones/vit/lastBlockCls.js';
import { vitOfDino, vitOfDinov2 } from '../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import { tokensBeforePatches, type VitSpec } from '../../../src/method/backbones/vit/spec.js';
import { attend } from '../../../src/method/layers/attention.js';
import { mlp } from '../../../src/method/layers/mlp.js';
import { swiglu } from '../../../src/method/layers/swiglu.js';
import { dinoLoss } from '../../../src/method/losses/dino.js';
import { parametersOf } from '../../../src/program/lookup.js';
import type { NamedTensors } from '../../../src/program/program.js';
import { inPlainForms, substitution } from '../../../src/program/substitution.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { expectClose, filled, noise, upload } from './tensors.js';

const vit: VitSpec = vitOfDino({ patchSize: 4, inChans: 3, imageSize: 8, embedDim: 8, depth: 2, numHeads: 2 });
/** Registers, LayerScale, and no biases. */
const plainest: VitSpec = {
  ...vitOfDinov2({ ...vit }, { registers: 3 }),
  ...{ qkvBias: false, projBias: false, mlpBias: false, normEps: 0.1 },
};
const VITS: readonly (readonly [string, VitSpec])[] = [
  ["DINO's", vit],
  ["DINOv2's with registers and without biases", plainest],
  ["DINOv2's with SwiGLU", vitOfDinov2({ ...vit }, { swiglu: true })],
];
const BATCH = 3;

/** The value of a function of named tensors, and the gradients of its sum, weighted so that no two elements count alike. */
function withGradients(of: (given: NamedTensors) => tf.Tensor, given: NamedTensors): NamedTensors {
  const names = Object.keys(given);
  let value = tf.scalar(0) as tf.Tensor;
  const { grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    value = tf.keep(of(Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor]))));
    const weights = tf.tensor(noise(value.size, 11), value.shape);
    return tf.sum(tf.mul(value, weights)) as tf.Scalar;
  })(Object.values(given));
  return { value, ...Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])) };
}

/** The faster form gives what the plain one gives, value and gradients. */
function agree(of: (given: NamedTensors) => tf.Tensor, given: NamedTensors): void {
  const faster = withGradients(of, given);
  const plain = inPlainForms(() => withGradients(of, given));
  for (const [name, tensor] of Object.entries(plain)) {
    // The keys' bias changes no attention: its gradient is 0 in one form, and rounding in the other.
    if (!name.endsWith('qkv.bias')) {
      expectClose(faster[name], tensor, name, 1e-4);
      continue;
    }
    const thirds = (x: tf.Tensor | undefined) => tf.split(x as tf.Tensor, 3);
    const [[query, key, value], [plainQuery, plainKey, plainValue]] = [thirds(faster[name]), thirds(tensor)];
    expectClose(query, plainQuery as tf.Tensor, `${name}, queries`, 1e-4);
    expectClose(value, plainValue as tf.Tensor, `${name}, values`, 1e-4);
    expect([...(key as tf.Tensor).dataSync()].map(Math.abs)).toEqual(new Array(vit.embedDim).fill(0));
    expect(Math.max(...[...(plainKey as tf.Tensor).dataSync()].map(Math.abs))).toBeLessThan(1e-4);
  }
}

const tensor = (shape: number[], seed: number) =>
  tf.tensor(
    noise(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
    shape,
  );

const parameters = (vit: VitSpec) => upload(filled(vitParameters(vit), 1, 0.4, 0.1));

/** Stochastic depth: none, DINO's, and DINOv2's, where the branches of block 1 are for samples 2 and 0, and for 1 and 2. */
const DROP_PATHS = {
  none: () => undefined,
  scales: () => tf.tensor3d([1, 1, 1, 1, 1, 1, 0, 1.5, 2, 1.2, 0, 3], [2, 2, BATCH]),
  samples: () =>
    tf.tensor4d([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1], [2, 2, 2, BATCH]),
};
const CASES = VITS.flatMap(([name, vit]) =>
  (Object.keys(DROP_PATHS) as (keyof typeof DROP_PATHS)[]).map((dropPath) => ({ name, vit, dropPath })),
);

/** For images of four patches. */
const lengthOf = (vit: VitSpec) => tokensBeforePatches(vit) + 4;

/** Everything but the tokens is a parameter of block 1. */
function ofBlock(vit: VitSpec, run: typeof transformerBlock | typeof lastBlockCls, dropPath: keyof typeof DROP_PATHS) {
  const drop = DROP_PATHS[dropPath]();
  return ({ rows, ...weights }: NamedTensors): tf.Tensor => {
    const tokens = { rows: rows as tf.Tensor2D, batch: BATCH, length: lengthOf(vit) };
    const made = run(vit, parametersOf(weights, ''), tokens, 1, drop);
    return 'rows' in made ? made.rows : made;
  };
}

describe('A faster form', () => {
  beforeAll(useCpuBackend);

  const block = (vit: VitSpec) => ({
    rows: tensor([BATCH * lengthOf(vit), vit.embedDim], 3),
    ...Object.fromEntries(Object.entries(parameters(vit)).filter(([name]) => name.startsWith('blocks.1.'))),
  });

  it.each(CASES)('of a block of $name is equal to the plain one (drop path: $dropPath)', ({ vit, dropPath }) => {
    agree(ofBlock(vit, transformerBlock, dropPath), block(vit));
  });

  it.each(CASES)('of the last block of $name is equal to the plain one (drop path: $dropPath)', ({ vit, dropPath }) => {
    agree(ofBlock(vit, lastBlockCls, dropPath), block(vit));
  });

  it('of SwiGLU is equal to the plain one', () => {
    const given = { x: tensor([4, 3], 1), first: tensor([10, 3], 2), shift: tensor([10], 3), last: tensor([2, 5], 4) };
    agree(({ x, first, shift, last }) => {
      const layers = [
        { weight: first as tf.Tensor2D, bias: shift as tf.Tensor1D },
        { weight: last as tf.Tensor2D },
      ] as const;
      return swiglu(x as tf.Tensor2D, ...layers);
    }, given);
  });

  it('of an MLP is equal to the plain one', () => {
    const layer = (given: NamedTensors, i: number) => ({
      weight: given[`weight${i}`] as tf.Tensor2D,
      bias: given[`bias${i}`] as tf.Tensor1D,
    });
    const given = {
      x: tensor([4, 3], 1),
      weight0: tensor([5, 3], 2),
      bias0: tensor([5], 3),
      weight1: tensor([6, 5], 4),
      bias1: tensor([6], 5),
      weight2: tensor([2, 6], 6),
      bias2: tensor([2], 7),
    };
    agree((all) => mlp(all['x'] as tf.Tensor2D, [layer(all, 0), layer(all, 1), layer(all, 2)]), given);
    agree((all) => mlp(all['x'] as tf.Tensor2D, [layer(all, 0)]), {
      x: given.x,
      weight0: given.weight0,
      bias0: given.bias0,
    });
  });

  it('of attention is equal to the plain one where it runs in parts', () => {
    // 1 x 40 x 2: more keys than four times the width.
    const shape = [2, 1, 40, 2];
    const given = { query: tensor(shape, 1), key: tensor(shape, 2), value: tensor(shape, 3) };
    agree(({ query, key, value }) => attend(query as tf.Tensor4D, key as tf.Tensor4D, value as tf.Tensor4D), given);
  });

  it('of the loss is equal to the plain one', () => {
    const teacher = tf.softmax(tensor([2, 3, 5], 4)) as tf.Tensor3D;
    agree(({ logits }) => dinoLoss(logits as tf.Tensor2D, teacher, 0.3), { logits: tensor([12, 5], 1) });
  });
});

describe('A substitution', () => {
  it('takes the plain form only where it is asked for, also after an error', () => {
    const which = substitution(
      () => 'plain',
      () => 'faster',
    );
    expect(which()).toBe('faster');
    expect(inPlainForms(which)).toBe('plain');
    expect(inPlainForms(() => [inPlainForms(which), which()])).toEqual(['plain', 'plain']);
    expect(() =>
      inPlainForms(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(which()).toBe('faster');
  });
});
