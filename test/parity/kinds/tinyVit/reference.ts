/** Folders of the form of `tiny-vit` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import type { NetworkSpec } from '../../../../src/method/network.js';
import { networkOf } from '../../../../src/method/network.js';
import { float32, type NamedSpecs, type TensorSpec } from '../../../../src/program/program.js';
import { parseExpected } from '../../expected.js';
import { cropSpecs, stepsSchema } from '../../steps.js';
import { TensorFile } from '../../tensorFile.js';
import { vitConfigSchema, vitNetwork } from '../vitConfig.js';

const expectedSchema = z.object({
  config: vitConfigSchema.extend({ drop_path: z.number().min(0).lt(1).default(0) }),
  steps: stepsSchema,
  schedules: z.record(z.string(), z.array(z.number())),
  knn: z.record(z.string().regex(/^[1-9]\d*$/), z.object({ top1: z.number(), top5: z.number() })),
});

type Expected = z.output<typeof expectedSchema>;

export interface Reference {
  readonly dir: string;
  /** Path of `expected.json`. */
  readonly file: string;
  readonly expected: Expected;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly initial: TensorFile;
  readonly final: { readonly student: TensorFile; readonly teacher: TensorFile };
  readonly network: NetworkSpec;
  /** Tensors of `inputs` and `outputs` that no replay knows. */
  readonly leftOut: readonly string[];
}

/**
 * Reads a folder and makes sure that all is there that a replay needs.
 * @throws Error with one sentence that names the file, and in it the key or the tensor
 */
export function readTinyVit(dir: string, file: string, json: unknown): Reference {
  const expected = parseExpected(expectedSchema, file, json);
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const [inputs, outputs, initial] = [tensors('inputs'), tensors('outputs'), tensors('student_initial')];
  const final = { student: tensors('student_final'), teacher: tensors('teacher_final') };
  const reference = { dir, file, expected, inputs, outputs, initial, final };
  const network = networkSpecOf(reference);
  requireConfig(reference);
  const specs = { inputs: inputSpecs(reference, network), outputs: outputSpecs(reference, network) };
  inputs.require(specs.inputs);
  outputs.require(specs.outputs);
  const leftOut = (['inputs', 'outputs'] as const).flatMap((part) =>
    Object.keys(reference[part].tensors).filter((name) => specs[part][name] === undefined),
  );
  for (const weights of [initial, final.student, final.teacher]) weights.require(networkOf(network).parameters);
  return { ...reference, network, leftOut };
}

type Files = Omit<Reference, 'network' | 'leftOut'>;

const networkSpecOf = ({ expected: { config }, inputs, outputs }: Files): NetworkSpec =>
  vitNetwork(config, inputs.get('step0_crop0').shape[1] ?? 0, {
    normLastLayer: outputs.tensors['grad_step0.head.last_layer.weight_g'] === undefined,
    batchNorm: false,
  });

function requireConfig({ expected: { config, knn }, file, inputs }: Files): void {
  const wrong = (where: string, what: string) => new Error(`${file} is wrong at ${where}: ${what}.`);
  const { dim, heads, patch, img, local } = config;
  if (dim % heads !== 0) throw wrong('config.heads', `the width ${dim} is no multiple of ${heads}`);
  for (const [key, side] of Object.entries({ img, local }))
    if (side < patch) throw wrong(`config.${key}`, `${side} pixels are less than a patch of ${patch}`);
  const images = inputs.get('knn_train').shape[0] ?? 0;
  const k = Object.keys(knn).find((k) => Number(k) > images);
  if (k !== undefined) throw wrong(`knn.${k}`, `there are only ${images} training images`);
}

function inputSpecs({ expected: { config, steps }, inputs }: Files, { backbone }: NetworkSpec): NamedSpecs {
  const { batch, ncrops, depth, drop_path } = config;
  const specs: Record<string, TensorSpec> = cropSpecs(steps, config, backbone.inChans);
  if (drop_path > 0) {
    for (const step of steps.keys()) specs[`step${step}_drop_path`] = float32(depth, 2, ncrops * batch);
  }
  const dim = inputs.get('knn_train').shape[1] ?? 0;
  for (const set of ['knn_train', 'knn_test']) {
    const rows = inputs.get(set).shape[0] ?? 0;
    specs[set] = float32(rows, dim);
    specs[`${set}_labels`] = { shape: [rows], dtype: 'int32' };
  }
  for (const { key, shape } of imagesOf(inputs)) specs[key] = float32(shape[0], backbone.inChans, shape[2], shape[3]);
  return specs;
}

function outputSpecs({ expected: { config }, inputs, outputs }: Files, network: NetworkSpec): NamedSpecs {
  const { dim, heads, patch, k } = config;
  const specs: Record<string, TensorSpec> = { center: float32(1, k) };
  for (const { name, shape } of imagesOf(inputs)) {
    const [batch, , height, width] = shape;
    const tokens = 1 + Math.floor(height / patch) * Math.floor(width / patch);
    specs[`cls_${name}`] = float32(batch, dim);
    specs[`attention_${name}`] = float32(batch, heads, tokens, tokens);
    if (outputs.tensors[`logits_${name}`]) specs[`logits_${name}`] = float32(batch, k);
    for (let layer = 0; layer < layersOf(outputs, name); layer++)
      specs[`intermediate_${name}_${layer}`] = float32(batch, tokens, dim);
    if (name !== 'native') continue;
    for (const { key } of masksOf(outputs))
      specs[key] = { shape: [heads, Math.floor(height / patch), Math.floor(width / patch)], dtype: 'int32' };
  }
  for (const [name, spec] of Object.entries(networkOf(network).trained)) specs[`grad_step0.${name}`] = spec;
  return specs;
}

type ImagesShape = readonly [batch: number, channels: number, height: number, width: number];

/** The images `image_<name>` [batch, channels, height, width] whose features and attention are known. */
export function imagesOf({ tensors, path }: TensorFile): { key: string; name: string; shape: ImagesShape }[] {
  return Object.entries(tensors).flatMap(([key, { shape }]) => {
    const name = /^image_(.+)$/.exec(key)?.[1];
    if (name === undefined) return [];
    if (shape.length !== 4) throw new Error(`${path}: ${key} has ${shape.length} dimensions, but 4 are needed.`);
    return [{ key, name, shape: shape as ImagesShape }];
  });
}

/** How many of the last blocks' outputs are known for these images. */
export const layersOf = ({ tensors }: TensorFile, name: string): number =>
  Object.keys(tensors).filter(
    (key) => key.startsWith(`intermediate_${name}_`) && /^\d+$/.test(key.slice(`intermediate_${name}_`.length)),
  ).length;

/** The masks `mask_keep<share>` of the first native image. */
export const masksOf = ({ tensors }: TensorFile): { key: string; share: number }[] =>
  Object.keys(tensors).flatMap((key) => {
    const share = /^mask_keep([\d.]+)$/.exec(key)?.[1];
    return share === undefined ? [] : [{ key, share: Number(share) }];
  });
