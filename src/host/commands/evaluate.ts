/** DINO: Evaluate… How good a checkpoint's features are on the images that its run learns from, or imported ones' on a folder of images. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import {
  type EvaluateAnswer,
  evaluate,
  type OfferedEvaluation,
  offeredEvaluations,
} from '../../protocol/evaluationWork.js';
import type { CheckpointsView } from '../checkpointsView.js';
import { isImport, type ListedImport } from '../imports.js';
import type { Inspector } from '../inspector.js';
import { showInformation } from '../messages.js';
import type { ListedRun, RunList } from '../runList.js';
import type { RunsView } from '../runsView.js';
import { chosenCheckpoint } from './chosenCheckpoint.js';
import { pickFolder } from './pickFolder.js';
import { reporting } from './reporting.js';

export interface EvaluateParts {
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly checkpointsView: CheckpointsView;
  /** A child of its own for work on many images. */
  readonly embedder: Inspector;
  readonly output: vscode.LogOutputChannel;
}

const TITLE = vscode.l10n.t('Evaluate');

export function registerEvaluate(parts: EvaluateParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.evaluate',
    reporting(parts.output, async (given: unknown, wanted: unknown) => {
      const subject = isImport(given) ? await importedSubject(given, wanted) : await subjectOf(given, parts.runs);
      if (subject === undefined) return;
      const chosen = await choose(await offeredFor(subject, wanted, parts.embedder), wanted);
      if (chosen.length > 0) await evaluateAll(chosen, subject, parts);
    }),
  );
}

interface Subject {
  /** Absent: it is of no run. */
  readonly run?: string;
  readonly checkpoint: string;
  /** For people. */
  readonly name: string;
  /** What it is evaluated on. */
  readonly data: string;
}

/** Nothing says which images go with imported weights. @param wanted may name them: `{ data }` */
async function importedSubject({ path, name }: ListedImport, wanted: unknown): Promise<Subject | undefined> {
  const given = typeof wanted === 'object' && wanted !== null && 'data' in wanted ? wanted.data : undefined;
  const data = typeof given === 'string' ? given : (await pickFolder(TITLE))?.fsPath;
  return data === undefined ? undefined : { checkpoint: path, name, data };
}

const stepName = (checkpoint: string): string => vscode.l10n.t('step {0}', Number(basename(checkpoint)));

async function subjectOf(given: unknown, runs: RunList): Promise<Subject | undefined> {
  const chosen = await chosenCheckpoint(given, runs, TITLE);
  if (chosen === undefined) return undefined;
  const { checkpoint, run } = chosen;
  return { run: run.dir, checkpoint, name: stepName(checkpoint), data: dataOf(run) };
}

function dataOf({ summary: { name, run } }: ListedRun): string {
  const path = run?.record.dataset.path;
  if (path === undefined || !existsSync(path))
    throw new Error(vscode.l10n.t('The images that {0} learns from are not there any more: {1}.', name, path ?? '–'));
  return path;
}

/** Those that fit, of all or of those that are `wanted`. @throws Error that says what the images lack, when none does */
async function offeredFor({ data }: Subject, wanted: unknown, embedder: Inspector): Promise<OfferedEvaluation[]> {
  const { evaluations } = await embedder.ask((connection) => connection.sendRequest(offeredEvaluations, { data }));
  const names = namesOf(wanted);
  const asked = evaluations.filter(({ name }) => names?.includes(name) ?? true);
  const fitting = asked.filter(({ inputs }) => inputs !== undefined);
  if (fitting.length > 0) return fitting;
  const lacks = [...new Set(asked.flatMap(({ unfit }) => unfit ?? []))].join('; ');
  throw new Error(vscode.l10n.t('No evaluation fits the images in {0}: {1}.', data, lacks));
}

/** Of `{ evaluations: [name, …] }`, by which nobody is asked; undefined of anything else. */
function namesOf(wanted: unknown): readonly unknown[] | undefined {
  const names =
    typeof wanted === 'object' && wanted !== null && 'evaluations' in wanted ? wanted.evaluations : undefined;
  return Array.isArray(names) ? names : undefined;
}

async function choose(offered: readonly OfferedEvaluation[], wanted: unknown): Promise<readonly OfferedEvaluation[]> {
  if (namesOf(wanted) !== undefined) return offered;
  const items = offered.map((evaluation) => ({
    label: evaluation.title,
    detail: evaluation.description,
    picked: evaluation === offered[0],
    evaluation,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: vscode.l10n.t('Which evaluations?'),
    canPickMany: true,
  });
  return picked?.map(({ evaluation }) => evaluation) ?? [];
}

async function evaluateAll(
  chosen: readonly OfferedEvaluation[],
  subject: Subject,
  { embedder, output, runsView, checkpointsView }: EvaluateParts,
): Promise<void> {
  const done: string[] = [];
  for (const evaluation of chosen) {
    const answer = await evaluateOne(evaluation, subject, embedder);
    if (answer === undefined) break;
    const text = `${evaluation.title}: ${answer.lines.join('; ')}`;
    output.info(`${answer.checkpointName}: ${text}`);
    done.push(text);
    if (answer.file === undefined) continue;
    if (subject.run === undefined) continue;
    if (runsView.selected?.dir !== subject.run) await runsView.reveal(subject.run);
    await checkpointsView.revealResult(answer.file);
  }
  if (done.length > 0) void showInformation(done.join(' '));
}

let works = 0;

/** Undefined when it was stopped. */
async function evaluateOne(
  { name, title, inputs = {} }: OfferedEvaluation,
  { checkpoint, name: of }: Subject,
  embedder: Inspector,
): Promise<EvaluateAnswer | undefined> {
  const id = ++works;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('{0} of {1}', title, of),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const heard = embedder.onEvaluationProgress((value) => {
      if (value.id !== id) return;
      progress.report({ message: vscode.l10n.t('{0}: {1} of {2}', value.of, value.done, value.total) });
    });
    try {
      return await embedder.ask((connection) =>
        connection.sendRequest(evaluate, { id, name, checkpoint, inputs }, token),
      );
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw new Error(errorMessage(error));
    } finally {
      heard.dispose();
    }
  });
}
