import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { dinoLoss } from '../../../src/method/losses/dino.js';
import { dinoGlobalLoss, dinoLocalLoss, termsOf } from '../../../src/method/losses/dinov2.js';
import { ibotLoss } from '../../../src/method/losses/ibot.js';
import { koleoLoss, neighborDistances } from '../../../src/method/losses/koleo.js';
import { perplexity } from '../../../src/method/losses/monitors.js';
import { sinkhornKnopp } from '../../../src/method/losses/sinkhornKnopp.js';
import { weightedCrossEntropy } from '../../../src/method/losses/weightedCrossEntropy.js';
import { float32 } from '../../../src/program/program.js';
import { inPlainForms } from '../../../src/program/substitution.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { expectClose, noise } from './tensors.js';

const tensor = (shape: number[], seed: number) =>
  tf.tensor(
    noise(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
    shape,
  );

beforeAll(useCpuBackend);

describe('the weighted cross-entropy', () => {
  it.each([
    ['a weight for each row', [2, 3, 5], [0, 0.5, 2]],
    ['a target for all views', [1, 3, 5], 0.3],
  ] as const)('in its faster form is that of the plain one, as its gradient is: %s', (_, shape, counts) => {
    const weights = typeof counts === 'number' ? counts : tf.tensor1d([...counts]);
    const logits = tensor([2, 3, 5], 1) as tf.Tensor3D;
    const targets = tf.mul(tf.softmax(tensor([...shape], 2)), 1.7) as tf.Tensor3D;
    const loss = (x: tf.Tensor): tf.Scalar => weightedCrossEntropy({ logits: x as tf.Tensor3D, targets, weights }, 0.2);
    const compute = () => tf.valueAndGrad(loss)(logits);
    const [faster, plain] = [compute(), inPlainForms(compute)];
    expectClose(faster.value, plain.value, 'value', 1e-5);
    expectClose(faster.grad, plain.grad, 'gradient', 1e-5);
  });
});

describe("DINO's loss in DINOv2's two terms", () => {
  it('is that of DINO where there are local crops', () => {
    const logits = tensor([4 * 3, 5], 3) as tf.Tensor2D;
    const teacher = tf.softmax(tensor([2, 3, 5], 4)) as tf.Tensor3D;
    const views = tf.reshape(logits, [4, 3, 5]);
    const [globals, locals] = tf.split(views, 2) as [tf.Tensor3D, tf.Tensor3D];
    const sum = tf.add(dinoGlobalLoss(globals, teacher, 0.1, 2), dinoLocalLoss(locals, teacher, 0.1));
    expectClose(sum, dinoLoss(logits, teacher, 0.1), 'loss', 1e-5);
  });

  it('counts one term more than there are where there is no local crop, as the original does', () => {
    expect([0, 1, 8].map(termsOf)).toEqual([3, 4, 18]);
  });
});

describe("iBOT's loss", () => {
  it('is the cross-entropy of each masked patch, by its weight, over all crops', () => {
    const [logits, targets] = [tensor([3, 5], 7) as tf.Tensor2D, tf.softmax(tensor([3, 5], 8)) as tf.Tensor2D];
    // Two patches of one crop; the third place is empty.
    const weights = tf.tensor1d([0.5, 0.5, 0]);
    const ofPatches = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(tf.div(logits, 0.1))), 1));
    const wanted = tf.div(tf.mean(tf.slice(ofPatches, 0, 2)), 4);
    expectClose(ibotLoss(logits, targets, weights, { temperature: 0.1, crops: 4 }), wanted, 'loss', 1e-5);
  });
});

describe('KoLeo', () => {
  it('measures the distance to the nearest other image, and takes no image for its own neighbor', () => {
    const features = tf.tensor2d([3, 0, 0, 2, 0, -1], [3, 2]);
    // Of length 1: the second is 90 degrees from both, the third 90 and 180.
    const distances = [...neighborDistances(features).dataSync()];
    for (const distance of distances) expect(distance).toBeCloseTo(Math.SQRT2, 5);
    const opposite = tf.tensor2d([1, 0, -1, 0], [2, 2]);
    expect([...neighborDistances(opposite).dataSync()].map((x) => Math.round(1e4 * x) / 1e4)).toEqual([2, 2]);
  });

  it('knows neighbors that are nearer to somebody else', () => {
    const degrees = [0, 30, 40];
    const features = degrees.flatMap((at) => [Math.cos((at * Math.PI) / 180), Math.sin((at * Math.PI) / 180)]);
    const chord = (apart: number) => 2 * Math.sin((apart * Math.PI) / 360);
    const distances = neighborDistances(tf.tensor2d(features, [3, 2])).dataSync();
    [30, 10, 10].forEach((apart, image) => {
      expect(distances[image]).toBeCloseTo(chord(apart), 5);
    });
  });

  it('finds the neighbors in float32, whatever the precision of the engine', async () => {
    const { nodes } = await trace({
      name: 'koleo',
      state: {},
      inputs: { features: float32(4, 3) },
      body: (_, { features }) => ({ state: {}, outputs: { distances: neighborDistances(features as tf.Tensor2D) } }),
    });
    const products = nodes.filter(({ op }) => op === 'PreciseMatMul');
    expect(products.map(({ attributes }) => attributes)).toEqual([
      { transposeA: false, transposeB: true },
      { transposeA: false, transposeB: false },
    ]);
    // What is left of the others counts ties: of ones and zeros.
    expect(nodes.filter(({ op }) => op === 'BatchMatMul')).toHaveLength(1);
  });

  it('costs about 15 and stays finite where all images are one', () => {
    const { value, grad } = tf.valueAndGrad((x) => koleoLoss(x as tf.Tensor2D))(tf.ones([3, 16]));
    expect(value.dataSync()[0]).toBeGreaterThan(14);
    expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('Sinkhorn-Knopp', () => {
  it('passes over rows that do not count', () => {
    const logits = tensor([4, 6], 5) as tf.Tensor2D;
    const two = sinkhornKnopp(tf.slice(logits, [0, 0], [2, 6]), tf.scalar(0.2));
    const all = sinkhornKnopp(logits, tf.scalar(0.2), tf.tensor1d([1, 1, 0, 0]));
    expectClose(tf.slice(all, [0, 0], [2, 6]), two, 'rows that count', 1e-5);
    expect([...tf.slice(all, [2, 0], [2, 6]).dataSync()]).toEqual(new Array(12).fill(0));
  });

  it('is finite where no row counts, and where the logits are large', () => {
    const logits = tf.mul(tensor([4, 6], 6), 4) as tf.Tensor2D;
    const none = sinkhornKnopp(logits, tf.scalar(0.04), tf.zeros([4]));
    expect([...none.dataSync()].every((x) => x === 0)).toBe(true);
    const sums = tf.sum(sinkhornKnopp(logits, tf.scalar(0.04)), 1).dataSync();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
  });
});

it('the perplexity counts the prototypes that are used', () => {
  expect(perplexity(tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [3, 4])).dataSync()[0]).toBeCloseTo(2, 5);
  expect(perplexity(tf.fill([3, 4], 0.25)).dataSync()[0]).toBeCloseTo(4, 5);
});
