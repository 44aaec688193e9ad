/**
 * Tries one of ONNX Runtime's execution providers before it is trusted with a run: does a training step come out as on the
 * processor, and is it faster? In processes of their own, since a driver that does not suit takes its process down.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { onnxNames } from '../compile/onnx/emit.js';
import { errorMessage } from '../errors/errorMessage.js';
import { vitOfDino } from '../method/backbones/vit/lineages.js';
import type { NamedHostTensors } from '../program/program.js';
import type { Provider } from './engine.js';
import { compileToOnnx } from './onnxModel.js';
import { runProgram } from './runProgram.js';
import { type SampleSize, type SampleStep, SMALL_SAMPLE, sampleStep } from './sampleStep.js';

export type Verdict =
  | {
      readonly kind: 'right';
      /** Of the largest difference of a result: norm of the difference over the norm. */
      readonly difference: number;
      /** Milliseconds of a step of a middling network, by the provider and by the processor. */
      readonly milliseconds: number;
      readonly cpuMilliseconds: number;
    }
  /** It cannot run, or computes something else; why, in words for the middle of a sentence. */
  | { readonly kind: 'wrong'; readonly reason: string };

export interface Trial {
  /** What is compared. */
  readonly compared: SampleSize;
  /** What is timed: large enough that a GPU has something to do. */
  readonly timed: SampleSize;
  /** Path of the module onnxruntime-node. */
  readonly runtime: string;
  readonly limitMs: number;
}

/** ViT-S/16 of two blocks. */
const MIDDLING: SampleSize = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 16, inChans: 3, imageSize: 224, embedDim: 384, depth: 2, numHeads: 6 }),
    },
    head: { inDim: 384, hiddenDim: 512, bottleneckDim: 128, outDim: 4096, normLastLayer: true, batchNorm: false },
  },
  batchSize: 4,
  localCropsNumber: 2,
  localSize: 96,
};

/** GPUs add up in another order and may multiply in TensorFloat-32, with 10 bits after the point. */
const TOLERANCE = 2e-2;

/**
 * Reads `feeds.json` and `feeds.bin` of a folder, runs `model.onnx` there once and writes what came of it to `results.bin`; then
 * again to time it, unless once took so long that the answer is known.
 */
const RUN_MODEL = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const { InferenceSession, Tensor } = require(process.argv[1]);
  const [folder, provider] = process.argv.slice(2);
  (async () => {
    const bytes = readFileSync(folder + '/feeds.bin');
    const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const feeds = {};
    for (const { name, shape, start, end } of JSON.parse(readFileSync(folder + '/feeds.json', 'utf8')))
      feeds[name] = new Tensor('float32', floats.slice(start, end), shape);
    const options = { executionProviders: [provider], enableMemPattern: false, logSeverityLevel: 3 };
    const session = await InferenceSession.create(folder + '/model.onnx', options);
    const timed = async () => {
      const begun = performance.now();
      const results = await session.run(feeds);
      return { results, milliseconds: performance.now() - begun };
    };
    let { results, milliseconds } = await timed();
    const all = session.outputNames.map((name) => Buffer.from(results[name].data.buffer, results[name].data.byteOffset, results[name].data.byteLength));
    writeFileSync(folder + '/results-' + provider + '.bin', Buffer.concat(all));
    if (milliseconds < 5000) for (let i = 0; i < 4; i++) milliseconds = Math.min(milliseconds, (await timed()).milliseconds);
    const outputs = session.outputNames.map((name) => ({ name, size: results[name].data.length }));
    console.log(JSON.stringify({ milliseconds, outputs }));
    process.exit(0);
  })().catch((error) => { console.error('ERROR ' + error.message.split('\\n')[0]); process.exit(1); });
`;

const answerSchema = z.object({
  milliseconds: z.number(),
  outputs: z.array(z.object({ name: z.string(), size: z.number() })),
});

/** Takes some seconds where the provider works, and ends early where it does not. Never throws for the provider's faults. */
export async function tryProvider(provider: Provider, options: Partial<Trial> = {}): Promise<Verdict> {
  const { compared = SMALL_SAMPLE, timed = MIDDLING, limitMs = 120_000 } = options;
  const runtime = options.runtime ?? createRequire(import.meta.url).resolve('onnxruntime-node');
  const folder = await mkdtemp(path.join(tmpdir(), 'dino-provider-'));
  const run = (by: Provider) => runIn(folder, by, { runtime, limitMs });
  try {
    await writeModel(folder, sampleStep(compared, { gradients: true }));
    const results = await run(provider);
    const { difference, name } = furthest(results, await run('cpu'));
    if (difference > TOLERANCE) {
      return {
        kind: 'wrong',
        reason: `it computes something else (${name} is off by ${(100 * difference).toFixed(1)} %)`,
      };
    }
    await writeModel(folder, sampleStep(timed));
    const { milliseconds } = await run(provider);
    return { kind: 'right', difference, milliseconds, cpuMilliseconds: (await run('cpu')).milliseconds };
  } catch (error) {
    return { kind: 'wrong', reason: errorMessage(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeModel(folder: string, { program, state, inputs }: SampleStep): Promise<void> {
  const { model } = await compileToOnnx(program);
  const feeds: { name: string; shape: readonly number[]; start: number; end: number }[] = [];
  const data: Float32Array[] = [];
  let end = 0;
  const feed = (tensors: NamedHostTensors, title: (name: string) => string): void => {
    for (const [name, tensor] of Object.entries(tensors)) {
      const start = end;
      end += tensor.data.length;
      feeds.push({ name: title(name), shape: tensor.shape, start, end });
      data.push(Float32Array.from(tensor.data));
    }
  };
  feed(state, onnxNames.state);
  feed(inputs(1), onnxNames.input);
  await writeFile(path.join(folder, 'model.onnx'), model);
  await writeFile(path.join(folder, 'feeds.json'), JSON.stringify(feeds));
  await writeFile(path.join(folder, 'feeds.bin'), Buffer.concat(data.map(({ buffer }) => new Uint8Array(buffer))));
}

interface Results {
  readonly milliseconds: number;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** @throws Error with words for the middle of a sentence */
async function runIn(
  folder: string,
  provider: Provider,
  { runtime, limitMs }: Pick<Trial, 'runtime' | 'limitMs'>,
): Promise<Results> {
  const limit = AbortSignal.timeout(limitMs);
  const { exitCode, lines } = await runProgram(process.execPath, ['-e', RUN_MODEL, runtime, folder, provider], {
    signal: limit,
    env: { NODE_OPTIONS: '' },
  }).catch((error: unknown) => {
    if (limit.aborted) throw new Error(`it came to no end within ${limitMs / 1000} s`);
    throw error;
  });
  const answer = lines.findLast((line) => line.startsWith('{"milliseconds"'));
  if (exitCode !== 0 || answer === undefined) throw new Error(wordsOf(lines) ?? `it ended with exit code ${exitCode}`);
  const { milliseconds, outputs } = answerSchema.parse(JSON.parse(answer));
  const bytes = await readFile(path.join(folder, `results-${provider}.bin`));
  const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let end = 0;
  const values = new Map(
    outputs.map(({ name, size }) => {
      end += size;
      return [name, floats.subarray(end - size, end)];
    }),
  );
  return { milliseconds, values };
}

/** What a process that failed said of it: the runtime's own sentence, without where in its sources that was. */
function wordsOf(lines: readonly string[]): string | undefined {
  // The error that follows says only that there is no GPU.
  const unloaded = lines.map((line) => /Couldn't load Vulkan: (lib[\w.]+)/.exec(line)?.[1]).find(Boolean);
  if (unloaded !== undefined) return `the library ${unloaded}, which finds Vulkan's drivers, cannot be loaded`;
  const error = lines.findLast((line) => line.startsWith('ERROR '))?.slice('ERROR '.length);
  if (error !== undefined) return error.replace(/^.* was false\. /, '').replace(/\.$/, '');
  const end = lines.findLast((line) => line.startsWith('ended by '));
  return end === undefined ? undefined : `its process was ${end}`;
}

/** What is handed on are gradients and their squared norms, and the mean that becomes a center, which is far above the floor. */
const OF_GRADIENT = /^(output\/gradient\.|handed on\/)/;

/** The result that differs most, by norm. A gradient that is but rounding, as the gradient of the keys' biases, counts by what others are. */
function furthest(a: Results, b: Results): { readonly name: string; readonly difference: number } {
  let worst = { name: 'nothing', difference: 0 };
  const floor = 1e-4 * norm(b.values.get(onnxNames.output('grad_norm')) ?? Float32Array.of(1));
  for (const [name, expected] of b.values) {
    const actual = a.values.get(name) ?? new Float32Array(expected.length).fill(Number.NaN);
    const apart = norm(actual.map((value, i) => value - (expected[i] as number)));
    if (apart === 0) continue;
    const ratio = apart / Math.max(norm(expected), OF_GRADIENT.test(name) ? floor : 0);
    const difference = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
    if (difference > worst.difference) worst = { name, difference };
  }
  return worst;
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
