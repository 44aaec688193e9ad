/** Folders of the form of `dinov2-distill`, read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { vitOfDinov2 } from '../../../../src/method/backbones/vit/lineages.js';
import { type NetworkSpec, networkOf } from '../../../../src/method/network.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { originalHead } from '../../dinov2Steps.js';
import { parseExpected, unknownKeys } from '../../expected.js';
import { TensorFile } from '../../tensorFile.js';

const count = z.int().min(1);
const networkSchema = z.object({
  dim: count,
  depth: count,
  heads: count,
  hidden: count,
  bottleneck: count,
  ffn: z.enum(['mlp', 'swiglu', 'swiglufused']),
});
const stepSchema = z.object({
  lr: z.number(),
  weight_decay: z.number(),
  ema_momentum: z.number(),
  teacher_temp: z.number(),
  clip_grad: z.number(),
  loss: z.number(),
  terms: z.object({
    dino_local_crops_loss: z.number(),
    dino_local_loss_weight: z.literal(1),
    dino_global_crops_loss: z.number(),
    koleo_loss: z.number(),
    ibot_loss: z.number(),
  }),
  gradient_norm_before_clipping: z.record(z.string(), z.number()),
  n_masked_patches: count,
});
const expectedSchema = z.object({
  config: z.object({
    patch: count,
    img: count,
    local: count,
    local_crops: count,
    batch: count,
    prototypes: count,
    ibot_prototypes: count,
    student: networkSchema,
    teacher: networkSchema,
    layerwise_decay: z.number(),
    patch_embed_lr_mult: z.number(),
    weights: z.object({ dino: z.number(), ibot: z.number(), koleo: z.number() }),
  }),
  steps: z.array(stepSchema).min(1),
});
type Expected = z.output<typeof expectedSchema>;

type File = 'student_initial' | 'gradients_step0' | 'student_final' | 'ema_final' | 'teacher';

export interface Folder extends Expected {
  readonly inputs: TensorFile;
  readonly student: NetworkSpec;
  readonly teacher: NetworkSpec;
  /** A tensor by our name of the parameter. */
  get(file: File, parameter: string): HostTensor;
  readonly leftOut: readonly string[];
}

/** The original's student has one that takes no part in anything. */
export const MASK_TOKEN = 'backbone.mask_token';

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readDinov2Distill(dir: string, file: string, json: unknown): Folder {
  const expected = parseExpected(expectedSchema, file, json);
  const { config } = expected;
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const inputs = tensors('inputs');
  const files: Readonly<Record<File, TensorFile>> = {
    student_initial: tensors('student_initial'),
    gradients_step0: tensors('gradients_step0'),
    student_final: tensors('student_final'),
    ema_final: tensors('ema_final'),
    teacher: tensors('teacher'),
  };
  const channels = inputs.get('step0.global_crops').shape[1] ?? 0;
  const [student, teacher] = [networkSpec(config, 'student', channels), networkSpec(config, 'teacher', channels)];
  const leftOut = Object.entries(files).flatMap(([name, each]) => {
    const { parameters } = networkOf(name === 'teacher' ? teacher : student);
    each.require(Object.fromEntries(Object.entries(parameters).map(([key, spec]) => [originalHead(key), spec])));
    const known = new Set([...Object.keys(parameters), MASK_TOKEN].map(originalHead));
    return Object.keys(each.tensors).filter((key) => !known.has(key));
  });
  return {
    ...expected,
    inputs,
    student,
    teacher,
    get: (name, parameter) => files[name].get(originalHead(parameter)),
    leftOut: [...unknownKeys(json, [...Object.keys(expectedSchema.shape), 'excluded']), ...leftOut],
  };
}

function networkSpec(config: Expected['config'], of: 'student' | 'teacher', inChans: number): NetworkSpec {
  const { dim, depth, heads, hidden, bottleneck, ffn } = config[of];
  const sizes = {
    patchSize: config.patch,
    inChans,
    imageSize: config.img,
    embedDim: dim,
    depth,
    numHeads: heads,
  };
  const head = (outDim: number) => ({
    inDim: dim,
    hiddenDim: hidden,
    bottleneckDim: bottleneck,
    outDim,
    normLastLayer: false,
    batchNorm: false,
  });
  return {
    backbone: { kind: 'vit', ...vitOfDinov2(sizes, { swiglu: ffn !== 'mlp' }), maskToken: false },
    head: head(config.prototypes),
    patchHead: head(config.ibot_prototypes),
  };
}
