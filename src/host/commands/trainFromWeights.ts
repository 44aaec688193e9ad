/** DINO: Train From These Weights… A run whose student and teacher start from a checkpoint or from imported weights. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { openRun } from '../../runs/run.js';
import { type Imports, isImport, type ListedImport } from '../imports.js';
import { withoutIcons } from '../plainText.js';
import { pickFolder } from './pickFolder.js';
import { reporting } from './reporting.js';
import { type StartParts, startTraining } from './startTraining.js';

export interface TrainFromWeightsParts extends StartParts {
  readonly imports: Imports;
}

/** What a caller that is no person may give, beside what a start may be given. */
interface GivenHead {
  readonly data: vscode.Uri;
  readonly head: 'new' | 'kept';
}

const TITLE = vscode.l10n.t('Train From These Weights');

export function registerTrainFromWeights(parts: TrainFromWeightsParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.trainFromWeights',
    reporting(parts.output, async (row: unknown, given: unknown) => {
      const weights = await weightsOf(row, parts.imports);
      if (weights === undefined) return;
      const answers = isGiven(given) ? given : undefined;
      const head = answers?.head ?? (await pickHead(weights));
      if (head === undefined) return;
      const data = answers?.data ?? (await pickFolder(TITLE));
      if (data === undefined) return;
      await startTraining(parts, data, given, { name: weights.name, init: { path: weights.path, head } });
    }),
  );
}

const isGiven = (given: unknown): given is GivenHead =>
  typeof given === 'object' &&
  given !== null &&
  'data' in given &&
  given.data instanceof vscode.Uri &&
  'head' in given &&
  (given.head === 'new' || given.head === 'kept');

export interface Weights {
  readonly path: string;
  readonly name: string;
  /** Width of the output of their projection head; absent: they have none. */
  readonly outDim?: number;
}

/** Of a row of the Checkpoints view; else of an import that the person picks. */
async function weightsOf(row: unknown, imports: Imports): Promise<Weights | undefined> {
  const ofRow = await weightsOfRow(row);
  if (ofRow !== undefined) return ofRow;
  const items = imports.all
    .filter(({ record }) => typeof record !== 'string')
    .map((one) => ({ label: withoutIcons(one.name), one }));
  if (items.length === 0)
    throw new Error(vscode.l10n.t('There are no imported weights yet: import some, or choose a checkpoint.'));
  const picked = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: vscode.l10n.t('Which weights?'),
  });
  return picked && imported(picked.one);
}

/** Undefined for anything that is no row of the Checkpoints view. */
export async function weightsOfRow(row: unknown): Promise<Weights | undefined> {
  if (isImport(row)) return imported(row);
  const isCheckpoint =
    typeof row === 'object' && row !== null && 'path' in row && typeof row.path === 'string' && 'step' in row;
  return isCheckpoint ? checkpointWeights(String(row.path)) : undefined;
}

/** @throws Error with one sentence, when its record cannot be read */
function imported({ path: folder, name, record }: ListedImport): Weights {
  if (typeof record === 'string') throw new Error(record);
  return { path: folder, name, ...(record.head && { outDim: record.head.outDim }) };
}

export async function checkpointWeights(folder: string): Promise<Weights> {
  const { record } = await openRun(path.dirname(path.dirname(folder)));
  const name = vscode.l10n.t('{0}, step {1}', record.name, Number(path.basename(folder)));
  const { method, out_dim } = record.config;
  // A fine-tuned network has no projection head.
  return { path: folder, name, ...(method === 'dino' && { outDim: out_dim }) };
}

/** Nothing is asked of weights without a head. @returns undefined when the person left */
async function pickHead({ name, outDim }: Weights): Promise<'new' | 'kept' | undefined> {
  if (outDim === undefined) return 'new';
  const items = [
    {
      label: vscode.l10n.t('New Projection Head'),
      detail: vscode.l10n.t('For other images: keeps the backbone, and learns new prototypes.'),
      head: 'new' as const,
    },
    {
      label: vscode.l10n.t('Keep the Projection Head'),
      detail: vscode.l10n.t(
        'For the same or similar images: keeps the backbone, the head and its {0} prototypes.',
        outDim,
      ),
      head: 'kept' as const,
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `${TITLE}: ${name}`,
    placeHolder: vscode.l10n.t('Which projection head?'),
  });
  return picked?.head;
}
