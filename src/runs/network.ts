/** A network's weights from whatever holds them: a run, a checkpoint, a safetensors file, or a file that PyTorch saved. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileProblem } from '../files/fileProblem.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import { patchesPerSide, type VitSpec } from '../method/backbones/vit/spec.js';
import type { HeadSpec } from '../method/heads/dinoHead.js';
import type { NamedHostTensors } from '../program/program.js';
import type { BackboneShape } from '../weights/backbones.js';
import { chooseNetwork } from '../weights/networks.js';
import { readNetwork } from '../weights/readNetwork.js';
import { checkpointFolderOf, isCheckpointFolder } from './checkpoint.js';
import { isRunFolder, openRun } from './run.js';

export interface LoadedNetwork {
  /** `backbone.*`, and `head.*` when the file has a head. */
  readonly parameters: NamedHostTensors;
  readonly backbone: BackboneSpec;
  /** Absent when the file has no projection head of DINO's (`normLastLayer`: whether all norms of the prototypes are 1). */
  readonly head?: HeadSpec;
  /** What a person calls it, e.g. `flowers, step 1200 (teacher)`. */
  readonly name: string;
  /** Which network it is of those that the checkpoint holds, e.g. `teacher`; absent where there is nothing to tell it from. */
  readonly network?: string;
  /** Steps of training behind it, when known. */
  readonly step?: number;
  /** What was decided for the person, and what was left unread: one sentence each. */
  readonly notes: readonly string[];
}

export interface LoadOptions {
  /** Which network, where there are several. Default: the average of the training, see {@link chooseNetwork}. */
  readonly network?: string;
  /** Attention heads, which no weight tells: wins over what the run or the file says. */
  readonly numHeads?: number;
}

/**
 * Loads one network.
 * @param path a run (its latest checkpoint), a checkpoint's folder, or a file of weights under any name (a full checkpoint or a
 *   backbone alone; prefixes such as `module.`, `backbone.`, `teacher.` and `student.` may be there or not)
 * @throws Error with one sentence naming the path and what is wrong
 */
export async function loadNetwork(path: string, options: LoadOptions = {}): Promise<LoadedNetwork> {
  const { file, wanted } = fileOf(path, options.network);
  const { parameters, shape, head, network, ...read } = await readNetwork(file, wanted);
  const origin = await originOf(file);
  const { backbone, note } = completed(path, shape, {
    numHeads: options.numHeads ?? origin?.numHeads ?? read.numHeads,
    imageSize: origin?.imageSize,
  });
  const role = network ?? origin?.role;
  return {
    parameters,
    backbone,
    ...(head && { head }),
    name: `${origin?.name ?? basename(path)}${role === undefined ? '' : ` (${role})`}`,
    ...(role !== undefined && { network: role }),
    ...(origin && { step: origin.step }),
    notes: [...read.notes, ...(note === undefined ? [] : [note])],
  };
}

const ROLES: readonly [Role, ...Role[]] = [{ name: 'teacher' }, { name: 'student' }];

interface Role {
  readonly name: 'teacher' | 'student';
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
  const { name } = chooseNetwork(ROLES, wanted, path);
  return { file: join(checkpointFolderOf(path), `${name}.safetensors`), wanted: undefined };
}

interface Origin {
  readonly name: string;
  readonly role: string;
  readonly step: number;
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
  if (!record) return { name: `${basename(run)}, step ${step}`, role, step };
  return {
    name: `${record.name}, step ${step}`,
    role,
    step,
    numHeads: record.config.num_heads,
    imageSize: record.config.image_size,
  };
}

/** What weights do not tell of a backbone. */
interface Told {
  readonly numHeads: number | undefined;
  readonly imageSize: number | undefined;
}

/** The backbone as it is run, and what was assumed for it. */
function completed(path: string, shape: BackboneShape, told: Told): { backbone: BackboneSpec; note?: string } {
  if (shape.kind === 'resnet') return { backbone: { ...shape, imageSize: told.imageSize ?? RESNET_IMAGE_SIZE } };
  const numHeads = told.numHeads ?? headsByWidth(shape.embedDim, path);
  if (!Number.isInteger(numHeads) || numHeads < 1 || shape.embedDim % numHeads !== 0)
    throw new Error(`${path} cannot have ${numHeads} heads: its width, ${shape.embedDim}, must be a multiple of them.`);
  const backbone = { ...shape, numHeads, imageSize: imageSizeOf(shape, told) };
  if (told.numHeads !== undefined) return { backbone };
  const note = `${path} does not tell how many attention heads it has: ${numHeads}, each ${HEAD_DIM} wide, are assumed (--heads says otherwise).`;
  return { backbone, note };
}

/** Weights tell how many patches the trained images had, not the pixels at their edge that filled none. */
const imageSizeOf = (shape: Pick<VitSpec, 'imageSize' | 'patchSize'>, { imageSize = shape.imageSize }: Told): number =>
  patchesPerSide(shape, imageSize) === patchesPerSide(shape, shape.imageSize) ? imageSize : shape.imageSize;

/** The resolution at which ImageNet's ResNets are evaluated. */
const RESNET_IMAGE_SIZE = 224;

/** As in every network that the authors published. */
const HEAD_DIM = 64;

function headsByWidth(embedDim: number, path: string): number {
  if (embedDim % HEAD_DIM === 0) return embedDim / HEAD_DIM;
  throw new Error(
    `${path} does not tell how many attention heads it has, and its width, ${embedDim}, is not a multiple of ${HEAD_DIM}: say how many (num_heads).`,
  );
}
