/** A folder of the form of `weights`: tiny models as each library saves them, and what each library computes from them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TensorFile } from '../../tensorFile.js';

const count = z.int().min(1);
const vitSchema = z.object({
  family: z.enum(['dino', 'dinov2', 'timm', 'transformers']),
  dim: count,
  depth: count,
  heads: count,
  patch: count,
  image: count,
  eps: z.number().positive(),
  registers: z.int().min(0).default(0),
  ffn: z.enum(['mlp', 'swiglu', 'swiglu, packed']).default('mlp'),
  qkv_bias: z.boolean().default(true),
  position_has_cls: z.boolean().default(true),
});
const resnetSchema = z.object({
  family: z.literal('dino resnet'),
  block: z.enum(['basic', 'bottleneck']),
  layers: z.tuple([count, count, count, count]),
  width: count,
});
/** `key`: the network within the file. */
const files = z.object({ files: z.array(z.string()).min(1), key: z.string().optional() });
const modelSchema = z.intersection(files, z.discriminatedUnion('family', [vitSchema, resnetSchema]));

const expectedSchema = z.object({
  models: z.record(z.string(), modelSchema),
  hostile: z
    .array(
      z.object({
        file: z.string(),
        why: z.string(),
        globals: z.array(z.string()),
        marker: z.string().optional(),
      }),
    )
    .default([]),
});

export type Model = z.output<typeof modelSchema>;
export type Hostile = z.output<typeof expectedSchema>['hostile'][number];

export interface WeightsFolder {
  readonly dir: string;
  readonly models: Readonly<Record<string, Model>>;
  /** Files that must be refused, where the folder has them. */
  readonly hostile: readonly Hostile[];
  readonly inputs: TensorFile;
  readonly outputs: TensorFile;
  /** Names of the images, without `image_`. */
  readonly images: readonly string[];
}

export function readFolder(dir: string, file: string, json: unknown): WeightsFolder {
  const parsed = expectedSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file} is wrong at ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const { models, hostile } = parsed.data;
  for (const { files } of Object.values(models)) for (const name of files) requireFile(join(dir, name));
  const hasHostile = existsSync(join(dir, 'hostile'));
  if (hasHostile) for (const { file } of hostile) requireFile(join(dir, 'hostile', file));
  const inputs = new TensorFile(join(dir, 'inputs.safetensors'));
  const images = Object.keys(inputs.tensors).flatMap((name) => /^image_(.+)$/.exec(name)?.[1] ?? []);
  const outputs = new TensorFile(join(dir, 'outputs.safetensors'));
  return { dir, models, hostile: hasHostile ? hostile : [], inputs, outputs, images };
}

function requireFile(path: string): void {
  if (!existsSync(path)) throw new Error(`${path} cannot be read: it does not exist.`);
}

/** Of a model's values for an image, those that the folder has. */
export const OUTPUTS = ['cls', 'patches', 'registers', 'attention', 'position', 'features'] as const;
