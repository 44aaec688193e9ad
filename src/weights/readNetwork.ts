/** One network out of a file of weights: which of those it holds, its tensors, and what a person should know about them. */

import { namedVit } from '../method/backbones/vit/namedVits.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../program/program.js';
import { BACKBONE_READERS, type BackboneReader, type BackboneShape, networksOf } from './backbones.js';
import { dinoHead } from './dinoHead.js';
import { isCount } from './dinoResnet.js';
import type { WeightFormat } from './format.js';
import { WEIGHT_FORMATS } from './formats.js';
import { chooseNetwork, dictionariesIn, isOneOfPair, nameForPeople } from './networks.js';
import { entriesOf } from './pickle/values.js';
import type { StoredTensor } from './storedTensor.js';
import { openWeights, type WeightsFile } from './weightsFile.js';

export interface ReadNetwork {
  /** `backbone.*`, and `head.*` when the file has a projection head of DINO's. */
  readonly parameters: NamedHostTensors;
  readonly shape: BackboneShape;
  readonly head?: HeadSpec;
  /** Attention heads, where the file tells them. */
  readonly numHeads?: number;
  /** Of the network within the file, e.g. `teacher`; absent when it has none, or there is nothing to tell it from. */
  readonly network?: string;
  /** What was decided on the way, and what was left unread: one sentence each. */
  readonly notes: readonly string[];
}

/** What can be read, where it is not all that this program knows. */
export interface Readable {
  readonly formats?: readonly WeightFormat[];
  readonly readers?: readonly BackboneReader[];
}

/**
 * @param wanted the network to take where there are several: see {@link chooseNetwork}
 * @throws Error with one sentence that names the file and what is wrong
 */
export async function readNetwork(
  path: string,
  wanted?: string,
  { formats = WEIGHT_FORMATS, readers = BACKBONE_READERS }: Readable = {},
): Promise<ReadNetwork> {
  const file = await openWeights(path, formats);
  try {
    const [first, ...others] = networksOf(file.root, readers);
    if (!first) throw await noNetwork(file, readers);
    const networks = [first, ...others] as const;
    const chosen = chooseNetwork(networks, wanted, path);
    const backbone = chosen.reader.read(file, chosen);
    const head = dinoHead(file, chosen, backbone.dim);
    const stored = { ...backbone.tensors, ...head?.tensors };
    requireWithinFile(file, stored);
    const parameters: Record<string, HostTensor> = {};
    for (const [name, tensor] of Object.entries(stored)) {
      const read = await file.read(tensor, name);
      parameters[name] = isCount(name) ? asFloats(read) : read;
      requireFinite(file, name, read);
    }
    for (const [name, { shape }] of Object.entries(backbone.buffers))
      parameters[name] ??= { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)) };
    const numHeads = headsOf(file.root);
    const isNamed = networks.length > 1 || isOneOfPair(chosen);
    return {
      parameters,
      shape: backbone.shape,
      ...(head && { head: { ...head.shape, normLastLayer: areOne(parameters['head.last_layer.weight_g']) } }),
      ...(numHeads !== undefined && { numHeads }),
      ...(isNamed && { network: nameForPeople(chosen) }),
      notes: [
        ...(others.length > 0 && wanted === undefined
          ? [
              `${path} holds ${networks.map(nameForPeople).join(', ')}: ${nameForPeople(chosen)} is used (--network names another).`,
            ]
          : []),
        ...numbersNote(path, backbone.tensors),
        ...foreignNote(file),
      ],
    };
  } finally {
    file.close();
  }
}

/** Why a file has no network: a damaged tensor, if there is one, else the names that it has instead. */
async function noNetwork(file: WeightsFile, readers: readonly BackboneReader[]): Promise<Error> {
  const names: string[] = [];
  for (const { dictionary, path } of dictionariesIn(file.root)) {
    for (const [key, value] of dictionary) {
      const name = [...path, String(key)].join('.');
      const tensor = file.tensor(value, name);
      if (!tensor) continue;
      await file.check(tensor, name);
      names.push(name);
    }
  }
  const instead =
    names.length === 0 ? 'it has no tensors' : `its tensors have names such as ${names.slice(0, 3).join(', ')}`;
  const kinds = readers.map(({ name }) => name).join(' and no ');
  const known = readers.map(({ firstTensor }) => firstTensor).join(' nor ');
  return new Error(`${file.path} holds no ${kinds} of DINO's: it has neither ${known}, and ${instead}.`);
}

/** Tensors may lie on the same bytes, but a network has no more values than its file: memory is finite. */
function requireWithinFile(file: WeightsFile, tensors: Readonly<Record<string, StoredTensor>>): void {
  const bytes = Object.values(tensors).reduce((sum, { byteLength = 0 }) => sum + byteLength, 0);
  if (bytes > file.size)
    throw new Error(`${file.path} cannot be read: its tensors claim ${bytes} bytes, but it has only ${file.size}.`);
}

/** PyTorch counts batches in whole numbers, the step's state in floats. */
const asFloats = ({ shape, data }: HostTensor): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(data),
});

/** One value that is no number makes all features so. */
function requireFinite(file: WeightsFile, name: string, { data }: HostTensor): void {
  if (data.every(Number.isFinite)) return;
  throw new Error(
    `${file.path} is of no use: ${name} holds values that are infinite or not numbers, as after a training that diverged.`,
  );
}

const areOne = (norms: HostTensor | undefined): boolean => norms?.data.every((norm) => norm === 1) ?? true;

/** By `args.arch` of the original. */
function headsOf(root: unknown): number | undefined {
  const arch = entriesOf(entriesOf(root)?.get('args'))?.get('arch');
  return typeof arch === 'string' ? namedVit(arch)?.numHeads : undefined;
}

/** Every float16 and bfloat16 is a float32 as well; a float64 is not. */
function numbersNote(path: string, tensors: Readonly<Record<string, StoredTensor>>): string[] {
  const elements = new Set(Object.values(tensors).map(({ element }) => element));
  const halves = ['F16', 'BF16'].filter((element) => elements.has(element));
  return [
    ...(elements.has('F64') ? [`${path} holds float64 weights, which are rounded to float32.`] : []),
    ...(halves.length > 0
      ? [
          `${path} holds ${halves.map((half) => half.replace('F', 'float').replace('B', 'b')).join(' and ')} weights, which float32 holds exactly.`,
        ]
      : []),
  ];
}

const MOST_NAMED = 3;

function foreignNote({ path, foreign }: WeightsFile): string[] {
  if (foreign.length === 0) return [];
  const named = foreign.slice(0, MOST_NAMED).join(', ');
  const more = foreign.length > MOST_NAMED ? ` and ${foreign.length - MOST_NAMED} more` : '';
  return [
    `${path} also names ${named}${more}: what Python would make of that stays unread, and nothing of it was run.`,
  ];
}
