/** DINO: Start Training. A folder, then a preset or a config file; then it runs. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { InitRequest, SurveyAnswer, TrainRequest } from '../../protocol/worker.js';
import { makeRunFolder } from '../../runs/run.js';
import { LEAST_IMAGES, PRESET_NAMES, PRESETS, type PresetName } from '../../settings/presets.js';
import type { EditorSettings } from '../../settings/resolve.js';
import { findConfigFiles } from '../configFiles.js';
import type { Inspector } from '../inspector.js';
import { withoutIcons } from '../plainText.js';
import { type RunList, runsFolderOf } from '../runList.js';
import type { RunsView } from '../runsView.js';
import type { Trainings } from '../trainings.js';
import { pickFolder } from './pickFolder.js';
import { reporting } from './reporting.js';
import { whenToStart } from './whenToStart.js';

export interface StartParts {
  readonly trainings: Trainings;
  readonly inspector: Inspector;
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly output: vscode.LogOutputChannel;
}

/** What a caller that is no person may give, to be asked nothing. */
interface StartGiven {
  readonly preset?: string;
  readonly configFile?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly when?: 'now' | 'queued';
}

const TITLE = vscode.l10n.t('Start Training');

export function registerStartTraining(parts: StartParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.startTraining',
    reporting(parts.output, async (folder: unknown, given: unknown) => {
      const data = folder instanceof vscode.Uri ? folder : await pickFolder(TITLE);
      if (data !== undefined) await startTraining(parts, data, given);
    }),
  );
}

/** The weights that a training starts from. */
export interface StartWeights {
  /** For people. */
  readonly name: string;
  readonly init: InitRequest;
}

/**
 * Asks how to train on these images, and starts it.
 * @param given by a caller that is no person: nobody is asked
 */
export async function startTraining(
  { trainings, inspector, runs, runsView }: StartParts,
  data: vscode.Uri,
  given: unknown,
  weights?: StartWeights,
): Promise<void> {
  const choice = isGiven(given) ? given : await pickStart(inspector, data);
  if (choice === undefined) return;
  const when = isGiven(given) ? (given.when ?? 'now') : await whenToStart(trainings, TITLE);
  if (when === undefined) return;
  const images = path.basename(data.fsPath);
  const name = choice.name ?? (weights === undefined ? images : vscode.l10n.t('{0} from {1}', images, weights.name));
  const run = makeRunFolder(runsRoot(data), name);
  const editor = editorSettings(data);
  const request: TrainRequest = {
    data: data.fsPath,
    run,
    name,
    resume: false,
    ...(choice.preset !== undefined && { preset: choice.preset }),
    ...(choice.configFile !== undefined && { configFile: choice.configFile }),
    ...(editor !== undefined && { editor }),
    ...(weights !== undefined && { init: weights.init }),
    settings: { ...choice.settings },
  };
  trainings.start(request, when);
  await runs.refresh();
  await runsView.reveal(run);
}

/** What VS Code's settings say of a run of these images, from the nearest scope that says anything. */
function editorSettings(data: vscode.Uri): EditorSettings | undefined {
  const found = vscode.workspace.getConfiguration('dino', data).inspect<string>('engine');
  const scopes = [
    ['folder', found?.workspaceFolderValue],
    ['workspace', found?.workspaceValue],
    ['user', found?.globalValue],
  ] as const;
  const nearest = scopes.find(([, engine]) => engine !== undefined);
  return nearest && { scope: nearest[0], settings: { engine: nearest[1] } };
}

const isGiven = (given: unknown): given is StartGiven =>
  typeof given === 'object' && given !== null && ('preset' in given || 'configFile' in given || 'settings' in given);

/** The runs folder of the workspace folder that holds the images, else of the first one. */
function runsRoot(data: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(data) ?? vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error(vscode.l10n.t('Open a folder first: runs are kept in it.'));
  return runsFolderOf(folder);
}

interface StartItem extends vscode.QuickPickItem {
  readonly choice?: StartGiven;
  readonly isConfig?: boolean;
}

/** The presets, the one that suits the images first as soon as they have been looked at. */
async function pickStart(inspector: Inspector, data: vscode.Uri): Promise<StartGiven | undefined> {
  const pick = vscode.window.createQuickPick<StartItem>();
  try {
    pick.title = vscode.l10n.t('Start Training: {0}', path.basename(data.fsPath));
    pick.placeholder = vscode.l10n.t('Which network? (looking at the images…)');
    pick.matchOnDetail = true;
    pick.busy = true;
    pick.items = startItems();
    const failure = inspector.survey(data.fsPath).then(
      (answer) => {
        pick.busy = false;
        pick.placeholder = vscode.l10n.t('Which network? ({0})', surveyText(answer));
        pick.items = startItems(answer.preset);
        return new Promise<never>(() => undefined);
      },
      (error: unknown) => error,
    );
    const picked = new Promise<StartItem | undefined>((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]));
      pick.onDidHide(() => resolve(undefined));
    });
    pick.show();
    const first = await Promise.race([
      picked.then((item) => ({ item })),
      // No images: nothing that could be picked helps.
      failure.then((error) => ({ error })),
    ]);
    if ('error' in first) throw first.error;
    if (first.item?.isConfig) return await pickConfig();
    return first.item?.choice;
  } finally {
    pick.dispose();
  }
}

function startItems(recommended?: string): StartItem[] {
  const preset = (name: PresetName): StartItem => ({
    label: `$(circuit-board) ${PRESETS[name].title}`,
    ...(name === recommended && { description: vscode.l10n.t('$(star-full) recommended for these images') }),
    detail: PRESETS[name].description,
    choice: { preset: name },
  });
  const first = PRESET_NAMES.filter((name) => name === recommended);
  const others = PRESET_NAMES.filter((name) => name !== recommended);
  return [
    ...[...first, ...others].map(preset),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: vscode.l10n.t('$(json) From Config File…'),
      detail: vscode.l10n.t('A JSON file with any of the settings of the original; DINO: Open Config makes one.'),
      isConfig: true,
    },
  ];
}

const surveyText = ({ images, medianSize, leftOut }: SurveyAnswer): string => {
  const count = images.toLocaleString('en');
  const found = medianSize
    ? vscode.l10n.t('{0} images, about {1} × {2}', count, medianSize.width, medianSize.height)
    : vscode.l10n.t('{0} images', count);
  return [
    found,
    ...(images < LEAST_IMAGES ? [vscode.l10n.t('few to learn from: {0} or more are better', LEAST_IMAGES)] : []),
    ...(leftOut === undefined ? [] : [vscode.l10n.t('left out: {0}', leftOut)]),
  ].join('; ');
};

async function pickConfig(): Promise<StartGiven | undefined> {
  const found = await findConfigFiles();
  const items: (vscode.QuickPickItem & { readonly uri?: vscode.Uri })[] = [
    ...found.map((uri) => ({ label: `$(json) ${withoutIcons(vscode.workspace.asRelativePath(uri))}`, uri })),
    { label: vscode.l10n.t('$(folder-opened) Another file…') },
  ];
  const picked: { readonly uri?: vscode.Uri } | undefined =
    found.length === 0
      ? {}
      : await vscode.window.showQuickPick(items, {
          title: vscode.l10n.t('Start Training: config file'),
          placeHolder: vscode.l10n.t('Which settings?'),
        });
  if (picked === undefined) return undefined;
  const [uri] = picked.uri
    ? [picked.uri]
    : ((await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Start Training: config file'),
        filters: { 'DINO config': ['json', 'yaml', 'yml'] },
        openLabel: vscode.l10n.t('Train with these settings'),
      })) ?? []);
  return uri && { configFile: uri.fsPath };
}
