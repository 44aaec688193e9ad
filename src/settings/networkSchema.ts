/** Networks as files have them: records of imports, and the settings of a run that has a teacher. */
import { z } from 'zod';
import type { BackboneSpec } from '../method/backbones/index.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';

const count = z.int().min(1);
const images = { inChans: count, imageSize: count };
export const backboneSchema: z.ZodType<BackboneSpec> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('vit'),
    ...images,
    patchSize: count,
    embedDim: count,
    depth: count,
    numHeads: count,
    registers: z.int().min(0),
    layerScale: z.boolean(),
    mlp: z.object({ kind: z.enum(['gelu', 'swiglu']), hiddenDim: count }),
    qkvBias: z.boolean(),
    projBias: z.boolean(),
    mlpBias: z.boolean(),
    maskToken: z.boolean(),
    normEps: z.number().positive(),
    positions: z.object({ antialias: z.boolean(), offset: z.number(), ofCls: z.boolean() }),
    start: z.object({ tokens: z.number(), layerScale: z.number() }),
  }),
  z.object({
    kind: z.literal('resnet'),
    ...images,
    block: z.enum(['basic', 'bottleneck']),
    layers: z.tuple([count, count, count, count]),
    width: count,
  }),
]);
export const headSchema: z.ZodType<HeadSpec> = z.object({
  inDim: count,
  hiddenDim: count,
  bottleneckDim: count,
  outDim: count,
  normLastLayer: z.boolean(),
  batchNorm: z.boolean(),
});

export interface TeacherNetwork {
  readonly backbone: BackboneSpec;
  readonly head: HeadSpec;
  /** Null: patches go through `head`. */
  readonly patchHead: HeadSpec | null;
}

export const teacherNetworkSchema: z.ZodType<TeacherNetwork> = z.object(
  { backbone: backboneSchema, head: headSchema, patchHead: headSchema.nullable() },
  { error: () => 'a network with its heads' },
);
