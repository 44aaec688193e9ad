import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/compile/graph.js';
import { recompute } from '../../../src/compile/recompute.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { type StepSpec, trainingStep } from '../../../src/method/trainingStep.js';
import { type Program, sizeOf } from '../../../src/program/program.js';
import { LATER, SECTION_BEGINS } from '../../../src/program/sections.js';
import { interpret } from './interpret.js';

const spec: StepSpec = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 32, embedDim: 32, depth: 4, numHeads: 1 }),
    },
    head: { inDim: 32, hiddenDim: 16, bottleneckDim: 8, outDim: 16, normLastLayer: true, batchNorm: false },
  },
  batchSize: 4,
  calls: 1,
  localCropsNumber: 2,
  localSize: 16,
  dropPath: true,
  studentTemp: 0.1,
  centerMomentum: 0.9,
  clipGrad: 3,
  optimizer: 'adamw',
};

async function graphOf(program: Program): Promise<Graph> {
  const traced = await trace(program);
  await useCpuBackend();
  return simplify(traced);
}

/** The elements that are there for what comes after the node at `place`, all of them made before it. */
function keptAt({ nodes }: Graph, place: number): number {
  const made = new Set(nodes.slice(0, place).flatMap(({ outputs }) => outputs));
  const kept = new Set(nodes.slice(place).flatMap(({ inputs }) => inputs.filter((value) => made.has(value))));
  return [...kept].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

const marked = (step: StepSpec) => graphOf(trainingStep({ ...step, activationCheckpointing: true }));

describe('Activation checkpointing', () => {
  it('leaves a graph without sections as it is', async () => {
    const plain = await graphOf(trainingStep(spec));
    expect(recompute(plain)).toBe(plain);
  });

  const { backbone: vit, head } = spec.network;
  const resnet: StepSpec['network']['backbone'] = {
    kind: 'resnet',
    block: 'basic',
    layers: [1, 1, 2, 1],
    width: 1,
    inChans: 3,
    imageSize: 17,
  };
  it.each<[string, Partial<StepSpec>]>([
    [
      'a ViT',
      {
        network: {
          backbone: { ...vit, imageSize: 8, embedDim: 4, depth: 3 } as typeof vit,
          head: { ...head, inDim: 4 },
        },
        batchSize: 1,
        localSize: 4,
      },
    ],
    [
      'a ResNet',
      { network: { backbone: resnet, head: { ...head, inDim: 8 } }, batchSize: 2, localSize: 9, dropPath: false },
    ],
  ])('changes no number of %s', { timeout: 60_000 }, async (_, changes) => {
    const graph = await marked({ ...spec, localCropsNumber: 1, ...changes });
    const given = Object.fromEntries(
      [...graph.state, ...graph.inputs].map(([name, { shape }], i) => {
        const wave = Float32Array.from({ length: sizeOf(shape) }, (_, j) => Math.sin(12.9898 * j + i));
        // Squares and variances are never below 0.
        return [name, /exp_avg_sq\.|running_var$/.test(name) ? wave.map((value) => value ** 2) : wave];
      }),
    );
    const again = recompute(graph);
    expect(again.nodes.length).toBeGreaterThan(graph.nodes.length);
    expect(await interpret(again, given)).toEqual(await interpret(graph, given));
  });

  it('computes the convolutions of all blocks but the last again', async () => {
    const step = { ...spec, network: { backbone: resnet, head: { ...head, inDim: 8 } }, batchSize: 2, dropPath: false };
    const graph = recompute(await marked(step));
    const convolutions = (nodes: Graph['nodes']) => nodes.filter(({ op }) => op === 'Convolution').length;
    // Two a block, and three shortcuts; the last block has three in all. Once for the global crops and once for the local ones.
    const again = 2 * (5 * 2 + 3 - 3);
    expect(convolutions(graph.nodes)).toBe(convolutions((await graphOf(trainingStep(step))).nodes) + again);
    expect(graph.nodes.filter(({ op }) => op === LATER)).toHaveLength(2 * 4);
  });

  it('computes all blocks but the last again, those of the global and those of the local crops', async () => {
    const plain = await graphOf(trainingStep(spec));
    const graph = recompute(await marked(spec));
    const places = graph.nodes.flatMap(({ op }, place) => (op === LATER ? [place] : []));
    expect(places).toHaveLength(2 * 3);
    expect(graph.nodes.filter(({ op }) => op === SECTION_BEGINS)).toEqual([]);
    // A fraction of what the student keeps otherwise, when the gradient comes by the last block that is computed again.
    const softmax = (nodes: Graph['nodes']) => nodes.filter(({ op }) => op === 'Softmax').length;
    expect(softmax(graph.nodes)).toBe(softmax(plain.nodes) + 2 * 3);
    const place = places[0] as number;
    const last = plain.nodes.findLastIndex(({ op }) => op === 'Softmax');
    expect(keptAt(graph, place)).toBeLessThan(0.6 * Math.max(...[0, 100, 200].map((i) => keptAt(plain, last + i))));
  });

  it('keeps every node after those whose outputs it takes', async () => {
    const graph = recompute(await marked(spec));
    const known = new Set([...graph.state.values(), ...graph.inputs.values(), ...graph.constants.keys()]);
    for (const { inputs, outputs } of graph.nodes) {
      for (const value of inputs) expect(known.has(value)).toBe(true);
      for (const value of outputs) known.add(value);
    }
    for (const value of [...graph.newState.values(), ...graph.outputs.values()]) expect(known.has(value)).toBe(true);
  });
});
