import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { EVALUATION } from '../../../src/method/backbone.js';
import { backboneOf } from '../../../src/method/backbones/index.js';
import { NAMED_RESNETS } from '../../../src/method/backbones/resnet/namedResnets.js';
import { lastLayers } from '../../../src/method/backbones/vit/attention.js';
import { vitOfDino, vitOfDinov2 } from '../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import { patchPositions } from '../../../src/method/backbones/vit/positionEmbedding.js';
import {
  attentionProgram,
  insideProgram,
  layersProgram,
  queriesAndKeysProgram,
  tokensProgram,
} from '../../../src/method/backbones/vit/programs.js';
import { featuresProgram, logitsProgram } from '../../../src/method/features.js';
import { headParameters } from '../../../src/method/heads/dinoHead.js';
import type { NetworkSpec } from '../../../src/method/network.js';
import { networkFrom, networkOf } from '../../../src/method/network.js';
import { parametersOf } from '../../../src/program/lookup.js';
import { float32, type NamedTensors, type Program, sizeOf } from '../../../src/program/program.js';
import { part, plainBlocks, plainFeatures, plainLogits, plainPositions } from './plainNetwork.js';
import { expectClose, filled, noise, upload } from './tensors.js';
import { vitOf } from './vitOf.js';

const network: NetworkSpec = {
  backbone: {
    kind: 'vit',
    ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 12, embedDim: 8, depth: 3, numHeads: 2 }),
  },
  head: { inDim: 8, hiddenDim: 10, bottleneckDim: 6, outDim: 7, normLastLayer: true, batchNorm: false },
};
const vit = vitOf(network.backbone);

/** Weights around .3: norms and biases are no 1 and 0 that would hide. */
const weights = () => upload(filled(networkOf(network).parameters, 1, 0.4, 0.1));
const images = (batch: number, height: number, width: number) =>
  tf.tensor4d(noise(batch * 3 * height * width, 5), [batch, 3, height, width]);

const outputsOf = (program: Program, given: tf.Tensor4D): NamedTensors =>
  program.body(weights(), { images: given }).outputs;

/** As stored; larger and smaller; a rectangle of as many patches; sides with a rest. */
const SIZES = [
  [12, 12],
  [20, 20],
  [8, 8],
  [4, 36],
  [36, 4],
  [16, 21],
] as const;

describe('The network', () => {
  beforeAll(useCpuBackend);

  it('says what it has not: a head, or patches', () => {
    const resnet = backboneOf({ kind: 'resnet', ...NAMED_RESNETS.resnet18, inChans: 3, imageSize: 32 });
    const { project, tokens } = networkFrom(resnet).run({}, EVALUATION);
    expect(() => project(tf.zeros([1, 8]))).toThrow('This network has no head.');
    expect(() => tokens(tf.zeros([1, 3, 8, 8]))).toThrow('This backbone has no patches.');
  });

  it.each(SIZES)('gives the features of the plain one for images of %i x %i', (height, width) => {
    const given = images(2, height, width);
    const { cls } = outputsOf(featuresProgram(vit, { batch: 2, height, width }), given);
    expectClose(cls, plainFeatures(vit, part(weights(), 'backbone.'), given), 'features');
  });

  it('places patches as PyTorch interpolates', () => {
    const stored = tf.tensor3d(noise(10 * 8, 3), [1, 10, 8]);
    for (const [height, width] of SIZES) {
      const wanted = plainPositions(vit, stored, height, width);
      expectClose(patchPositions(stored, vit, height, width), wanted, `${height} x ${width}`, 1e-5);
    }
  });

  it('gives the logits of the plain one', () => {
    const given = images(3, 12, 12);
    const { logits } = outputsOf(logitsProgram(network, { batch: 3, height: 12, width: 12 }), given);
    expectClose(logits, plainLogits(network, weights(), given), 'logits');
  });

  it("gives the plain one's attention, queries and keys, and layers", () => {
    const given = images(2, 12, 16);
    const size = { batch: 2, height: 12, width: 16 };
    const wanted = plainBlocks(vit, part(weights(), 'backbone.'), given);
    expectClose(
      outputsOf(attentionProgram(vit, size), given)['attention'],
      wanted[2]?.attention as tf.Tensor,
      'attention',
    );

    // All at once; a part of the queries at a time, the last part smaller; one at a time.
    for (const most of [undefined, 2 * 2 * 13 * 5, 1]) {
      const pairs = outputsOf(queriesAndKeysProgram(vit, size, most), given);
      const { patches, ...same } = outputsOf(insideProgram(vit, size, most), given);
      const normed = outputsOf(tokensProgram(vit, size), given)['patches'] as tf.Tensor;
      expectClose(patches, normed, `patches, ${most} at a time`);
      expect(Object.keys(same)).toEqual(Object.keys(pairs));
      for (const [name, pair] of Object.entries(pairs)) expectClose(same[name], pair, name);
      expect(Object.keys(pairs)).toHaveLength(2 * vit.depth);
      for (const [block, { attention }] of wanted.entries()) {
        const [query, key] = [pairs[`query.${block}`], pairs[`key.${block}`]] as [tf.Tensor, tf.Tensor];
        expectClose(tf.softmax(tf.matMul(query, key, false, true)), attention, `block ${block}, ${most} at a time`);
      }
    }

    const layers = outputsOf(layersProgram(vit, size, lastLayers(vit, 2)), given);
    expect(Object.keys(layers)).toEqual(['layer.0', 'layer.1']);
    expectClose(layers['layer.0'], wanted[1]?.tokens as tf.Tensor, 'layer 0');
    expectClose(layers['layer.1'], wanted[2]?.tokens as tf.Tensor, 'layer 1');
  });

  it('has no sections where nothing is trained', async () => {
    const { nodes } = await trace(featuresProgram(vit, { batch: 1, height: 12, width: 12 }));
    await useCpuBackend();
    expect(nodes.map(({ op }) => op)).not.toContain('SectionBegins');
  });

  it('never holds more of the attention than it was told to', async () => {
    const size = { batch: 2, height: 32, width: 32 };
    const largest = async (most: number) => {
      const { nodes } = await trace(queriesAndKeysProgram(vit, size, most));
      const softmax = nodes.filter(({ op }) => op === 'Softmax');
      return Math.max(...softmax.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape))));
    };
    const ofOneQuery = 2 * 2 * 65;
    expect(await largest(65 * ofOneQuery)).toBe(65 * ofOneQuery);
    expect(await largest(65 * ofOneQuery - 1)).toBe(64 * ofOneQuery);
    expect(await largest(10 * ofOneQuery)).toBe(10 * ofOneQuery);
    expect(await largest(1)).toBe(ofOneQuery);
  });
});

describe('The programs of a network', () => {
  it('name all that they depend on', () => {
    const size = { batch: 2, height: 12, width: 12 };
    const programs = [
      featuresProgram(vit, size),
      attentionProgram(vit, size),
      queriesAndKeysProgram(vit, size),
      queriesAndKeysProgram(vit, size, 1),
      insideProgram(vit, size),
      layersProgram(vit, size, lastLayers(vit, 1)),
      layersProgram(vit, size, lastLayers(vit, 2)),
      logitsProgram(network, size),
    ];
    expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
    for (const { identity, inputs } of programs) {
      expect(identity).toBeDefined();
      expect(inputs).toEqual({ images: float32(2, 3, 12, 12) });
    }
    // Twice the heads: the same names and shapes, but another network.
    const other = { ...vit, numHeads: 4 };
    expect(featuresProgram(other, size).identity).not.toBe(featuresProgram(vit, size).identity);
    const ofOther = logitsProgram({ ...network, backbone: other }, size);
    expect(ofOther.identity).not.toBe(logitsProgram(network, size).identity);
  });

  it('take the state that they use, and no other', () => {
    const size = { batch: 2, height: 12, width: 12 };
    const names = (specs: object, prefix: string) => Object.keys(specs).map((name) => prefix + name);
    const backbone = names(vitParameters(vit), 'backbone.');
    expect(Object.keys(featuresProgram(vit, size).state)).toEqual(backbone);
    expect(featuresProgram(vit, size).body(weights(), { images: images(2, 12, 12) }).state).toEqual({});
    expect(logitsProgram(network, size).body(weights(), { images: images(2, 12, 12) }).state).toEqual({});
    const head = names(headParameters(network.head), 'head.');
    expect(Object.keys(logitsProgram(network, size).state)).toEqual([...backbone, ...head]);
  });

  it('say which parameter is missing', () => {
    const cls = tf.zeros([1]);
    expect(parametersOf({ 'student.cls': cls }, 'student.')('cls')).toBe(cls);
    expect(() => parametersOf({}, 'student.')('cls')).toThrow('no parameter student.cls');
  });
});

/** ViT-S/16 with the head of the paper has 21.7 million parameters in the backbone (paper, table 1: 21M). */
describe('The sizes of parameters', () => {
  const count = (specs: Readonly<Record<string, { readonly shape: readonly number[] }>>) =>
    Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

  it('are those of ViT-S/16', () => {
    const small = { patchSize: 16, inChans: 3, imageSize: 224, embedDim: 384, depth: 12, numHeads: 6 };
    expect(count(vitParameters(vitOfDino(small)))).toBe(21_665_664);
    const base = { ...small, embedDim: 768, numHeads: 12 };
    expect(count(vitParameters(vitOfDino(base)))).toBe(85_798_656);
    const head = {
      inDim: 384,
      hiddenDim: 2048,
      bottleneckDim: 256,
      outDim: 65536,
      normLastLayer: true,
      batchNorm: false,
    };
    const layers = 384 * 2048 + 2048 + 2048 * 2048 + 2048 + 2048 * 256 + 256;
    expect(count(headParameters(head))).toBe(layers + 65536 * 257);
  });

  // Of the released checkpoints, whose positions are those of 518 pixels.
  it.each([
    ['ViT-S/14', { embedDim: 384, depth: 12, numHeads: 6 }, {}, 22_056_576],
    ['ViT-B/14', { embedDim: 768, depth: 12, numHeads: 12 }, {}, 86_580_480],
    ['ViT-L/14 with registers', { embedDim: 1024, depth: 24, numHeads: 16 }, { registers: 4 }, 304_372_736],
    ['ViT-g/14', { embedDim: 1536, depth: 40, numHeads: 24 }, { swiglu: true }, 1_136_480_768],
  ])("are those of DINOv2's %s", (_name, sizes, own, parameters) => {
    const vit = vitOfDinov2({ patchSize: 14, inChans: 3, imageSize: 518, ...sizes }, own);
    expect(count(vitParameters(vit))).toBe(parameters);
  });
});
