/** DINO: Import Weights… A file or a model's folder of another program becomes a folder that all panels take for a checkpoint. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  askAboutWeights,
  type ImportWeightsAnswer,
  importWeights,
  type SaidOfWeights,
  type WeightsAnswer,
} from '../../protocol/importWork.js';
import { WEIGHTS_ENDINGS } from '../../weights/formats.js';
import { type Imports, weightsFolderOf } from '../imports.js';
import type { Inspector } from '../inspector.js';
import { showError, showInformation } from '../messages.js';
import { withoutIcons } from '../plainText.js';
import { reporting } from './reporting.js';

export interface ImportParts {
  readonly imports: Imports;
  /** A child of its own for long work: attention does not wait for an import. */
  readonly embedder: Inspector;
  /** Shows what was imported. */
  readonly reveal: (folder: string) => Promise<void>;
  readonly output: vscode.LogOutputChannel;
}

/** What a caller that is no person may give, to be asked nothing. */
interface GivenAnswers extends SaidOfWeights {
  readonly numHeads?: number;
}

const TITLE = vscode.l10n.t('Import Weights');

export function registerImportWeights(parts: ImportParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.importWeights',
    reporting(parts.output, async (given: unknown, answers: unknown) => {
      const file = given instanceof vscode.Uri ? given.fsPath : await pickFile();
      if (file !== undefined) await importFrom(file, parts, isGiven(answers) ? answers : undefined);
    }),
  );
}

/** One after the other; what fails is said, and the next is imported all the same. */
export const importDropped =
  (parts: ImportParts) =>
  async (paths: readonly string[]): Promise<void> => {
    if (paths.length === 0) {
      void showError(vscode.l10n.t('What was dropped is no file of this machine: copy it here first.'));
      return;
    }
    for (const file of paths) await reporting(parts.output, () => importFrom(file, parts))();
  };

const isGiven = (answers: unknown): answers is GivenAnswers => typeof answers === 'object' && answers !== null;

/** A model's folder is chosen by a file in it: no dialog takes both on every system. */
async function pickFile(): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: TITLE,
      filters: {
        [vscode.l10n.t('Weights')]: [...WEIGHTS_ENDINGS, 'json'],
        [vscode.l10n.t('All files')]: ['*'],
      },
      openLabel: vscode.l10n.t('Import'),
    })) ?? [];
  return file?.fsPath;
}

async function importFrom(file: string, parts: ImportParts, given?: GivenAnswers): Promise<void> {
  const out = folderFor(file);
  const said = given ?? (await askPerson(file, parts.embedder));
  if (said === undefined) return;
  const answer = await importInto(out, file, said, parts);
  if (answer === undefined) return;
  parts.imports.refresh();
  await parts.reveal(out);
  const done = vscode.l10n.t('{0} was imported as {1}.', path.basename(file), path.basename(out));
  parts.output.info([done, ...answer.notes].join(' '));
  void showInformation([done, ...answer.notes].join(' '));
}

/** What a model's weights are called in every model's folder says nothing. */
const NAMELESS = /^(?:model|pytorch_model|checkpoint|weights|backbone|last|best)(?:[.-].*)?$/i;

/** A new one in the weights folder, by the name of the file. @throws Error when no folder is open */
function folderFor(file: string): string {
  const uri = vscode.Uri.file(file);
  const workspace = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0];
  if (workspace === undefined) throw new Error(vscode.l10n.t('Open a folder first: imported weights are kept in it.'));
  const root = weightsFolderOf(workspace);
  const own = path.basename(file).replace(/\.(?:safetensors|pth|pt|ckpt|bin|json|index\.json)$/i, '');
  const name = NAMELESS.test(own) ? path.basename(path.dirname(file)) || own : own;
  for (let attempt = 1; ; attempt++) {
    const folder = path.join(root, attempt === 1 ? name : `${name}-${attempt}`);
    if (!existsSync(folder)) return folder;
  }
}

/** Only what the file cannot tell. @returns undefined when the person left */
async function askPerson(file: string, embedder: Inspector): Promise<GivenAnswers | undefined> {
  const ask = (said: SaidOfWeights): Promise<WeightsAnswer> =>
    embedder.ask((connection) => connection.sendRequest(askAboutWeights, { path: file, ...said }));
  const first = await ask({});
  const network = first.networks.length > 1 ? await pickNetwork(first) : { chosen: undefined };
  if (network === undefined) return undefined;
  const ofNetwork = network.chosen === undefined ? {} : { network: network.chosen };
  const second = network.chosen === undefined ? first : await ask(ofNetwork);
  const library = second.likeLibraries.length > 0 ? await pickLibrary(second) : { chosen: undefined };
  if (library === undefined) return undefined;
  const said: SaidOfWeights = { ...ofNetwork, ...(library.chosen !== undefined && { library: library.chosen }) };
  const { heads } = library.chosen === undefined ? second : await ask(said);
  if (heads === undefined) return said;
  const numHeads = await pickHeads(heads);
  return numHeads && { ...said, numHeads: numHeads.chosen };
}

/** Undefined: the person left. */
type Picked<T> = { readonly chosen: T } | undefined;

async function pick<T>(
  placeHolder: string,
  items: readonly (vscode.QuickPickItem & { readonly chosen: T })[],
): Promise<Picked<T>> {
  const picked = await vscode.window.showQuickPick(items, { title: TITLE, placeHolder, ignoreFocusOut: true });
  return picked && { chosen: picked.chosen };
}

/** The one that is taken when nobody is asked comes first. */
function pickNetwork({ networks, network }: WeightsAnswer): Promise<Picked<string | undefined>> {
  const ordered = [...networks].sort((a, b) => Number(b === network) - Number(a === network));
  const items = ordered.map((name) => ({
    label: withoutIcons(name),
    ...(name === network && { description: vscode.l10n.t('usual: its features are the better ones') }),
    chosen: name,
  }));
  return pick<string | undefined>(vscode.l10n.t('The file holds several networks. Which one?'), items);
}

function pickLibrary({ library, likeLibraries }: WeightsAnswer): Promise<Picked<string | undefined>> {
  const items = [
    { label: library, description: vscode.l10n.t('as the names of its tensors are'), chosen: undefined },
    ...likeLibraries.map((name) => ({ label: name, chosen: name })),
  ];
  return pick<string | undefined>(
    vscode.l10n.t('Whose network is it? Each resizes positions for other resolutions in its own way.'),
    items,
  );
}

/** Heads are as wide as that in the networks that people have. */
const HEAD_WIDTHS = { least: 8, usual: 64, most: 256 };

function pickHeads({ width, likely }: { readonly width: number; readonly likely?: number }): Promise<Picked<number>> {
  const { least, usual, most } = HEAD_WIDTHS;
  const possible = Array.from({ length: width }, (_, i) => i + 1).filter(
    (heads) => width % heads === 0 && width / heads >= Math.min(least, width / least) && width / heads <= most,
  );
  const distance = (heads: number) => (heads === likely ? -1 : Math.abs(Math.log(width / heads / usual)));
  const items = (possible.length > 0 ? possible : [1])
    .sort((a, b) => distance(a) - distance(b))
    .map((heads) => ({
      label: `${heads}`,
      description:
        heads === likely
          ? vscode.l10n.t('each {0} wide, as in nearly every network', width / heads)
          : vscode.l10n.t('each {0} wide', width / heads),
      chosen: heads,
    }));
  return pick(vscode.l10n.t('How many attention heads? The file does not tell.'), items);
}

let works = 0;

/** Undefined when it was cancelled. */
async function importInto(
  out: string,
  file: string,
  said: GivenAnswers,
  { embedder }: ImportParts,
): Promise<ImportWeightsAnswer | undefined> {
  const id = ++works;
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Importing {0}', path.basename(file)),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    let share = 0;
    const heard = embedder.onImportProgress(({ id: of, done, total }) => {
      if (of !== id || total === 0) return;
      progress.report({ increment: 100 * (done / total - share), message: `${Math.round((100 * done) / total)} %` });
      share = done / total;
    });
    try {
      return await embedder.ask((connection) =>
        connection.sendRequest(importWeights, { id, path: file, out, ...said }, token),
      );
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    } finally {
      heard.dispose();
    }
  });
}
