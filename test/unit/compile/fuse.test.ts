import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/compile/graph.js';
import { fuse, type OnnxOp } from '../../../src/compile/onnx/fuse.js';
import { simplify } from '../../../src/compile/simplify.js';
import { splitStateUpdates } from '../../../src/compile/stateUpdates.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { eagerEngine } from '../../../src/engines/eager.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { SMALL_SAMPLE, sampleProgram } from '../../../src/engines/sampleStep.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { attentionProgram } from '../../../src/method/backbones/vit/programs.js';
import { featuresProgram } from '../../../src/method/features.js';
import { mlpWithFoldedGelu } from '../../../src/method/layers/mlpWithFoldedGelu.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';
import { callOnce } from '../engines/everyEngine.js';
import { filled } from '../method/tensors.js';
import { vitOf } from '../method/vitOf.js';

const DEPTH = 3;
const vit = {
  kind: 'vit',
  ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 12, embedDim: 16, depth: DEPTH, numHeads: 2 }),
} as const;
const images = { batch: 2, height: 12, width: 12 };

async function simplified(program: Program): Promise<Graph> {
  const traced = await trace(program);
  await useCpuBackend();
  return simplify(traced);
}

const opsOf = ({ nodes }: Pick<Graph<OnnxOp>, 'nodes'>, op: OnnxOp): number =>
  nodes.filter((node) => node.op === op).length;

/** What the engine that fuses gives, and what tfjs gives. */
async function bothWays(program: Program): Promise<readonly (readonly number[])[]> {
  const [state, inputs] = [filled(program.state, 1, 0.4, 0.1), filled(program.inputs, 2, 1)];
  const given: number[][] = [];
  for (const engine of [openOnnxEngine('cpu', () => undefined), eagerEngine]) {
    const { outputs } = await callOnce(engine, program, state, inputs);
    given.push(Object.values(outputs).flatMap(({ data }) => [...data]));
  }
  return given;
}

async function expectTheSame(program: Program): Promise<void> {
  const [fused = [], plain = []] = await bothWays(program);
  expect(fused).toHaveLength(plain.length);
  const size = Math.max(...plain.map(Math.abs));
  expect(Math.max(...fused.map((value, i) => Math.abs(value - (plain[i] as number)))) / size).toBeLessThan(1e-5);
}

describe("What ONNX Runtime has as one op stands for several of a network's", () => {
  it('in the features of a ViT: attention of all blocks but the last, which looks from one token, and every GELU', async () => {
    const program = featuresProgram(vit, images);
    const fused = fuse(await simplified(program));
    expect(opsOf(fused, 'Attention')).toBe(DEPTH - 1);
    expect(opsOf(fused, 'Softmax')).toBe(1);
    expect(opsOf(fused, 'BiasGelu')).toBe(DEPTH);
    expect(opsOf(fused, 'Erf')).toBe(0);
    await expectTheSame(program);
  });

  it('in a training step where no gradient flows: for the teacher', async () => {
    const { graph, handedOn } = splitStateUpdates(await simplified(sampleProgram(SMALL_SAMPLE)));
    const fused = fuse(graph, handedOn);
    const { depth } = vitOf(SMALL_SAMPLE.network.backbone);
    expect(opsOf(fused, 'Attention')).toBe(depth - 1);
    // Two are in the head.
    const ofTeacher = depth + 2;
    expect(opsOf(fused, 'BiasGelu')).toBe(ofTeacher);
    expect(opsOf(fused, 'Erf')).toBe(opsOf(graph, 'Erf') - ofTeacher);
  });

  it('not where the weights of attention are asked for', async () => {
    const graph = await simplified(attentionProgram(vitOf(vit), images));
    expect(opsOf(fuse(graph), 'Attention')).toBe(DEPTH - 1);
    const [softmax] = graph.nodes.filter(({ op }) => op === 'Softmax');
    const [weights] = softmax?.outputs ?? [];
    if (weights === undefined) throw new Error('The program has no attention.');
    expect(opsOf(fuse(graph, [weights]), 'Attention')).toBe(DEPTH - 2);
  });

  const layers = [
    { weight: float32(6, 5), bias: float32(6) },
    { weight: float32(7, 6), bias: float32(7) },
    { weight: float32(4, 7), bias: float32(4) },
  ];
  const mlpOf = (outputs: (rows: tf.Tensor2D, state: NamedTensors) => NamedTensors): Program => ({
    name: 'mlp',
    state: Object.fromEntries(
      layers.flatMap((layer, i) => Object.entries(layer).map(([name, spec]) => [`${i}.${name}`, spec])),
    ),
    inputs: { x: float32(3, 5) },
    body: (state, { x }) => ({ state: {}, outputs: outputs(x as tf.Tensor2D, state) }),
  });
  const layersOf = (state: NamedTensors, count: number) =>
    layers.slice(0, count).map((_, i) => ({
      weight: state[`${i}.weight`] as tf.Tensor2D,
      bias: state[`${i}.bias`] as tf.Tensor1D,
    }));

  it('in an MLP of three layers, whose middle one is between two GELUs', async () => {
    const program = mlpOf((x, state) => ({ y: mlpWithFoldedGelu(x, layersOf(state, 3)) }));
    const fused = fuse(await simplified(program));
    expect(opsOf(fused, 'BiasGelu')).toBe(2);
    // The factors of the folded form have cancelled.
    expect(opsOf(fused, 'Multiply')).toBe(0);
    await expectTheSame(program);
  });

  /** √2 GELU(√2 u), of a linear layer's u. */
  const unscaled = (x: tf.Tensor2D, state: NamedTensors): { u: tf.Tensor; given: tf.Tensor } => {
    const u = mlpWithFoldedGelu(x, layersOf(state, 1));
    return { u, given: tf.mul(u, tf.add(tf.erf(u), 1)) };
  };

  it('also where no linear layer follows that could take the factor', async () => {
    const program = mlpOf((x, state) => ({ y: tf.exp(unscaled(x, state).given) }));
    expect(opsOf(fuse(await simplified(program)), 'BiasGelu')).toBe(1);
    await expectTheSame(program);
  });

  it('not where what goes into the GELU is asked for, or it is another function', async () => {
    const asked = mlpOf((x, state) => ({ y: unscaled(x, state).given, u: unscaled(x, state).u }));
    const other = mlpOf((x, state) => {
      const { u } = unscaled(x, state);
      return { y: tf.mul(u, tf.add(tf.erf(u), 2)) };
    });
    const larger = mlpOf((x, state) => {
      const { u } = unscaled(x, state);
      return { y: tf.mul(u, tf.add(tf.erf(u), tf.ones([1, 1, 1]))) };
    });
    for (const program of [asked, other, larger]) {
      expect(opsOf(fuse(await simplified(program)), 'BiasGelu')).toBe(0);
      await expectTheSame(program);
    }
  });
});
