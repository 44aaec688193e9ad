/** A network's weights from whatever holds them: a run, a checkpoint, a safetensors file, or one of the original's `.pth` files. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileProblem } from '../files/fileProblem.js';
import { networkParameters, prefixed, vitParameters } from '../method/parameters.js';
import type { HostTensor, NamedHostTensors, NamedSpecs } from '../method/program.js';
import type { HeadSpec, NetworkSpec, VitSpec } from '../method/specification.js';
import { openPth, StoredTensor } from '../weights/pth.js';
import { readSafetensors } from '../weights/safetensors.js';
import { checkpointFolderOf, isCheckpointFolder } from './checkpoint.js';
import { isRunFolder, openRun } from './run.js';

export type NetworkRole = 'teacher' | 'student';

export interface LoadedNetwork {
  /** `backbone.*`, and `head.*` when the file has a head. */
  readonly parameters: NamedHostTensors;
  readonly vit: VitSpec;
  /** Absent when the file has no projection head (`normLastLayer`: whether all norms of the prototypes are 1). */
  readonly head?: HeadSpec;
  /** What a person calls it, e.g. `flowers, step 1200 (teacher)`. */
  readonly name: string;
  /** Steps of training behind it, when known. */
  readonly step?: number;
}

export interface LoadOptions {
  /** Which network, where there are both. Default: the teacher, which is the better one. */
  readonly prefer?: NetworkRole;
  /** Attention heads, which no weight tells: wins over what the run or the file says. */
  readonly numHeads?: number;
}

/**
 * Loads one network.
 * @param path a run (its latest checkpoint), a checkpoint's folder, a `.safetensors`, or a `.pth` file (a full checkpoint
 *   or a backbone alone; prefixes such as `module.`, `backbone.`, `teacher.` and `student.` may be there or not)
 * @throws Error with one sentence naming the path and what is wrong
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<LoadedNetwork> {
  const { prefer = 'teacher' } = options;
  const found = await find(path, prefer);
  const parameters = withStandardNames(found.tensors, prefer);
  const shape = vitShape(parameters, path);
  const numHeads = options.numHeads ?? found.numHeads ?? headsByWidth(shape.embedDim, path);
  if (!Number.isInteger(numHeads) || numHeads < 1 || shape.embedDim % numHeads !== 0)
    throw new Error(`${path} cannot have ${numHeads} heads: its width, ${shape.embedDim}, must be a multiple of them.`);
  const vit = { ...shape, numHeads };
  const head = headShape(parameters, vit);
  const expected = head ? networkParameters({ vit, head }) : prefixed('backbone.', vitParameters(vit));
  requireArchitecture(parameters, expected, path);
  // What belongs to neither part (a classifier, the buffers of another tool) is left out.
  const own = Object.keys(expected).flatMap((name) => {
    const tensor = parameters[name];
    return tensor ? [[name, tensor] as const] : [];
  });
  return {
    parameters: Object.fromEntries(own),
    vit,
    ...(head ? { head } : {}),
    name: found.name,
    ...(found.step === undefined ? {} : { step: found.step }),
  };
}

/**
 * Makes sure that the tensors are those of an architecture.
 * @throws Error that names the first tensor that is missing or differs, with both shapes
 */
export function requireArchitecture(tensors: NamedSpecs, expected: NamedSpecs, where: string): void {
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const found = tensors[name];
    const needed = `[${shape.join(', ')}]`;
    const another = `${where} is of another architecture: ${name}`;
    if (!found) throw new Error(`${another} is missing, where the shape ${needed} is needed.`);
    if (found.shape.length !== shape.length || found.shape.some((extent, axis) => extent !== shape[axis]))
      throw new Error(`${another} has the shape [${found.shape.join(', ')}], but ${needed} is needed.`);
    if (found.dtype !== dtype) throw new Error(`${another} holds ${found.dtype} values, but ${dtype} is needed.`);
  }
}

/** Loads one network that must have the given shapes. Errors as {@link loadNetwork} and {@link requireArchitecture}. */
export async function loadNetworkInto(
  network: NetworkSpec,
  path: string,
  options: LoadOptions = {},
): Promise<LoadedNetwork> {
  const loaded = await loadNetwork(path, { ...options, numHeads: network.vit.numHeads });
  requireArchitecture(loaded.parameters, networkParameters(network), path);
  return loaded;
}

interface Found {
  readonly tensors: NamedHostTensors;
  readonly name: string;
  readonly step?: number;
  readonly numHeads?: number;
}

async function find(path: string, prefer: NetworkRole): Promise<Found> {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`The checkpoint ${path} cannot be read: ${fileProblem(error)}.`);
  }
  if (!folder && path.endsWith('.safetensors')) return findInSafetensors(path);
  if (!folder) return findInPth(path, prefer);
  return findInSafetensors(join(checkpointFolderOf(path), `${prefer}.safetensors`));
}

async function findInSafetensors(path: string): Promise<Found> {
  const tensors = readSafetensors(path);
  const checkpoint = dirname(resolve(path));
  const run = dirname(dirname(checkpoint));
  if (!isCheckpointFolder(checkpoint) || !isRunFolder(run)) return { tensors, name: basename(path) };
  const step = Number(basename(checkpoint));
  const what = `step ${step} (${basename(path, '.safetensors')})`;
  // A damaged record is no reason to withhold the weights.
  const record = (await openRun(run).catch(() => undefined))?.record;
  if (!record) return { tensors, name: `${basename(run)}, ${what}`, step };
  return { tensors, name: `${record.name}, ${what}`, step, numHeads: record.config.num_heads };
}

/** Keys under which tools keep a network in a larger checkpoint, beside its role. */
const NETWORK_KEYS = ['state_dict', 'model'];
/** `args.arch` of the original, with or without `vit_` or the older `deit_`. */
const HEADS_OF_ARCH: Readonly<Record<string, number>> = { tiny: 3, small: 6, base: 12 };

async function findInPth(path: string, prefer: NetworkRole): Promise<Found> {
  const file = await openPth(path);
  try {
    const { root } = file;
    if (!(root instanceof Map)) throw new Error(`${path} holds no network: it is not a dictionary of tensors.`);
    const role = [prefer, otherRole(prefer), ...NETWORK_KEYS].find((key) => root.get(key) instanceof Map);
    const state: unknown = role === undefined ? root : root.get(role);
    const tensors: [string, HostTensor][] = [];
    for (const [name, value] of state instanceof Map ? state : [])
      if (typeof name === 'string' && value instanceof StoredTensor) tensors.push([name, await file.read(value, name)]);
    const args: unknown = root.get('args');
    const arch: unknown = args instanceof Map ? args.get('arch') : undefined;
    const size = typeof arch === 'string' ? /^(?:vit|deit)_(tiny|small|base)$/.exec(arch)?.[1] : undefined;
    const numHeads = size === undefined ? undefined : HEADS_OF_ARCH[size];
    const name = role === 'teacher' || role === 'student' ? `${basename(path)} (${role})` : basename(path);
    return { tensors: Object.fromEntries(tensors), name, ...(numHeads === undefined ? {} : { numHeads }) };
  } finally {
    file.close();
  }
}

/** The tensor that every ViT of this kind has: what stands before it in its name is what a tool has put around the network. */
const FIRST_TENSOR = 'patch_embed.proj.weight';

/** The names of this program, `backbone.*` and `head.*`, whatever stands around them (`module.`, `teacher.`, `_orig_mod.`, ...). */
function withStandardNames(tensors: NamedHostTensors, prefer: NetworkRole): NamedHostTensors {
  const networks = Object.keys(tensors).filter((name) => `.${name}`.endsWith(`.${FIRST_TENSOR}`));
  const ofRole = (role: NetworkRole) => networks.find((name) => name.split('.').includes(role));
  const chosen = ofRole(prefer) ?? ofRole(otherRole(prefer)) ?? networks[0] ?? FIRST_TENSOR;
  const prefix = chosen.slice(0, -FIRST_TENSOR.length);
  const around = prefix.replace(/(?<=^|\.)backbone\.$/, '');
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(around));
  return Object.fromEntries(
    own.map(([name, tensor]) => [
      `${around === prefix ? 'backbone.' : ''}${name.slice(around.length)}`
        // Newer versions of PyTorch's weight norm have other names for the same two tensors.
        .replace('last_layer.parametrizations.weight.original0', 'last_layer.weight_g')
        .replace('last_layer.parametrizations.weight.original1', 'last_layer.weight_v'),
      tensor,
    ]),
  );
}

const otherRole = (role: NetworkRole): NetworkRole => (role === 'teacher' ? 'student' : 'teacher');

/** Everything about a ViT that its weights tell: all but the number of heads. */
function vitShape(parameters: NamedSpecs, path: string): Omit<VitSpec, 'numHeads'> {
  const noVit = (what: string) => new Error(`${path} holds no Vision Transformer of DINO's: ${what}.`);
  const patches = parameters['backbone.patch_embed.proj.weight']?.shape ?? [];
  const [embedDim = 0, inChans = 0, patchSize = 0] = patches;
  if (patches.length !== 4 || patches.includes(0))
    throw noVit('its patch_embed.proj.weight is missing, or not of the shape [dim, channels, patch, patch]');
  const tokens = parameters['backbone.pos_embed']?.shape[1] ?? 0;
  const side = Math.round(Math.sqrt(tokens - 1));
  if (tokens < 2 || side * side !== tokens - 1)
    throw noVit(`its pos_embed has ${tokens} tokens, which is not a square and one more`);
  // Counted, and not the highest number: a file's word for it could be any.
  const depth = new Set(Object.keys(parameters).flatMap((name) => /^backbone\.blocks\.(\d+)\./.exec(name)?.[1] ?? []))
    .size;
  if (depth === 0) throw noVit('it has no blocks');
  return { patchSize, inChans, imageSize: side * patchSize, embedDim, depth };
}

function headShape(parameters: NamedHostTensors, vit: VitSpec): HeadSpec | undefined {
  // With batch norm between its layers (`use_bn_in_head`) it is another head than ours.
  if (parameters['head.mlp.1.weight']) return undefined;
  const prototypes = parameters['head.last_layer.weight_v']?.shape;
  const hidden = parameters['head.mlp.0.weight']?.shape;
  if (!prototypes || !hidden) return undefined;
  const [outDim = 0, bottleneckDim = 0] = prototypes;
  const norms = parameters['head.last_layer.weight_g']?.data;
  const normLastLayer = norms?.every((norm) => norm === 1) ?? true;
  return { inDim: vit.embedDim, hiddenDim: hidden[0] ?? 0, bottleneckDim, outDim, normLastLayer };
}

/** 64 dimensions a head, as in every network that the authors published. */
function headsByWidth(embedDim: number, path: string): number {
  const HEAD_DIM = 64;
  if (embedDim % HEAD_DIM === 0) return embedDim / HEAD_DIM;
  throw new Error(
    `${path} does not tell how many attention heads it has, and its width, ${embedDim}, is not a multiple of ${HEAD_DIM}: say how many (num_heads).`,
  );
}
