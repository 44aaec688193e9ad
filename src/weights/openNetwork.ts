/** One network in a file of weights, none of its tensors read yet: which of those it holds, what it is, and what a person should know. */
import type { HeadSpec } from '../method/heads/dinoHead.js';
import { type HostTensor, type NamedSpecs, sizeOf } from '../program/program.js';
import type { BackboneShape, Dialect, ForeignNetwork, StoredBackbone } from './dialects/dialect.js';
import { DIALECTS, networksOf } from './dialects/index.js';
import { isCount } from './dialects/resnetDialect.js';
import { dinoHead } from './dinoHead.js';
import type { WeightFormat } from './format.js';
import { WEIGHT_FORMATS } from './formats.js';
import { configBeside } from './modelConfig.js';
import { weightsFileAt } from './modelFolder.js';
import { chooseNetwork, isOneOfPair, nameForPeople } from './networks.js';
import { noNetwork } from './noNetwork.js';
import { readingNotes } from './readingNotes.js';
import type { NamedStored } from './storedSpecs.js';
import { openWeights, type WeightsFile } from './weightsFile.js';

export interface OpenNetwork {
  /** What was opened: of a model in several files their list. */
  readonly file: string;
  /** All files that are read. */
  readonly files: readonly string[];
  readonly shape: BackboneShape;
  /** Of DINO's projection head, when the file has one; whether its norms are fixed only their values tell. */
  readonly head?: Omit<HeadSpec, 'normLastLayer'>;
  /** Of the patches' own head, where it was asked for and the file has one. */
  readonly patchHead?: Omit<HeadSpec, 'normLastLayer'>;
  /** Attention heads, where the file or its library tells them. */
  readonly numHeads?: number;
  /** A clause that names the configuration beside the file which says so, and how; absent: they are told in another way. */
  readonly headsSaidBy?: string;
  /** Whose names the tensors have: `timm`. */
  readonly library: string;
  /** Of the network within the file, e.g. `teacher`; absent when it has none, or there is nothing to tell it from. */
  readonly network?: string;
  /** Names of all networks in the file; none when it is the only one. */
  readonly networks: readonly string[];
  /**
   * Other libraries whose networks have tensors of these names and compute something else with them, where nothing in the file says whose they
   * are. One of those that compute the same stands for all.
   */
  readonly likeLibraries: readonly string[];
  /** What was decided on the way, and what was left unread: one sentence each. */
  readonly notes: readonly string[];
  /** Of the tensors, by their standard names: `backbone.*`, and `head.*` and `ibot_head.*` where there are heads. */
  readonly specs: NamedSpecs;
  /** Reads one. Of what an older file does not have, such as counts of batches, zeros. @throws Error naming file and tensor */
  read(name: string): Promise<HostTensor>;
  close(): void;
}

/** What can be read, where it is not all that this program knows. */
interface Readable {
  readonly formats?: readonly WeightFormat[];
  readonly dialects?: readonly Dialect[];
}

export interface Wanted extends Readable {
  /** The network to take where there are several: see {@link chooseNetwork}. */
  readonly network?: string | undefined;
  /** Whose names the tensors have, where a person knows better than the names tell. */
  readonly library?: string | undefined;
  /** Whether the patches' own head is read, too. When left out: no. */
  readonly withPatchHead?: boolean;
  /** Whether a `mask_token` is read, too, on which no feature depends. When left out: of libraries whose training goes on with it. */
  readonly withMaskToken?: boolean;
}

/**
 * @param path a file of weights, one of the parts of a model, or a model's folder
 * @throws Error with one sentence that names the file and what is wrong
 */
export async function openNetwork(path: string, wanted: Wanted = {}): Promise<OpenNetwork> {
  const { formats = WEIGHT_FORMATS, dialects = DIALECTS, library } = wanted;
  const file = await openWeights(weightsFileAt(path), formats);
  try {
    return await networkIn(file, { ...wanted, dialects, library });
  } catch (error) {
    file.close();
    throw error;
  }
}

async function networkIn(
  file: WeightsFile,
  {
    network: wanted,
    library,
    dialects,
    withPatchHead = false,
    withMaskToken,
  }: Wanted & { readonly dialects: readonly Dialect[] },
): Promise<OpenNetwork> {
  const [first, ...others] = networksOf(file, configBeside(file.path), { dialects, library });
  if (!first) throw await noNetwork(file, dialects);
  const networks = [first, ...others] as const;
  const chosen = chooseNetwork(networks, wanted, file.path);
  const { dialect } = chosen;
  const backbone = dialect.read({ ...chosen, withMaskToken });
  const head = dinoHead(file, chosen.head, backbone.dim);
  const patchHead = withPatchHead ? dinoHead(file, chosen.patchHead, backbone.dim, 'ibot_head.') : undefined;
  const stored: NamedStored = { ...backbone.tensors, ...head?.tensors, ...patchHead?.tensors };
  requireWithinFile(file, stored);
  const isNamed = networks.length > 1 || isOneOfPair(chosen);
  const { numHeads, headsSaidBy } = backbone;
  return {
    file: file.path,
    files: file.files,
    shape: backbone.shape,
    ...(head && { head: head.shape }),
    ...(patchHead && { patchHead: patchHead.shape }),
    ...(numHeads !== undefined && { numHeads }),
    ...(headsSaidBy !== undefined && { headsSaidBy }),
    library: dialect.name,
    ...(isNamed && { network: nameForPeople(chosen) }),
    networks: others.length > 0 ? networks.map(nameForPeople) : [],
    likeLibraries: library === undefined && !head && !isNamed ? likeLibraries(chosen, backbone, dialects) : [],
    notes: [
      ...(others.length > 0 && wanted === undefined
        ? [
            `${file.path} holds ${networks.map(nameForPeople).join(', ')}: ${nameForPeople(chosen)} is used (--network names another).`,
          ]
        : []),
      ...readingNotes(chosen, backbone),
    ],
    specs: specsOf(stored, backbone.buffers),
    read: async (name) => {
      const tensor = stored[name];
      if (tensor === undefined) return zeros(backbone.buffers, name);
      const own = backbone.names.get(name) ?? name;
      const read = await file.read(tensor, own);
      requireFinite(file, own, read);
      return isCount(name) ? asFloats(read) : read;
    },
    close: () => file.close(),
  };
}

/** Of a dialect that is taken for want of any other. */
function likeLibraries(
  chosen: ForeignNetwork & { readonly dialect: Dialect },
  backbone: StoredBackbone,
  dialects: readonly Dialect[],
): string[] {
  const { dialect } = chosen;
  if (dialect.isLastResort !== true) return [];
  const computed = ({ shape, numHeads }: StoredBackbone) => JSON.stringify([shape, numHeads]);
  const seen = new Set([computed(backbone)]);
  return dialects.flatMap((other) => {
    if (other.firstTensor !== dialect.firstTensor) return [];
    const read = readBy(other, chosen);
    if (read === undefined || seen.has(computed(read))) return [];
    seen.add(computed(read));
    return [other.name];
  });
}

/** Undefined when it cannot be of this dialect. */
function readBy(dialect: Dialect, network: ForeignNetwork): StoredBackbone | undefined {
  try {
    return dialect.read(network);
  } catch {
    return undefined;
  }
}

/** As they come from {@link OpenNetwork.read}. */
function specsOf(stored: NamedStored, buffers: NamedSpecs): NamedSpecs {
  const specs = Object.entries(stored).map(([name, { shape, dtype = 'float32' }]) => [
    name,
    { shape, dtype: isCount(name) ? 'float32' : dtype },
  ]);
  return { ...Object.fromEntries(specs), ...buffers };
}

function zeros(buffers: NamedSpecs, name: string): HostTensor {
  const spec = buffers[name];
  if (spec === undefined) throw new Error(`The network has no tensor ${name}.`);
  return { shape: spec.shape, dtype: 'float32', data: new Float32Array(sizeOf(spec.shape)) };
}

/** Tensors may lie on the same bytes, but a network has no more values than its file: memory is finite. */
function requireWithinFile(file: WeightsFile, tensors: NamedStored): void {
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
  // Nothing but what is infinite or no number makes anything of zeros. A loop without branches: there are hundreds of millions.
  let zeros = 0;
  for (let i = 0; i < data.length; i++) zeros += (data[i] as number) * 0;
  if (zeros === 0) return;
  throw new Error(
    `${file.path} is of no use: ${name} holds values that are infinite or not numbers, as after a training that diverged.`,
  );
}
