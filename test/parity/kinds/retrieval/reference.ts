/** Folders of the form of `retrieval` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { SCALES } from '../../../../src/evaluation/retrieval/multiScale.js';
import { float32, type NamedSpecs } from '../../../../src/program/program.js';
import { numberOrNan, parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';
import { type ReferenceVit, readVit, vitFileSchema } from '../vitFile.js';

const count = z.int().min(1);
const indices = z.array(z.int().min(0));
const numbers = z.array(numberOrNan);
const scoreSchema = z.object({
  mAP: z.number(),
  ap_per_query: numbers,
  mean_precision_at: numbers,
  precision_at_per_query: z.array(numbers),
});
const pair = z.tuple([count, count]);

const expectedSchema = z.object({
  config: z.object({
    dim: count,
    db: count,
    queries: count,
    vit: vitFileSchema.safeExtend({ images: z.record(z.string(), pair) }),
  }),
  gnd: z.array(z.object({ easy: indices, hard: indices, junk: indices })),
  ks: z.array(count),
  printed: z.array(z.string()).default([]),
  easy: scoreSchema,
  medium: scoreSchema,
  hard: scoreSchema,
  hand_made: z
    .array(z.object({ ranking: indices, ok: indices.min(1), junk: indices, ap: z.number(), precision_at: numbers }))
    .default([]),
  no_query_has_a_positive: z.string().optional(),
  multi_scale: z.record(z.string(), z.array(z.object({ scale: z.string(), pixels: pair, patches: pair }))),
});

/** Of a fact about the folder: how far apart its similarities are. */
const FACTS = ['smallest_gap_between_neighbouring_similarities', 'same_ranks_in_float64'];

export interface RetrievalReference {
  readonly expected: z.output<typeof expectedSchema>;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly vit: ReferenceVit;
  readonly leftOut: readonly string[];
}

/** The scale that the folder calls so, such as 0.7071 for 1 / sqrt 2. */
const scaleOf = (name: string): number | undefined => SCALES.find((scale) => Math.abs(scale - Number(name)) < 1e-4);

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readRetrieval(dir: string, file: string, json: unknown): RetrievalReference {
  const expected = parseExpected(expectedSchema, file, json);
  const { dim, db, queries, vit: vitConfig } = expected.config;
  const wrong = (key: string, what: string) => new Error(`${file} is wrong at ${key}: ${what}.`);
  if (expected.gnd.length !== queries) throw wrong('gnd', `it has ${expected.gnd.length} queries of ${queries}`);
  for (const [name, scales] of Object.entries(expected.multi_scale)) {
    const found = scales.map(({ scale }) => scaleOf(scale));
    if (found.join() !== SCALES.join()) throw wrong(`multi_scale.${name}`, 'the scales are not 1, 0.7071 and 0.5');
    if (vitConfig.images[name] === undefined) throw wrong(`config.vit.images.${name}`, 'it is missing');
  }
  const vit = readVit(dir, vitConfig);
  const [inputs, outputs] = ['inputs', 'outputs'].map((name) => new TensorFile(join(dir, `${name}.safetensors`))) as [
    TensorFile,
    TensorFile,
  ];
  const wanted: { inputs: NamedSpecs; outputs: NamedSpecs } = {
    inputs: { database: float32(db, dim), queries: float32(queries, dim) },
    outputs: { similarity: float32(db, queries), ranks: { shape: [db, queries], dtype: 'int32' } },
  };
  for (const [name, scales] of Object.entries(expected.multi_scale)) {
    const batch = inputs.get(`image_${name}`).shape[0] ?? 0;
    const { inChans, embedDim } = vit.spec;
    wanted.inputs = {
      ...wanted.inputs,
      [`image_${name}`]: float32(batch, inChans, ...(vitConfig.images[name] ?? [])),
    };
    const features = ['multi_scale', 'multi_scale_as_one_batch', ...scales.map(({ scale }) => `scale${scale}`)];
    wanted.outputs = {
      ...wanted.outputs,
      ...Object.fromEntries(features.map((feature) => [`${feature}_${name}`, float32(batch, embedDim)])),
      ...Object.fromEntries(
        scales.slice(1).map(({ scale, pixels }) => [`resized${scale}_${name}`, float32(1, inChans, ...pixels)]),
      ),
    };
  }
  inputs.require(wanted.inputs);
  outputs.require(wanted.outputs);
  const leftOut = [
    ...unknownKeys(json, [...Object.keys(expectedSchema.shape), ...FACTS]),
    ...Object.keys(inputs.tensors).filter((name) => wanted.inputs[name] === undefined),
    ...Object.keys(outputs.tensors).filter((name) => wanted.outputs[name] === undefined),
  ];
  return { expected, inputs, outputs, vit, leftOut };
}
