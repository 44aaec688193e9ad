/** Folders of the form of `dinov2-vit` (see test/reference/README.md), read and checked before anything is replayed. */
import { join } from 'node:path';
import { z } from 'zod';
import { vitOfDinov2 } from '../../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../../src/method/backbones/vit/parameters.js';
import { patchesPerSide, type VitSpec } from '../../../../src/method/backbones/vit/spec.js';
import type { HostTensor, NamedHostTensors } from '../../../../src/program/program.js';
import { TensorFile } from '../../tensorFile.js';

const count = z.int().min(1);
const caseSchema = z.object({
  patch_size: count,
  img_size: count,
  embed_dim: count,
  depth: count,
  num_heads: count,
  /** Absent: the weights say whether there is LayerScale. */
  init_values: z.number().nullable().optional(),
  ffn_layer: z.enum(['mlp', 'swiglu', 'swiglufused']).default('mlp'),
  ffn_hidden: count.optional(),
  num_register_tokens: z.int().min(0).default(0),
  interpolate_offset: z.number().min(0).default(0.1),
  interpolate_antialias: z.boolean().default(false),
  block_chunks: z.int().min(0).default(0),
  qkv_bias: z.boolean().default(true),
  proj_bias: z.boolean().default(true),
  ffn_bias: z.boolean().default(true),
  drop_path_rate: z.number().min(0).lt(1).default(0),
});
const expectedSchema = z.object({ cases: z.record(z.string().regex(/^[^.]+$/), caseSchema) });
type CaseConfig = z.output<typeof caseSchema>;

export interface Case {
  readonly name: string;
  readonly vit: VitSpec;
  /** `backbone.*` */
  readonly weights: NamedHostTensors;
  /** Weights of the folder that the network has no part for. */
  readonly unused: readonly string[];
  /** By name: the images of its patch size; of a case with drop path its own, by the empty name. */
  readonly images: NamedHostTensors;
  /** Of the images `native`. */
  readonly masks?: HostTensor;
  /** [block, branch, kept sample]: the samples that each branch is computed for. */
  readonly kept?: HostTensor;
  readonly cotangents: NamedHostTensors;
  /** What is known, by its name behind the case's. */
  readonly asked: readonly string[];
  readonly outputs: NamedHostTensors;
  /** The parameters whose gradients are known. */
  readonly gradients: readonly string[];
  readonly ofGradients: NamedHostTensors;
}

export interface Reference {
  readonly cases: readonly Case[];
  /** Tensors that no replay knows. */
  readonly leftOut: readonly string[];
}

/** @throws Error with one sentence that names the file, and in it the key or the tensor */
export function readDinov2Vit(dir: string, file: string, json: unknown): Reference {
  const parsed = expectedSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file} is wrong at ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const tensors = (name: string) => new TensorFile(join(dir, `${name}.safetensors`));
  const files = {
    weights: tensors('weights'),
    inputs: tensors('inputs'),
    outputs: tensors('outputs'),
    gradients: tensors('gradients'),
  };
  const cases = Object.entries(parsed.data.cases).map(([name, config]) => caseOf(name, config, files, file));
  const known = new Set(cases.flatMap(({ name, asked }) => asked.map((quantity) => `${name}.${quantity}`)));
  const names = new Set(cases.map(({ name }) => name));
  const isInput = (name: string) =>
    /^patch\d+\.image\.\w+$/.test(name) ||
    (/^\w+\.(?:image|kept|mask|cotangent\.\w+)$/.test(name) && names.has(name.split('.')[0] ?? ''));
  return {
    cases,
    leftOut: [
      ...Object.keys(files.inputs.tensors).filter((name) => !isInput(name)),
      ...Object.keys(files.outputs.tensors).filter((name) => !known.has(name)),
    ],
  };
}

type Files = Readonly<Record<'weights' | 'inputs' | 'outputs' | 'gradients', TensorFile>>;

function caseOf(name: string, config: CaseConfig, files: Files, file: string): Case {
  const { inputs, outputs, gradients } = files;
  if (config.embed_dim % config.num_heads !== 0)
    throw new Error(`${file} is wrong at cases.${name}.num_heads: the width is no multiple of it.`);
  const vit = specOf(name, config, files);
  const optional = (key: string) => inputs.tensors[`${name}.${key}`];
  const drops = config.drop_path_rate > 0;
  const images = drops ? { '': inputs.get(`${name}.image`) } : below(inputs, `patch${config.patch_size}.image.`);
  const [masks, kept] = [optional('mask'), drops ? inputs.get(`${name}.kept`) : undefined];
  const own = below(outputs, `${name}.`);
  const isKnown = drops ? (quantity: string) => TOKENS.test(quantity) : knownOf(images, masks !== undefined);
  return {
    name,
    vit,
    ...weightsOf(name, vit, config, files),
    images,
    ...(masks && { masks }),
    ...(kept && { kept }),
    cotangents: below(inputs, `${name}.cotangent.`),
    asked: Object.keys(own).filter(isKnown),
    outputs: own,
    gradients: Object.keys(vitParameters(vit)).filter((parameter) => gradients.tensors[`${name}.${parameter}`]),
    ofGradients: below(gradients, `${name}.`),
  };
}

const TOKENS = /^x_norm_(?:clstoken|regtokens|patchtokens)$/;
const OF_IMAGE = /^(?:x_norm_(?:clstoken|regtokens|patchtokens)|attention|pos_embed)$/;
const LAYER = /^intermediate_(?:(?:cls_)?\d+|block\d+_unnormed_map)$/;

const knownOf = (images: NamedHostTensors, hasMasks: boolean) => (quantity: string) => {
  const [image = '', what = ''] = quantity.split('.');
  if (image === 'masked') return hasMasks && TOKENS.test(what);
  return images[image] !== undefined && (OF_IMAGE.test(what) || LAYER.test(what));
};

function specOf(name: string, config: CaseConfig, { weights }: Files): VitSpec {
  const { embed_dim: embedDim, ffn_hidden: hidden, init_values: scale } = config;
  const sizes = {
    patchSize: config.patch_size,
    inChans: weights.get(`${name}.patch_embed.proj.weight`).shape[1] ?? 0,
    imageSize: config.img_size,
    embedDim,
    depth: config.depth,
    numHeads: config.num_heads,
  };
  const swiglu = config.ffn_layer !== 'mlp';
  const vit = vitOfDinov2(sizes, { registers: config.num_register_tokens, swiglu });
  const hasScale = Object.keys(weights.tensors).some((key) => key.startsWith(`${name}.`) && key.endsWith('ls1.gamma'));
  return {
    ...vit,
    mlp: { ...vit.mlp, ...(hidden !== undefined && { hiddenDim: hidden }) },
    layerScale: scale === undefined ? hasScale : scale !== null,
    qkvBias: config.qkv_bias,
    projBias: config.proj_bias,
    mlpBias: config.ffn_bias,
    positions: { antialias: config.interpolate_antialias, offset: config.interpolate_offset, ofCls: true },
  };
}

function weightsOf(
  name: string,
  vit: VitSpec,
  { block_chunks: chunks }: CaseConfig,
  { weights }: Files,
): Pick<Case, 'weights' | 'unused'> {
  const ofChunk = chunks > 0 ? Math.floor(vit.depth / chunks) : 0;
  // The block's number counts through all chunks.
  const stored = (parameter: string) =>
    chunks > 0
      ? parameter.replace(/^blocks\.(\d+)/, (_, block) => `blocks.${Math.floor(Number(block) / ofChunk)}.${block}`)
      : parameter;
  const specs = vitParameters(vit);
  const named = Object.keys(specs).map((parameter) => [parameter, `${name}.${stored(parameter)}`] as const);
  weights.require(Object.fromEntries(named.map(([parameter, key]) => [key, specOfName(specs, parameter)])));
  const used = new Set<string>(named.map(([, key]) => key));
  return {
    weights: Object.fromEntries(named.map(([parameter, key]) => [`backbone.${parameter}`, weights.get(key)])),
    unused: Object.keys(weights.tensors).filter((key) => key.startsWith(`${name}.`) && !used.has(key)),
  };
}

function specOfName<T>(specs: Readonly<Record<string, T>>, name: string): T {
  const spec = specs[name];
  if (spec === undefined) throw new Error(`The network has no ${name}.`);
  return spec;
}

const below = ({ tensors }: TensorFile, prefix: string): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );

/** The shape of a batch of images, and its patches. */
export function sizeOfImages({ patchSize }: VitSpec, { shape }: HostTensor) {
  const [batch = 0, , height = 0, width = 0] = shape;
  const [rows, columns] = [patchesPerSide({ patchSize }, height), patchesPerSide({ patchSize }, width)];
  return { size: { batch, height, width }, rows, columns };
}
