/** Folders of the form of `dinov2-step`, read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { vitOfDinov2 } from '../../../../src/method/backbones/vit/lineages.js';
import { type NetworkSpec, networkOf } from '../../../../src/method/network.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { originalHead } from '../../dinov2Steps.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';

const count = z.int().min(1);
const stepSchema = z.object({
  lr: z.number(),
  last_layer_lr: z.number(),
  weight_decay: z.number(),
  teacher_momentum: z.number(),
  teacher_temp: z.number(),
  clip_grad: z.number(),
  optimised_loss: z.number(),
  logged: z.record(z.string(), z.number()),
  gradient_norm_before_clipping: z.record(z.string(), z.number()),
  n_masked_patches: count,
});
const variantSchema = z.object({
  student: z.object({
    ffn_layer: z.enum(['mlp', 'swiglu', 'swiglufused']),
    block_chunks: z.int().min(0),
    num_register_tokens: z.int().min(0),
    interpolate_antialias: z.boolean(),
    interpolate_offset: z.number(),
  }),
  centering: z.enum(['centering', 'sinkhorn_knopp']),
  separate_head: z.boolean(),
  prototypes: count,
  ibot_prototypes: count,
  weights: z.object({ dino: z.number(), ibot: z.number(), koleo: z.number() }),
  layerwise_decay: z.number(),
  patch_embed_lr_mult: z.number(),
  steps: z.array(stepSchema).min(1),
  parameter_groups: z.record(
    z.string(),
    z.object({ lr_multiplier: z.number(), wd_multiplier: z.number(), is_last_layer: z.boolean() }),
  ),
});
const numbers = z.array(z.number());
const expectedSchema = z.object({
  config: z.object({
    dim: count,
    depth: count,
    heads: count,
    patch: count,
    img: count,
    local: count,
    local_crops: count,
    batch: count,
    head_hidden: count,
    head_bottleneck: count,
  }),
  variants: z.record(z.string(), variantSchema),
  schedules: z.object({
    settings: z.record(z.string(), z.number()),
    lr: numbers,
    weight_decay: numbers,
    teacher_momentum: numbers,
    teacher_temp: numbers,
    last_layer_lr: numbers,
  }),
});
type Expected = z.output<typeof expectedSchema>;

export interface Variant extends z.output<typeof variantSchema> {
  readonly name: string;
  readonly network: NetworkSpec;
  /** The original's name of one of our parameters. */
  readonly originalName: (parameter: string) => string;
  readonly initial: (parameter: string) => HostTensor;
  readonly gradient: (parameter: string) => HostTensor;
  readonly final: Readonly<Record<'student' | 'teacher', (parameter: string) => HostTensor>>;
  /** Seen by a step, or after the last one; only with centers. */
  readonly center: (of: 'dino' | 'ibot', when: string) => HostTensor;
}

export interface Folder {
  readonly config: Expected['config'];
  readonly schedules: Expected['schedules'];
  readonly inputs: TensorFile;
  readonly variants: readonly Variant[];
  readonly leftOut: readonly string[];
}

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readDinov2Step(dir: string, file: string, json: unknown): Folder {
  const { config, variants, schedules } = parseExpected(expectedSchema, file, json);
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const inputs = tensors('inputs');
  const files = {
    initial: tensors('initial'),
    gradients: tensors('gradients_step0'),
    student: tensors('student_final'),
    teacher: tensors('teacher_final'),
    centers: tensors('centers'),
  };
  const all = Object.entries(variants).map(([name, variant]): Variant => {
    const network = networkSpec(config, variant, inputs);
    const originalName = originalNames(config.depth, variant.student.block_chunks);
    const from = (file: TensorFile) => (parameter: string) => file.get(`${name}.${originalName(parameter)}`);
    for (const [parameter, spec] of Object.entries(networkOf(network).parameters))
      for (const file of [files.initial, files.student, files.teacher])
        file.require({ [`${name}.${originalName(parameter)}`]: spec });
    return {
      ...variant,
      name,
      network,
      originalName,
      initial: from(files.initial),
      gradient: from(files.gradients),
      final: { student: from(files.student), teacher: from(files.teacher) },
      center: (of, when) => files.centers.get(`${name}.${of}_${when}`),
    };
  });
  const known = new Set(
    all.flatMap(({ name, network, originalName }) =>
      Object.keys(networkOf(network).parameters).map((parameter) => `${name}.${originalName(parameter)}`),
    ),
  );
  const ofWeights = [files.initial, files.gradients, files.student, files.teacher];
  return {
    config,
    schedules,
    inputs,
    variants: all,
    leftOut: [
      ...unknownKeys(json, [...Object.keys(expectedSchema.shape), 'excluded']),
      ...ofWeights.flatMap((file) => Object.keys(file.tensors).filter((name) => !known.has(name))),
    ],
  };
}

function networkSpec(
  config: Expected['config'],
  variant: z.output<typeof variantSchema>,
  inputs: TensorFile,
): NetworkSpec {
  const { student } = variant;
  const sizes = {
    patchSize: config.patch,
    inChans: inputs.get('step0.global_crops').shape[1] ?? 0,
    imageSize: config.img,
    embedDim: config.dim,
    depth: config.depth,
    numHeads: config.heads,
  };
  const vit = vitOfDinov2(sizes, { registers: student.num_register_tokens, swiglu: student.ffn_layer !== 'mlp' });
  const head = (outDim: number) => ({
    inDim: config.dim,
    hiddenDim: config.head_hidden,
    bottleneckDim: config.head_bottleneck,
    outDim,
    normLastLayer: false,
    batchNorm: false,
  });
  return {
    backbone: {
      kind: 'vit',
      ...vit,
      positions: { antialias: student.interpolate_antialias, offset: student.interpolate_offset, ofCls: true },
    },
    head: head(variant.prototypes),
    ...(variant.separate_head && { patchHead: head(variant.ibot_prototypes) }),
  };
}

/** The block's number counts through all chunks. */
function originalNames(depth: number, chunks: number): (parameter: string) => string {
  const ofChunk = chunks > 0 ? Math.floor(depth / chunks) : 0;
  return (parameter) =>
    originalHead(parameter).replace(/^backbone\.blocks\.(\d+)/, (same, block) =>
      ofChunk === 0 ? same : `backbone.blocks.${Math.floor(Number(block) / ofChunk)}.${block}`,
    );
}
