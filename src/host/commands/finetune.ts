/** DINO: Fine-Tune… A run that trains a network further on labeled images: that of a checkpoint, of imported weights, or a run's newest. */
import * as vscode from 'vscode';
import { offeredEvaluations } from '../../protocol/evaluationWork.js';
import { latestCheckpoint } from '../../runs/checkpoint.js';
import type { Inspector } from '../inspector.js';
import { pickFolder } from './pickFolder.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';
import { type StartParts, startTraining } from './startTraining.js';
import { checkpointWeights, type Weights, weightsOfRow } from './trainFromWeights.js';
import { whenToStart } from './whenToStart.js';

export interface FinetuneParts extends StartParts {
  /** A child of its own for work on many images. */
  readonly embedder: Inspector;
}

/** What a caller that is no person may give, to be asked nothing. */
interface Given {
  readonly data: vscode.Uri;
  readonly settings: Readonly<Record<string, unknown>>;
}

const TITLE = vscode.l10n.t('Fine-Tune');

export function registerFinetune(parts: FinetuneParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.finetune',
    reporting(parts.output, async (row: unknown, given: unknown) => {
      const weights = await weightsOf(row, parts);
      if (weights === undefined) return;
      const answers = isGiven(given) ? given : await ask(parts);
      if (answers === undefined) return;
      const { data, settings } = answers;
      const when = isGiven(given) ? 'now' : await whenToStart(parts.trainings, TITLE);
      if (when === undefined) return;
      const start = { settings: { ...settings, method: 'finetune' }, when };
      await startTraining(parts, data, start, { name: weights.name, init: { path: weights.path } });
    }),
  );
}

const isGiven = (given: unknown): given is Given =>
  typeof given === 'object' &&
  given !== null &&
  'data' in given &&
  given.data instanceof vscode.Uri &&
  'settings' in given;

/** A row of checkpoints or of runs; else a run that the person picks. */
async function weightsOf(row: unknown, { runs }: FinetuneParts): Promise<Weights | undefined> {
  const ofRow = await weightsOfRow(row);
  if (ofRow !== undefined) return ofRow;
  const run = await pickRun(runs, row, TITLE, ({ run }) => run !== undefined);
  if (run === undefined) return undefined;
  const latest = latestCheckpoint(run.dir);
  if (latest === undefined)
    throw new Error(vscode.l10n.t('{0} has no checkpoint yet: there is nothing to fine-tune.', run.summary.name));
  return checkpointWeights(latest.path);
}

/** Which images are learned, what their classes are, and what tests the network. @returns undefined when the person left */
async function ask({ embedder }: FinetuneParts): Promise<Given | undefined> {
  const data = await pickFolder(TITLE);
  if (data === undefined) return undefined;
  const labels = await labelsOf(data, embedder);
  const tested = labels && (await pickTest(embedder));
  return tested && { data, settings: { ...settingsOf(labels, 'finetune_labels'), ...tested } };
}

/** `{}` where the images say their classes themselves. */
interface Labels {
  readonly table?: vscode.Uri;
}

/** Images without classes need a table of them. @returns undefined when the person left */
async function labelsOf(images: vscode.Uri, embedder: Inspector): Promise<Labels | undefined> {
  const { evaluations } = await embedder.ask((connection) =>
    connection.sendRequest(offeredEvaluations, { data: images.fsPath }),
  );
  // k-NN needs classes, and nothing else.
  if (evaluations.some(({ name, inputs }) => name === 'knn' && inputs !== undefined)) return {};
  const [table] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('{0}: a table of the classes, for these images have no folders of classes', TITLE),
      filters: { [vscode.l10n.t('Tables')]: ['csv', 'tsv', 'txt'] },
      openLabel: vscode.l10n.t('Take the classes from this table'),
    })) ?? [];
  return table && { table };
}

const settingsOf = ({ table }: Labels, key: 'finetune_labels' | 'finetune_test_labels') =>
  table === undefined ? {} : { [key]: table.fsPath };

/** @returns settings; undefined when the person left */
async function pickTest(embedder: Inspector): Promise<Readonly<Record<string, unknown>> | undefined> {
  const items = [
    {
      label: vscode.l10n.t('A Tenth of Each Class'),
      detail: vscode.l10n.t('It is held out: the network does not learn from these images.'),
      isHeldOut: true,
    },
    {
      label: vscode.l10n.t('Other Images…'),
      detail: vscode.l10n.t('A folder with the same classes.'),
      isHeldOut: false,
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: vscode.l10n.t('Which images test the network while it learns?'),
  });
  if (picked === undefined || picked.isHeldOut) return picked && {};
  const images = await pickFolder(vscode.l10n.t('{0}, test', TITLE));
  const labels = images && (await labelsOf(images, embedder));
  return labels && { finetune_test: images.fsPath, ...settingsOf(labels, 'finetune_test_labels') };
}
