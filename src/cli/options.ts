/** Options that several commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINE_NAMES, type EngineName } from '../engines/abilities.js';
import { METHOD_NAMES } from '../method/methods/names.js';

export type EngineChoice = EngineName | 'auto';

export const engineOption = (): Option =>
  new Option('--engine <name>', 'what computes: `dino engines` lists what this machine has').choices([
    'auto',
    ...ENGINE_NAMES,
  ]);

/** What learns from labels has a command of its own. */
const TRAINED_WITHOUT_LABELS = METHOD_NAMES.filter((name) => name !== 'finetune');

export const methodOption = (): Option =>
  new Option(
    '--method <name>',
    'the method of training; when left out, the preset decides, and where there is none the images do',
  ).choices(TRAINED_WITHOUT_LABELS);

export const withOutputOptions = (command: Command): Command =>
  command
    .option('--json', 'make the last line of stdout one JSON object', false)
    .option('--verbose', 'say more, and show stacks of errors', false);

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number, at least 1.');
  return count;
}

/** A number in (0, 1]. */
export function parseShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return share;
}

/** A pixel of an image, from its left upper corner. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
}

export function parsePoint(text: string): ImagePoint {
  const [x = -1, y = -1, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!(x >= 0 && y >= 0) || more.length > 0)
    throw new InvalidArgumentError('It must be two numbers, such as 120,80: pixels from the left and from the top.');
  return { x, y };
}

/** Collects `--set key=value`; what keys and values are allowed is the settings' matter. */
export function collectSetting(text: string, settings: readonly string[]): readonly string[] {
  if (text.indexOf('=') < 1) throw new InvalidArgumentError('It must look like key=value.');
  return [...settings, text];
}

/** Where a network's weights are, and which of those there; see `loadNetwork`. */
export const withCheckpointOptions = (command: Command): Command =>
  withNetworkOptions(
    command.requiredOption(
      '--checkpoint <path>',
      'a run, a checkpoint folder, imported weights, a file of weights (safetensors or PyTorch), or a model of transformers or timm',
    ),
  );

/** Which of the networks, and what weights do not tell. */
export const withNetworkOptions = (command: Command): Command =>
  command
    .addOption(headsOption())
    .option(
      '--network <name>',
      'the network to use where a checkpoint holds several, such as student (default: the average of the training: a teacher, an EMA)',
    )
    .option('--library <name>', 'whose weights these are, where their names do not tell, such as timm');

export interface CheckpointOptions {
  readonly checkpoint: string;
  readonly heads?: number;
  readonly network?: string;
  readonly library?: string;
}

/** For `loadNetwork`. */
export const loadOptions = ({ heads, network, library }: Omit<CheckpointOptions, 'checkpoint'>) => ({
  ...(heads !== undefined && { numHeads: heads }),
  ...(network !== undefined && { network }),
  ...(library !== undefined && { library }),
});

/** Weights do not tell the number of heads; runs and the published architectures do. */
const headsOption = (): Option =>
  new Option('--heads <n>', 'attention heads of the network, where the checkpoint does not tell').argParser(parseCount);

export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new InvalidArgumentError('It must be a whole number.');
  return seed;
}
