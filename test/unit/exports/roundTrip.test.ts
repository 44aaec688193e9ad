/** Export and import are each other's inverse, wherever the format has what the network has. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { huggingFace } from '../../../src/exports/formats/huggingFace.js';
import { pth } from '../../../src/exports/formats/pth.js';
import { safetensors } from '../../../src/exports/formats/safetensors.js';
import { timm } from '../../../src/exports/formats/timm.js';
import type { BackboneSpec } from '../../../src/method/backbones/index.js';
import { resnetBuffers, resnetParameters } from '../../../src/method/backbones/resnet/parameters.js';
import {
  ANTIALIASED_POSITIONS,
  DINO_POSITIONS,
  UNSHIFTED_POSITIONS,
  vitOfDino,
  vitOfDinov2,
} from '../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import type { VitSpec } from '../../../src/method/backbones/vit/spec.js';
import { type HeadSpec, headBuffers, headParameters } from '../../../src/method/heads/dinoHead.js';
import { prefixed } from '../../../src/program/lookup.js';
import { type HostTensor, type NamedHostTensors, type NamedSpecs, sizeOf } from '../../../src/program/program.js';
import { type LoadedNetwork, loadNetwork } from '../../../src/runs/network.js';
import { outgoing } from '../../../src/weights/outgoing.js';
import { writeSafetensorsFor } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const vitSpec: fc.Arbitrary<VitSpec> = fc
  .record({
    numHeads: fc.integer({ min: 1, max: 3 }),
    headDim: fc.integer({ min: 1, max: 4 }),
    depth: fc.integer({ min: 1, max: 3 }),
    patchSize: fc.integer({ min: 1, max: 4 }),
    side: fc.integer({ min: 1, max: 4 }),
    inChans: fc.constantFrom(1, 3, 6),
    registers: fc.integer({ min: 0, max: 3 }),
    layerScale: fc.boolean(),
    kind: fc.constantFrom('gelu', 'swiglu'),
    hidden: fc.integer({ min: 1, max: 3 }),
    qkvBias: fc.boolean(),
    projBias: fc.constantFrom(true, true, true, false),
    maskToken: fc.boolean(),
    ofCls: fc.constantFrom(true, true, false),
  })
  .map(({ headDim, side, kind, hidden, ofCls, ...given }): VitSpec => {
    const embedDim = given.numHeads * headDim;
    return {
      ...vitOfDino({ ...given, embedDim, imageSize: side * given.patchSize }),
      ...given,
      mlp: { kind: kind as 'gelu' | 'swiglu', hiddenDim: kind === 'swiglu' ? 8 * hidden : embedDim * hidden },
      mlpBias: given.projBias,
      // By these DINOv2's names are told; others have no mask token.
      maskToken: given.maskToken && (given.layerScale || given.registers > 0),
      positions: { ...ANTIALIASED_POSITIONS, ofCls },
    };
  });

const backboneSpec: fc.Arbitrary<BackboneSpec> = fc.oneof(
  { weight: 4, arbitrary: vitSpec.map((vit) => ({ kind: 'vit' as const, ...vit })) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resnet' as const),
      block: fc.constantFrom('basic' as const, 'bottleneck' as const),
      layers: fc.tuple(...([1, 2, 1, 1] as const).map((max) => fc.integer({ min: 1, max }))) as fc.Arbitrary<
        [number, number, number, number]
      >,
      // timm knows 64 alone.
      width: fc.constantFrom(2, 3, 2, 3, 64),
      inChans: fc.constantFrom(1, 3, 6),
      imageSize: fc.constant(224),
    }),
  },
);

const head = (inDim: number, batchNorm: boolean): HeadSpec => ({
  ...{ inDim, hiddenDim: 5, bottleneckDim: 3, outDim: 7 },
  normLastLayer: false,
  batchNorm,
});

/** Every float that is finite, the signs of zeros and denormal numbers too. */
function random(specs: NamedSpecs, seed: number): NamedHostTensors {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state;
  };
  const values = (size: number) => {
    const bits = Int32Array.from({ length: size }, () => next() & ~0x40000000);
    return new Float32Array(bits.buffer);
  };
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]): [string, HostTensor] => {
      const data = name.endsWith('num_batches_tracked') ? Float32Array.of(seed % 1000) : values(sizeOf(shape));
      return [name, { shape, dtype: 'float32', data }];
    }),
  );
}

const loaded = fc
  .record({ backbone: backboneSpec, head: fc.constantFrom('none', 'plain', 'batch norm'), seed: fc.nat() })
  .map(({ backbone, head: kind, seed }): LoadedNetwork => {
    const isVit = backbone.kind === 'vit';
    const specs = isVit ? vitParameters(backbone) : { ...resnetParameters(backbone), ...resnetBuffers(backbone) };
    const inDim = isVit ? backbone.embedDim : backbone.width * (backbone.block === 'basic' ? 8 : 32);
    const spec = kind === 'none' ? undefined : head(inDim, kind === 'batch norm');
    const headSpecs = spec === undefined ? {} : { ...headParameters(spec), ...headBuffers(spec) };
    return {
      backbone,
      ...(spec && { head: spec }),
      parameters: random({ ...prefixed('backbone.', specs), ...prefixed('head.', headSpecs) }, seed),
      name: 'network',
      notes: [],
      source: { files: [], library: 'DINO' },
    };
  });

const backboneAlone = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith('backbone.')));

/** What each library has no place for. */
const FORMATS = [
  { format: safetensors, back: ({ parameters }: LoadedNetwork) => parameters },
  { format: pth, back: ({ parameters }: LoadedNetwork) => parameters },
  { format: timm, back: forTimm },
  { format: huggingFace, back: forHuggingFace },
];

/** No mask token; beside registers CLS is stored with its position. */
function forTimm({ parameters, backbone }: LoadedNetwork): NamedHostTensors {
  const { 'backbone.mask_token': _, ...rest } = backboneAlone(parameters);
  if (backbone.kind !== 'vit' || backbone.registers === 0 || !backbone.positions.ofCls) return rest;
  const [cls, positions] = ['cls_token', 'pos_embed'].map((name) => rest[`backbone.${name}`]) as [
    HostTensor,
    HostTensor,
  ];
  const [, tokens = 0, dim = 0] = positions.shape;
  return {
    ...rest,
    'backbone.cls_token': { ...cls, data: cls.data.map((value, i) => value + (positions.data[i] ?? 0)) },
    'backbone.pos_embed': { ...positions, shape: [1, tokens - 1, dim], data: positions.data.slice(dim) },
  };
}

/** CLS has a position; beside registers there is a mask token. */
function forHuggingFace({ parameters, backbone }: LoadedNetwork): NamedHostTensors {
  const own = backboneAlone(parameters);
  if (backbone.kind !== 'vit') return own;
  const { embedDim: dim, registers, maskToken, positions } = backbone;
  const stored = own['backbone.pos_embed'] as HostTensor;
  const [, tokens = 0] = stored.shape;
  const zeros = (shape: number[]): HostTensor => ({ shape, dtype: 'float32', data: new Float32Array(dim) });
  return {
    ...own,
    ...(!positions.ofCls && {
      'backbone.pos_embed': {
        ...stored,
        shape: [1, tokens + 1, dim],
        data: Float32Array.of(...new Array<number>(dim).fill(0), ...stored.data),
      },
    }),
    ...(registers > 0 && !maskToken && { 'backbone.mask_token': zeros([1, dim]) }),
  };
}

/** Bit for bit: -0 is not 0. */
const bits = (tensors: NamedHostTensors): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tensors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { shape, data }]) => [
        name,
        `[${shape}] ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')}`,
      ]),
  );

describe.each(FORMATS)('A network exported as $format.name', ({ format, back }) => {
  it('is read back bit for bit, or refused by what the format does not have', { timeout: 240_000 }, async () => {
    let expressed = 0;
    await fc.assert(
      fc.asyncProperty(loaded, async (network) => {
        const folder = mkdtempSync(join(tmpdir(), 'dino-export-'));
        const path = join(folder, `network${format.ending === 'folder' ? '' : `.${format.ending}`}`);
        try {
          const failure = await format.write({ network, role: 'teacher' }, path, 'network').then(
            () => undefined,
            (error: Error) => error.message,
          );
          if (failure !== undefined) {
            expect(failure).toMatch(/^network cannot be exported for [\w']+( \w+)*: .+$/);
            return;
          }
          expressed++;
          const { numHeads } = network.backbone.kind === 'vit' ? network.backbone : { numHeads: undefined };
          const read = await loadNetwork(path, numHeads === undefined ? {} : { numHeads });
          expect(bits(read.parameters)).toEqual(bits(back(network)));
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 30, seed: 12 },
    );
    expect(expressed).toBeGreaterThan(10);
  });
});

describe('safetensors', () => {
  const inFolder = async <T>(work: (path: string) => Promise<T>): Promise<T> => {
    const folder = mkdtempSync(join(tmpdir(), 'dino-export-'));
    try {
      return await work(join(folder, 'network.safetensors'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const exportTo = async (vit: VitSpec, path: string) => {
    const backbone = { kind: 'vit' as const, ...vit };
    const parameters = random(prefixed('backbone.', vitParameters(vit)), 3);
    const source = { files: [], library: 'DINO' };
    await safetensors.write(
      { network: { backbone, parameters, name: 'network', notes: [], source }, role: 'teacher' },
      path,
      'network',
    );
  };
  const usual = vitOfDino({ ...{ numHeads: 2, embedDim: 64, depth: 1, patchSize: 2 }, inChans: 3, imageSize: 4 });

  it('comes back as the same network, also in what its tensors do not show', async () => {
    const anyVit = fc
      .tuple(
        vitSpec,
        fc.constantFrom(1e-6, 1e-5, 1e-12),
        fc.constantFrom(DINO_POSITIONS, UNSHIFTED_POSITIONS, undefined),
      )
      .map(([vit, normEps, rule]) => ({
        ...vit,
        normEps,
        positions: { ...vit.positions, ...rule, ofCls: vit.positions.ofCls },
      }));
    const check = (vit: VitSpec) =>
      inFolder(async (path) => {
        await exportTo(vit, path);
        const { backbone, source } = await loadNetwork(path);
        // What weights are drawn from is of no use to weights that are there.
        expect({ ...backbone, start: undefined }).toEqual({ kind: 'vit', ...vit, start: undefined });
        expect(source).toMatchObject({ library: 'DINO Lab' });
      });
    await fc.assert(fc.asyncProperty(anyVit, check), { numRuns: 30, seed: 12, examples: [[usual]] });
  });

  it('refuses other heads than its metadata have', () =>
    inFolder(async (path) => {
      await exportTo(usual, path);
      await expect(loadNetwork(path, { numHeads: 4 })).rejects.toThrow(
        `${path} cannot be read with --heads 4: its metadata say numHeads 2; leave --heads out`,
      );
    }));

  it.each([
    ['{', 'has the metadata entry dino_lab, which is not JSON'],
    ['{}', 'has the metadata entry dino_lab, which is wrong at numHeads'],
    ['{"numHeads":2,"normEps":0,"positions":{}}', 'has the metadata entry dino_lab, which is wrong at normEps'],
  ])('with metadata %s is refused', (dino_lab, problem) =>
    inFolder(async (path) => {
      await writeSafetensorsFor(path, outgoing(random(vitParameters(usual), 3)), { dino_lab });
      await expect(loadNetwork(path)).rejects.toThrow(`${path} ${problem}.`);
    }),
  );
});

it('A Hugging Face configuration writes whole numbers as floats where transformers takes nothing else', async () => {
  const vit = vitOfDinov2({ patchSize: 4, inChans: 3, imageSize: 8, embedDim: 8, depth: 1, numHeads: 2 });
  const backbone = { kind: 'vit' as const, ...vit, normEps: 1, start: { ...vit.start, layerScale: 2 } };
  const parameters = random(prefixed('backbone.', vitParameters(backbone)), 1);
  const network: LoadedNetwork = {
    ...{ backbone, parameters, name: 'network', notes: [] },
    source: { files: [], library: 'DINO' },
  };
  const folder = temporaryFolder();
  await huggingFace.write({ network, role: 'teacher' }, join(folder, 'model'), 'network');
  const config = readFileSync(join(folder, 'model', 'config.json'), 'utf8');
  expect(config).toContain('"layer_norm_eps": 1.0,');
  expect(config).toContain('"layerscale_value": 2.0');
  expect(config).toContain('"hidden_size": 8,');
});
