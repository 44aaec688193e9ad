/** Reads a Vision Transformer in anybody's names: they become the standard ones, and each tensor must be one that this program computes with. */
import { vitParameters } from '../../method/backbones/vit/parameters.js';
import type { PositionRule, VitStart } from '../../method/backbones/vit/spec.js';
import { prefixed } from '../../program/lookup.js';
import { requireArchitecture } from '../architecture.js';
import { isBeside } from '../beside.js';
import { JoinedTensor } from '../joinedTensor.js';
import type { ModelConfig } from '../modelConfig.js';
import { type NamedStored, specsOf } from '../storedSpecs.js';
import type { StoredTensor } from '../storedTensor.js';
import { type Claim, requireAgreement } from './claims.js';
import type { Dialect, ForeignNetwork, StoredBackbone, VitShape } from './dialect.js';
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
  /** See {@link StoredBackbone.headsSaidBy}. */
  readonly headsSaidBy?: string | undefined;
  readonly start?: VitStart | undefined;
}

export interface VitDialect extends Pick<Dialect, 'name' | 'firstTensor' | 'recognizes' | 'isLastResort' | 'configOf'> {
  /** Whether the CLS token of each of its networks has a position. */
  readonly hasClsPosition?: true;
  /** Whether its `mask_token` is the one that DINOv2's training goes on with; else no feature depends on it, and it stays unread. */
  readonly hasMaskToken?: true;
  /**
   * The standard name of a tensor, by its name within the backbone; any other when it has none. Of several that the standard has as one,
   * each is `<name>#<place>`: they are joined in that order.
   */
  standardName(name: string, network: ForeignNetwork): string;
  /** What a tensor that the file lacks would be called within the backbone there, by its standard name; absent: the same. */
  theirName?(standard: string, network: ForeignNetwork): string;
  /**
   * @param network its `config` is of this dialect, or undefined
   * @throws Error with one sentence, where the file's configuration says what this program does not compute
   */
  habits(network: ForeignNetwork, tensors: NamedStored): VitHabits;
  /** What a configuration of this dialect says that the weights show, too. */
  claims?(config: ModelConfig, vit: VitShape, network: ForeignNetwork): readonly Claim[];
}

export const FIRST_VIT_TENSOR = 'patch_embed.proj.weight';

export const vitDialect = (dialect: VitDialect): Dialect => ({
  ...dialect,
  kind: 'Vision Transformer',
  read: (network) => readVit(dialect, network),
});

function readVit(dialect: VitDialect, given: ForeignNetwork): StoredBackbone {
  const network: ForeignNetwork = { ...given, config: dialect.configOf?.(given) };
  const { file, prefix, config } = network;
  const found = standardNames(dialect, network);
  const nameOf = (standard: string) => prefix + ownName(found, standard, () => dialect.theirName?.(standard, network));
  const tensors = joined(network, found);
  const { numHeads, headsSaidBy, ...habits } = dialect.habits(network, tensors);
  const shape = shapeOfTensors(file, tensors, habits, nameOf);
  if (dialect.hasClsPosition === true && !shape.positions.ofCls)
    throw new Error(
      `${file.path} is of another architecture: its ${nameOf('pos_embed')} has positions of the patches alone, and the networks of ${dialect.name} have one of the CLS token, too.`,
    );
  const expected = vitParameters({ ...shape, numHeads: 1 });
  requireArchitecture(specsOf(file, tensors, nameOf), expected, file.path, nameOf);
  const surplus = Object.keys(tensors).filter((standard) => expected[standard] === undefined);
  if (surplus.length > 0) throw foreignParts(file, surplus.map(nameOf));
  if (config !== undefined) requireAgreement(file, config, dialect.claims?.(config, shape, network) ?? []);
  return {
    shape: { kind: 'vit', ...shape },
    dim: shape.embedDim,
    tensors: prefixed('backbone.', tensors),
    names: new Map(Object.keys(tensors).map((standard) => [`backbone.${standard}`, nameOf(standard)])),
    buffers: {},
    numHeads,
    headsSaidBy,
  };
}

/** What the file calls a tensor within the backbone. @param missing what it would call it */
function ownName(found: ReadonlyMap<string, Named>, standard: string, missing: () => string | undefined): string {
  const [first] = partsOf(found, standard);
  const own = found.get(standard)?.name;
  return own ?? (first && `${first.name} with what is joined to it`) ?? missing() ?? standard;
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
    else {
      const other = found.get(standard);
      if (other !== undefined)
        throw new Error(
          `${file.path} cannot be read: ${prefix}${other.name} and ${prefix}${name} are the same tensor of one network.`,
        );
      found.set(standard, { tensor, name });
    }
  }
  if (foreign.length > 0)
    throw foreignParts(
      file,
      foreign.map((name) => prefix + name),
    );
  return found;
}

/** Joins what the standard has as one. */
function joined(network: ForeignNetwork, found: ReadonlyMap<string, Named>): NamedStored {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, { tensor }] of found) {
    const [whole = name, place] = name.split('#');
    if (place === undefined) tensors[whole] = tensor;
    else tensors[whole] ??= join(network, whole, partsOf(found, whole));
  }
  return tensors;
}

/** What the standard has as one, in the order of its parts. */
function partsOf(found: ReadonlyMap<string, Named>, whole: string): readonly Named[] {
  return PLACES.flatMap((place) => found.get(`${whole}#${place}`) ?? []);
}

function join({ file: { path }, prefix }: ForeignNetwork, whole: string, parts: readonly Named[]): StoredTensor {
  const names = parts.map(({ name }) => prefix + name).join(' and ');
  const [first, ...others] = parts.map(({ tensor }) => tensor);
  const isQkv = whole.includes('attn.qkv');
  if (first === undefined || parts.length !== (isQkv ? 3 : 2))
    throw new Error(
      `${path} is of another architecture: it has ${names}, but not all of ${isQkv ? 'query, key and value' : 'gate and value'}.`,
    );
  try {
    return new JoinedTensor([first, ...others]);
  } catch (error) {
    throw new Error(`${path} is of another architecture: of ${names} ${(error as Error).message}.`);
  }
}

const PLACES = [0, 1, 2] as const;
