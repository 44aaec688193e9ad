/** Reads a Vision Transformer in anybody's names: they become the standard ones, and each tensor must be one that this program computes with. */
import { vitParameters } from '../../method/backbones/vit/parameters.js';
import type { PositionRule, VitStart } from '../../method/backbones/vit/spec.js';
import { prefixed } from '../../program/lookup.js';
import { requireArchitecture } from '../architecture.js';
import { isBeside } from '../beside.js';
import { JoinedTensor } from '../joinedTensor.js';
import { type NamedStored, specsOf } from '../storedSpecs.js';
import type { StoredTensor } from '../storedTensor.js';
import type { Dialect, ForeignNetwork, StoredBackbone } from './dialect.js';
import { foreignParts, noTensor } from './foreignParts.js';
import { isStandardVitName, shapeOfTensors } from './vitShape.js';

/** Names that only wrap a module, wherever they stand. */
const WRAPPERS = /(?<=^|\.)(?:_fsdp_wrapped_module|_checkpoint_wrapped_module|_orig_mod)\./g;
/** Whatever it is: it takes part in what the backbone computes. */
const INSIDE = /^(?:cls_token|pos_embed|patch_embed|blocks|norm|embeddings|encoder|layers|layernorm)(?:\.|$)/;

/** What a library's code computes that weights do not show. */
export interface VitHabits {
  /** How positions are resized. */
  readonly positions: Omit<PositionRule, 'ofCls'>;
  readonly normEps: number;
  readonly numHeads?: number | undefined;
  readonly start?: VitStart | undefined;
}

export interface VitDialect extends Pick<Dialect, 'name' | 'firstTensor' | 'recognizes' | 'isLastResort'> {
  /** Whether its `mask_token` is the one that DINOv2's training goes on with; else no feature depends on it, and it stays unread. */
  readonly hasMaskToken?: true;
  /**
   * The standard name of a tensor, by its name within the backbone; any other when it has none. Of several that the standard has as one,
   * each is `<name>#<place>`: they are joined in that order.
   */
  standardName(name: string, network: ForeignNetwork): string;
  /** @throws Error with one sentence, where the file's configuration says what this program does not compute */
  habits(network: ForeignNetwork, tensors: NamedStored): VitHabits;
}

export const FIRST_VIT_TENSOR = 'patch_embed.proj.weight';

export const vitDialect = (dialect: VitDialect): Dialect => ({
  ...dialect,
  kind: 'Vision Transformer',
  read: (network) => readVit(dialect, network),
});

function readVit(dialect: VitDialect, network: ForeignNetwork): StoredBackbone {
  const { file } = network;
  const named = standardNames(dialect, network);
  const tensors = joined(network, named);
  const { positions, normEps, numHeads, start } = dialect.habits(network, tensors);
  const shape = shapeOfTensors(file, tensors, { positions, normEps, start });
  const expected = vitParameters({ ...shape, numHeads: 1 });
  const surplus = [...named].flatMap(([standard, { name }]) =>
    expected[wholeName(standard)] === undefined ? [name] : [],
  );
  const backbone = prefixed('backbone.', tensors);
  requireArchitecture(specsOf(file, backbone), prefixed('backbone.', expected), file.path, surplus);
  if (surplus.length > 0) throw foreignParts(file, network.prefix, surplus);
  return { shape: { kind: 'vit', ...shape }, dim: shape.embedDim, tensors: backbone, buffers: {}, numHeads };
}

interface Named {
  readonly tensor: StoredTensor;
  /** Within the backbone, as the file has it. */
  readonly name: string;
}

/** Without its place among the parts of a joined tensor. */
const wholeName = (standard: string): string => standard.replace(/#\d$/, '');

/** By their standard names within the backbone. @throws Error that lists what is inside the network and has no such name */
function standardNames(dialect: VitDialect, network: ForeignNetwork): ReadonlyMap<string, Named> {
  const { file, prefix } = network;
  const withMaskToken = network.withMaskToken === true || dialect.hasMaskToken === true;
  const found = new Map<string, Named>();
  const foreign: string[] = [];
  for (const [name, value] of network.backbone) {
    const standard = dialect.standardName(name.replace(WRAPPERS, ''), network);
    const isOwn = isStandardVitName(wholeName(standard)) && (standard !== 'mask_token' || withMaskToken);
    if (isBeside(name) && !isOwn) continue;
    const tensor = file.tensor(value, prefix + name);
    if (tensor === undefined) {
      if ((isOwn || INSIDE.test(name)) && value !== null) throw noTensor(file, prefix + name, value);
    } else if (!isOwn) foreign.push(name);
    else if (found.has(standard))
      throw new Error(`${file.path} cannot be read: two of its tensors are ${standard} of the same network.`);
    else found.set(standard, { tensor, name });
  }
  if (foreign.length > 0) throw foreignParts(file, prefix, foreign);
  return found;
}

/** Joins what the standard has as one. */
function joined({ file }: ForeignNetwork, found: ReadonlyMap<string, Named>): NamedStored {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, { tensor }] of found) {
    const [whole = name, place] = name.split('#');
    if (place === undefined) tensors[whole] = tensor;
    else tensors[whole] ??= join(file.path, whole, found);
  }
  return tensors;
}

function join(path: string, name: string, found: ReadonlyMap<string, Named>): StoredTensor {
  const places = [...found.keys()].flatMap((key) =>
    key.startsWith(`${name}#`) ? Number(key.slice(name.length + 1)) : [],
  );
  const [first, ...others] = places.sort().flatMap((place) => found.get(`${name}#${place}`)?.tensor ?? []);
  const count = name.includes('attn.qkv') ? 3 : 2;
  if (first === undefined || places.length !== count)
    throw new Error(
      `${path} is of another architecture: ${name} is made of ${count} tensors (${PARTS_OF[count]}), but it has only ${places.length} of them.`,
    );
  try {
    return new JoinedTensor([first, ...others]);
  } catch (error) {
    throw new Error(`${path} is of another architecture: of the parts of ${name} ${(error as Error).message}.`);
  }
}

const PARTS_OF = { 2: 'gate and value', 3: 'query, key and value' } as const;
