/** DINO: Export… A checkpoint's network as a file or folder for another program. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  type ExportAnswer,
  exportCheckpoint,
  FOLDER_ENDING,
  type OfferedExport,
  offeredExports,
} from '../../protocol/exportWork.js';
import { isImport } from '../imports.js';
import type { Inspector } from '../inspector.js';
import { showInformation } from '../messages.js';
import type { RunList } from '../runList.js';
import { chosenCheckpoint } from './chosenCheckpoint.js';
import { reporting } from './reporting.js';

export interface ExportParts {
  readonly runs: RunList;
  /** A child of its own for work that takes long. */
  readonly embedder: Inspector;
  readonly output: vscode.LogOutputChannel;
}

const TITLE = vscode.l10n.t('Export');

export function registerExport({ runs, embedder, output }: ExportParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.export',
    reporting(output, async (given: unknown) => {
      const chosen = await subjectOf(given, runs);
      if (chosen === undefined) return;
      const { formats } = await embedder.ask((connection) => connection.sendRequest(offeredExports));
      const format = await chooseFormat(formats);
      const target = format && (await chooseTarget(format, chosen));
      if (format === undefined || target === undefined) return;
      const answer = await write(format, chosen, target, embedder);
      for (const note of answer.notes) output.info(note);
      output.info([vscode.l10n.t('{0}: to load it', answer.out), ...answer.code].join('\n'));
      // Not waited for: the command is over, whenever the person closes the message.
      void tell(answer, format);
    }),
  );
}

interface Subject {
  readonly checkpoint: string;
  /** For people: `step 1200`. */
  readonly name: string;
  /** What the file is called unless the person says otherwise, without an ending, with its folder. */
  readonly stem: string;
}

/** Imported weights, a row of the checkpoints, a run, or one that is picked. */
async function subjectOf(given: unknown, runs: RunList): Promise<Subject | undefined> {
  if (isImport(given)) return { checkpoint: given.path, name: given.name, stem: given.path };
  const chosen = await chosenCheckpoint(given, runs, TITLE);
  if (chosen === undefined) return undefined;
  const { checkpoint, run } = chosen;
  const step = Number(path.basename(checkpoint));
  const stem = path.join(path.dirname(run.root), `${path.basename(run.dir)}-${step}`);
  return { checkpoint, name: vscode.l10n.t('step {0}', step), stem };
}

async function chooseFormat(formats: readonly OfferedExport[]): Promise<OfferedExport | undefined> {
  const items = formats.map((format) => ({ label: format.title, detail: format.purpose, format }));
  const picked = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: vscode.l10n.t('For which program?'),
    matchOnDetail: true,
  });
  return picked?.format;
}

function chooseTarget({ name, title, ending }: OfferedExport, { stem }: Subject): Thenable<vscode.Uri | undefined> {
  const isFolder = ending === FOLDER_ENDING;
  const proposed = isFolder ? `${stem}-${name}` : `${stem}.${ending}`;
  return vscode.window.showSaveDialog({
    title: isFolder
      ? vscode.l10n.t('Name of the new folder for {0}', title)
      : vscode.l10n.t('Name of the file for {0}', title),
    defaultUri: vscode.Uri.file(proposed),
    saveLabel: vscode.l10n.t('Export'),
    ...(!isFolder && { filters: { [title]: [ending] } }),
  });
}

function write(
  { name, title }: OfferedExport,
  { checkpoint, name: subject }: Subject,
  target: vscode.Uri,
  embedder: Inspector,
): Thenable<ExportAnswer> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Exporting {0} for {1}', subject, title),
  };
  const request = { format: name, checkpoint, out: target.fsPath, replaces: existsSync(target.fsPath) };
  return vscode.window.withProgress(options, () =>
    embedder.ask((connection) => connection.sendRequest(exportCheckpoint, request)),
  );
}

async function tell({ checkpointName, out, code, notes }: ExportAnswer, { title }: OfferedExport): Promise<void> {
  const [copy, reveal] = [vscode.l10n.t('Copy Code'), vscode.l10n.t('Reveal')];
  const said = vscode.l10n.t('{0} was exported for {1}: {2}.', checkpointName, title, path.basename(out));
  const pressed = await showInformation([said, ...notes].join(' '), copy, reveal);
  if (pressed === copy) await vscode.env.clipboard.writeText(`${code.join('\n')}\n`);
  if (pressed === reveal) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(out));
}
