/** Folders of the form of `video` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { float32, type NamedSpecs } from '../../../../src/program/program.js';
import { numberOrNan, parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';
import { type ReferenceVit, readVit, vitFileSchema } from '../vitFile.js';

const count = z.int().min(1);
const numbers = z.array(numberOrNan);
const pair = z.tuple([count, count]);

const runSchema = z.object({
  n_last_frames: z.int().min(0),
  size_mask_neighborhood: z.int().min(0),
  topk: count,
  original_height: count,
  original_width: count,
});
const scoreSchema = z.object({ J: z.number(), F: z.number() });
const measureSchema = z.object({
  mean_per_object: numbers,
  recall_per_object: numbers,
  decay_per_object: numbers,
  mean: z.number(),
  recall: z.number(),
  decay: z.number(),
  order: z.array(z.string()),
});
const expectedSchema = z.object({
  config: z.object({
    h: count,
    w: count,
    frames: z.int().min(2),
    labels: count,
    dim: count,
    patch: count,
    vit: vitFileSchema.safeExtend({ hw: pair }),
  }),
  runs: z.record(z.string(), runSchema).refine((runs) => runs['vit'] !== undefined, 'it has no run vit'),
  read: z.record(
    z.string(),
    z.object({
      short_side: count,
      patch: count,
      frame_size: pair,
      segmentation_shape: z.tuple([z.literal(1), count, count, count]),
    }),
  ),
  single: z.array(
    scoreSchema.extend({
      bound_th: z.number().positive(),
      boundary_radius: count,
      J_void: z.number(),
      F_void: z.number(),
    }),
  ),
  empty: z.object({ both: scoreSchema, truth: scoreSchema, mask: scoreSchema }),
  sequences: z.record(
    z.string(),
    z.object({ J_per_object_and_frame: z.array(numbers), F_per_object_and_frame: z.array(numbers) }),
  ),
  davis: z.object({ J: measureSchema, F: measureSchema, J_and_F_mean: z.number() }),
  statistics: z.object({ values: numbers.min(1), mean_recall_decay: z.tuple([z.number(), z.number(), z.number()]) }),
});

/** Of how safe the masks are. */
const FACTS = ['pixels_that_differ_in_float64'];

export type VideoRun = z.output<typeof runSchema>;

export interface VideoReference {
  readonly expected: z.output<typeof expectedSchema>;
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  readonly vit: ReferenceVit;
  readonly leftOut: readonly string[];
}

const bytes = (...shape: number[]) => ({ shape, dtype: 'int32' }) as const;

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readVideo(dir: string, file: string, json: unknown): VideoReference {
  const expected = parseExpected(expectedSchema, file, json);
  const { h, w, frames, labels, dim, vit: vitConfig } = expected.config;
  const vit = readVit(dir, vitConfig);
  const inputs = new TensorFile(join(dir, 'inputs.safetensors'));
  const outputs = new TensorFile(join(dir, 'outputs.safetensors'));
  const [height, width] = vitConfig.hw;
  const grid = [height, width].map((side) => Math.floor(side / vit.spec.patchSize));
  const vitFrames = inputs.get('vit_frames').shape[0] ?? 0;
  const vitLabels = outputs.get('soft_vit').shape[1] ?? 0;
  const shapeOf = (name: string) => inputs.get(name).shape;
  const channels = vit.spec.inChans;
  const given: NamedSpecs = {
    tokens: float32(frames, h * w, dim),
    first_labels: bytes(h, w),
    first_segmentation: float32(1, labels, h, w),
    norm_mask_in: float32(...shapeOf('norm_mask_in')),
    vit_frames: float32(vitFrames, channels, height, width),
    vit_first_labels: bytes(...grid),
  };
  const wanted: NamedSpecs = {
    neighborhood: bytes(h * w, h * w),
    norm_mask_out: float32(...shapeOf('norm_mask_in')),
    vit_tokens: float32(
      vitFrames,
      grid.reduce((a, b) => a * b, 1),
      vit.spec.embedDim,
    ),
  };
  const specs = { inputs: { ...given }, outputs: { ...wanted } };
  for (const [name, { original_height, original_width }] of Object.entries(expected.runs)) {
    const [made, soft] =
      name === 'vit'
        ? [vitFrames, float32(vitFrames - 1, vitLabels, ...grid)]
        : [frames, float32(frames - 1, labels, h, w)];
    specs.outputs = {
      ...specs.outputs,
      [`soft_${name}`]: soft,
      [`mask_${name}`]: bytes(made - 1, original_height, original_width),
    };
  }
  for (const [name, { frame_size, segmentation_shape }] of Object.entries(expected.read)) {
    const [high = 0, wide = 0] = shapeOf(`annotation_${name}`);
    specs.inputs = {
      ...specs.inputs,
      [`frame_pixels_${name}`]: bytes(high, wide, 3),
      [`annotation_${name}`]: bytes(high, wide),
    };
    specs.outputs = {
      ...specs.outputs,
      [`frame_${name}`]: float32(3, ...frame_size),
      [`segmentation_${name}`]: bytes(...segmentation_shape.slice(2)),
    };
  }
  for (const index of expected.single.keys()) {
    const shape = shapeOf(`single${index}_mask`);
    const parts = ['mask', 'truth', 'void'].map((part) => [`single${index}_${part}`, bytes(...shape)]);
    specs.inputs = { ...specs.inputs, ...Object.fromEntries(parts) };
  }
  for (const name of Object.keys(expected.sequences)) {
    const shape = shapeOf(`sequence_${name}_truth`);
    const parts = ['masks', 'truth'].map((part) => [`sequence_${name}_${part}`, bytes(...shape)]);
    specs.inputs = { ...specs.inputs, ...Object.fromEntries(parts) };
  }
  inputs.require(specs.inputs);
  outputs.require(specs.outputs);
  const leftOut = [
    ...unknownKeys(json, [...Object.keys(expectedSchema.shape), ...FACTS]),
    ...Object.keys(inputs.tensors).filter((name) => specs.inputs[name] === undefined),
    ...Object.keys(outputs.tensors).filter((name) => specs.outputs[name] === undefined),
  ];
  return { expected, inputs, outputs, vit, leftOut };
}
