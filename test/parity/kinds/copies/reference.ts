/** Folders of the form of `copies` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import type { FeatureMatrix } from '../../../../src/evaluation/knn.js';
import { float32, type NamedSpecs } from '../../../../src/program/program.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';
import { type ReferenceVit, readVit, vitFileSchema } from '../vitFile.js';

const count = z.int().min(1);
const numbers = z.array(z.number());
const names = z.array(z.string());

const runSchema = z.object({
  printed: names,
  mAP: z.record(z.string(), z.number()),
  ap_per_query: z.record(z.string(), numbers),
});
const expectedSchema = z.object({
  config: z.object({
    dim: count,
    vit: vitFileSchema.safeExtend({ sizes: z.record(z.string(), count) }),
    blocks: names.min(1),
  }),
  names: z.object({ original: names, strong: names }),
  runs: z.object({ plain: runSchema, whitened: runSchema, whitened_few: runSchema }),
  reduced: z.object({ dim: count, printed: z.string() }),
  eigenvalues_of_second_moment: numbers.optional(),
  hand_made: z.array(z.object({ ranks: z.array(z.int().min(0)), positives: count, ap: z.number() })).default([]),
  no_positive: z.string().optional(),
});

/** What the folder says of its own noise. */
const FACTS = ['same_top20_in_float64', 'same_mAP_in_float64'];

export const RUNS = ['plain', 'whitened', 'whitened_few'] as const;
export type Run = (typeof RUNS)[number];

export interface CopiesReference {
  readonly expected: z.output<typeof expectedSchema>;
  /** Names of the images. */
  readonly images: readonly string[];
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly vit: ReferenceVit;
  readonly leftOut: readonly string[];
  readonly arbitrary: readonly string[];
}

export const blockTensor = (block: string): string => `query_${block.replaceAll('/', '_')}`;

export function matrixOf(file: TensorFile, name: string): FeatureMatrix {
  const { shape, data } = file.get(name);
  return { rows: shape[0] ?? 0, dim: shape[1] ?? 0, data: Float32Array.from(data) };
}

/** Rows of several matrices below each other. */
export const stacked = (matrices: readonly FeatureMatrix[]): FeatureMatrix => ({
  rows: matrices.reduce((sum, { rows }) => sum + rows, 0),
  dim: matrices[0]?.dim ?? 0,
  data: Float32Array.from(matrices.flatMap(({ data }) => [...data])),
});

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readCopies(dir: string, file: string, json: unknown): CopiesReference {
  const expected = parseExpected(expectedSchema, file, json);
  const { dim, vit: vitConfig, blocks } = expected.config;
  const vit = readVit(dir, vitConfig);
  const inputs = new TensorFile(join(dir, 'inputs.safetensors'));
  const outputs = new TensorFile(join(dir, 'outputs.safetensors'));
  const images = Object.keys(vitConfig.sizes);
  const rowsOf = (name: string) => inputs.get(name).shape[0] ?? 0;
  const given = [...blocks.map(blockTensor), 'database_original', 'database_distractors', 'whitening', 'few_whitening'];
  const queries = blocks.reduce((sum, block) => sum + rowsOf(blockTensor(block)), 0);
  const database = rowsOf('database_original') + rowsOf('database_distractors');
  const { inChans, embedDim } = vit.spec;
  const wantedInputs: NamedSpecs = {
    ...Object.fromEntries(given.map((name) => [name, float32(rowsOf(name), dim)])),
    ...Object.fromEntries(
      images.flatMap((name) => {
        const [batch, side] = [rowsOf(`image_${name}`), vitConfig.sizes[name] ?? 0];
        return [
          [`pixels_${name}`, { shape: [batch, side, side, inChans], dtype: 'int32' }],
          [`image_${name}`, float32(batch, inChans, side, side)],
        ];
      }),
    ),
  };
  const wantedOutputs: NamedSpecs = {
    ...Object.fromEntries(images.map((name) => [`descriptor_${name}`, float32(rowsOf(`image_${name}`), 2 * embedDim)])),
    ...Object.fromEntries([...RUNS, 'reduced'].map((run) => [`similarity_${run}`, float32(queries, database)])),
    ...Object.fromEntries(RUNS.map((run) => [`top20_${run}`, { shape: [queries, 20], dtype: 'int32' }])),
    ...Object.fromEntries(RUNS.slice(1).map((run) => [`mean_${run}`, float32(dim)])),
    ...Object.fromEntries(RUNS.slice(1).map((run) => [`second_moment_${run}`, float32(dim, dim)])),
  };
  inputs.require(wantedInputs);
  outputs.require(wantedOutputs);
  const unknown = Object.keys(outputs.tensors).filter((name) => wantedOutputs[name] === undefined);
  const isOperator = (name: string) => /^operator_/.test(name);
  const leftOut = [
    ...unknownKeys(json, [...Object.keys(expectedSchema.shape), ...FACTS]),
    ...Object.keys(inputs.tensors).filter((name) => wantedInputs[name] === undefined),
    ...unknown.filter((name) => !isOperator(name)),
  ];
  const why = 'the signs of eigenvectors are arbitrary; similarities are compared in its place';
  return {
    expected,
    images,
    inputs,
    outputs,
    vit,
    leftOut,
    arbitrary: unknown.filter(isOperator).map((name) => `${name}: ${why}`),
  };
}
