/** A network's weights from whatever holds them: a run, a checkpoint, imported weights, or a file or model of another program. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileProblem } from '../files/fileProblem.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import { resnetBuffers, resnetParameters } from '../method/backbones/resnet/parameters.js';
import { vitParameters } from '../method/backbones/vit/parameters.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';
import { prefixed } from '../program/lookup.js';
import type { NamedHostTensors, NamedSpecs } from '../program/program.js';
import { networkSpec } from '../settings/specs.js';
import { requireArchitecture } from '../weights/architecture.js';
import type { BackboneShape } from '../weights/dialects/dialect.js';
import { chooseNetwork } from '../weights/networks.js';
import type { Wanted } from '../weights/openNetwork.js';
import { type ReadNetwork, readNetwork } from '../weights/readNetwork.js';
import { readSafetensors } from '../weights/safetensors.js';
import { checkpointFolderOf, isCheckpointFolder, networkFile, rolesIn } from './checkpoint.js';
import { completed, knownHeads } from './completed.js';
import { Digesting } from './fileDigest.js';
import {
  IMPORTED_WEIGHTS,
  importFolderOf,
  isImportFolder,
  type Provenance,
  readImportRecord,
  requireUnaltered,
  requireWhole,
} from './importedRecord.js';
import { provenanceOfFiles } from './provenance.js';
import { isRunFolder, openRun } from './run.js';

export interface LoadedNetwork {
  /** `backbone.*`, and `head.*` when the file has a head. */
  readonly parameters: NamedHostTensors;
  readonly backbone: BackboneSpec;
  /** Absent when the file has no projection head of DINO's (`normLastLayer`: whether all norms of the prototypes are 1). */
  readonly head?: HeadSpec;
  /** The patches' own head, where it was asked for and there is one: then `parameters` have `ibot_head.*`. */
  readonly patchHead?: HeadSpec;
  /** What a person calls it, e.g. `flowers, step 1200 (teacher)`. */
  readonly name: string;
  /** Which network it is of those that the checkpoint holds, e.g. `teacher`; absent where there is nothing to tell it from. */
  readonly network?: string;
  /** Steps of training behind it, when known. */
  readonly step?: number;
  /** The folder of the run that it is of, when it is of one. */
  readonly run?: string;
  /** What was decided for the person, and what was left unread: one sentence each. */
  readonly notes: readonly string[];
  /** The files that were read, and whose names their tensors have; of imported weights what their record says. */
  readonly source: Pick<ReadNetwork, 'files' | 'library'> | Provenance;
}

export interface LoadOptions extends Pick<Wanted, 'network' | 'library' | 'withPatchHead' | 'withMaskToken'> {
  /** Attention heads, which no weight tells: wins over what the run or the file says. */
  readonly numHeads?: number;
  /** Whether the parameters are those of its heads alone: what its backbone computes is known. When left out: no. */
  readonly headsAlone?: boolean;
}

const isOfBackbone = (name: string): boolean => name.startsWith('backbone.');

/**
 * Loads one network.
 * @param path a run (its latest checkpoint), a checkpoint's folder, a folder of imported weights, a model's folder as Hugging Face's
 *   libraries save it, or a file of weights under any name (a full checkpoint or a backbone alone; prefixes such as `module.`,
 *   `backbone.`, `teacher.` and `student.` may be there or not)
 * @throws Error with one sentence naming the path and what is wrong
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<LoadedNetwork> {
  const { file, wanted } = fileOf(path, options.network);
  const imported = importFolderOf(file);
  if (imported !== undefined) return loadImported(imported, options);
  const { headsAlone = false } = options;
  const { parameters, shape, head, patchHead, network, ...read } = await readNetwork(
    file,
    { ...options, network: wanted },
    (name) => !headsAlone || !isOfBackbone(name),
  );
  const origin = await originOf(file);
  const { backbone, note } = completed(path, origin ? asTrained(shape, origin) : shape, {
    numHeads: knownHeads(path, options.numHeads, { ...read, numHeads: origin?.numHeads ?? read.numHeads }),
    imageSize: origin?.imageSize,
  });
  const role = network ?? origin?.role;
  return {
    parameters,
    backbone,
    ...(head && { head }),
    ...(patchHead && { patchHead }),
    name: `${origin?.name ?? basename(path)}${role === undefined ? '' : ` (${role})`}`,
    ...(role !== undefined && { network: role }),
    ...(origin && { step: origin.step, run: origin.run }),
    notes: [...read.notes, ...(note === undefined ? [] : [note])],
    source: { files: read.files, library: read.library },
  };
}

/** Where a loaded network comes from: files that no import has seen are read once more, for their checksums. */
export async function provenanceOf(path: string, { source, network }: LoadedNetwork): Promise<Provenance> {
  if ('file' in source) return source;
  return provenanceOfFiles(path, { ...source, ...(network !== undefined && { network }) });
}

/** The file to read, and which of its networks: a checkpoint of a run has a file for each. */
function fileOf(path: string, wanted: string | undefined): { file: string; wanted: string | undefined } {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`The checkpoint ${path} cannot be read: ${fileProblem(error)}.`);
  }
  if (!isFolder) return { file: path, wanted };
  if (isImportFolder(path)) return { file: join(path, IMPORTED_WEIGHTS), wanted };
  if (!isOfRun(path)) return { file: path, wanted };
  const folder = checkpointFolderOf(path);
  const [first, ...others] = rolesIn(folder).map((name) => ({ name }));
  if (first === undefined) throw new Error(`The checkpoint ${folder} holds no network.`);
  const { name } = chooseNetwork([first, ...others], wanted, path);
  return { file: networkFile(folder, name), wanted: undefined };
}

/** The roles of the networks that a run or a checkpoint of one holds; none for weights from elsewhere. */
export function rolesAt(path: string): readonly string[] {
  const isOwn = statSync(path).isDirectory() && !isImportFolder(path) && isOfRun(path);
  return isOwn ? rolesIn(checkpointFolderOf(path)) : [];
}

/** Whether a folder is a run or one of its checkpoints, whole or damaged; else it is somebody else's. */
export const isOfRun = (folder: string): boolean =>
  isRunFolder(folder) || isCheckpointFolder(folder) || existsSync(join(folder, 'checkpoints'));

/**
 * What changes when a path comes to mean other weights, as when a run goes on: the file or folder that is read, and when it was written.
 * @throws Error when it is a run without a checkpoint
 */
export function identityOfNetwork(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile() || !isOfRun(path)) return `${path} ${stat?.mtimeMs}`;
  const folder = checkpointFolderOf(path);
  return `${folder} ${statSync(folder).mtimeMs}`;
}

/** The checksum is taken of the bytes on their way into memory: no byte is read twice, however large the file. */
function loadImported(folder: string, options: LoadOptions): LoadedNetwork {
  const file = join(folder, IMPORTED_WEIGHTS);
  const record = readImportRecord(folder);
  const { backbone: recorded, head, patchHead, source, notes } = record;
  const { numHeads, withPatchHead = false, headsAlone = false } = options;
  const { backbone } =
    recorded.kind === 'vit' && numHeads !== undefined
      ? completed(file, recorded, { numHeads })
      : { backbone: recorded };
  requireWhole(folder, record);
  const digesting = new Digesting();
  const parameters = readSafetensors(
    file,
    digesting.add,
    (name) => (withPatchHead || !name.startsWith('ibot_head.')) && !(headsAlone && isOfBackbone(name)),
  );
  requireUnaltered(folder, record, digesting.end());
  if (!headsAlone) requireArchitecture(parameters, prefixed('backbone.', tensorsOf(backbone)), file);
  const { network } = source;
  const name = `${basename(folder)}${network === undefined ? '' : ` (${network})`}`;
  return {
    parameters,
    backbone,
    ...(head && { head }),
    ...(withPatchHead && patchHead && { patchHead }),
    name,
    ...(network !== undefined && { network }),
    notes,
    source,
  };
}

function tensorsOf(backbone: BackboneSpec): NamedSpecs {
  switch (backbone.kind) {
    case 'vit':
      return vitParameters(backbone);
    case 'resnet':
      return { ...resnetParameters(backbone), ...resnetBuffers(backbone) };
  }
}

interface Origin {
  readonly run: string;
  readonly name: string;
  readonly role: string;
  readonly step: number;
  readonly backbone?: BackboneSpec;
  readonly numHeads?: number;
  readonly imageSize?: number;
}

/** What a run tells of a file in one of its checkpoints. */
async function originOf(file: string): Promise<Origin | undefined> {
  const checkpoint = dirname(resolve(file));
  const run = dirname(dirname(checkpoint));
  if (!isCheckpointFolder(checkpoint) || !isRunFolder(run)) return undefined;
  const step = Number(basename(checkpoint));
  const role = basename(file, '.safetensors');
  // A damaged record is no reason to withhold the weights.
  const record = (await openRun(run).catch(() => undefined))?.record;
  if (!record) return { run, name: `${basename(run)}, step ${step}`, role, step };
  return {
    run,
    name: `${record.name}, step ${step}`,
    role,
    step,
    backbone: networkSpec(record.config).backbone,
    numHeads: record.config.num_heads,
    imageSize: record.config.image_size,
  };
}

/** What the tensors of a run's network do not show, its settings do: the dialect that their names have may be another's, too. */
function asTrained(shape: BackboneShape, { backbone }: Origin): BackboneShape {
  if (shape.kind !== 'vit' || backbone?.kind !== 'vit') return shape;
  const { normEps, positions, start } = backbone;
  return { ...shape, normEps, positions, start };
}
