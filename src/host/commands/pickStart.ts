/** Asks how to train on a folder of images: by what is suggested for them, with changes, by a preset, or by a config file. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import { type SuggestAnswer, type SuggestQuestion, suggest, type TrialAnswer } from '../../protocol/suggestWork.js';
import type { SurveyAnswer } from '../../protocol/worker.js';
import { LEAST_IMAGES, PRESET_NAMES, PRESETS, type PresetName } from '../../settings/presets.js';
import { findConfigFiles } from '../configFiles.js';
import type { Inspector } from '../inspector.js';
import { withoutIcons } from '../plainText.js';
import { changeSuggestion } from './changeSuggestion.js';
import type { StartGiven } from './startTraining.js';
import { suggestedItems } from './suggestedItems.js';

export interface PickStartParts {
  readonly inspector: Inspector;
  /** Measures the first steps; absent: something is being trained, beside which nothing can be measured. */
  readonly tryOut?: (question: SuggestQuestion, token: vscode.CancellationToken) => Promise<TrialAnswer | null>;
  readonly output: vscode.LogOutputChannel;
}

/** What the person wants other than it is suggested. */
export interface Wanted {
  readonly preset?: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface StartItem extends vscode.QuickPickItem {
  readonly choice?: StartGiven;
  readonly isConfig?: boolean;
  /** Which line of the suggestion is to be changed. */
  readonly change?: SuggestAnswer['lines'][number]['subject'];
}

/** @param base what is known of the training; the answer is to be put on top of it */
export async function pickStart(
  parts: PickStartParts,
  base: Omit<SuggestQuestion, 'preset' | 'settings'>,
): Promise<StartGiven | undefined> {
  const survey = parts.inspector.survey(base.data);
  let wanted: Wanted = { settings: {} };
  for (;;) {
    const picked = await showStart(parts, base, wanted, survey);
    if (picked === undefined) return undefined;
    const { item, suggestion } = picked;
    if (item.isConfig === true) return pickConfig();
    if (item.change === undefined || suggestion === undefined) return item.choice;
    wanted = (await changeSuggestion(item.change, suggestion, wanted)) ?? wanted;
  }
}

interface PickedStart {
  readonly item: StartItem;
  readonly suggestion: SuggestAnswer | undefined;
}

/** The suggestion comes first, then the presets. Each keeps its row from the beginning, whatever comes to be known of it. */
async function showStart(
  { inspector, tryOut, output }: PickStartParts,
  base: Omit<SuggestQuestion, 'preset' | 'settings'>,
  wanted: Wanted,
  survey: Promise<SurveyAnswer>,
): Promise<PickedStart | undefined> {
  const pick = vscode.window.createQuickPick<StartItem>();
  const cancel = new vscode.CancellationTokenSource();
  let [surveyed, suggestion, trial]: [SurveyAnswer?, SuggestAnswer?, (TrialAnswer | string | null)?] = [];
  const show = () => {
    const [active] = pick.activeItems;
    const row = active === undefined ? 0 : pick.items.indexOf(active);
    pick.items = [
      ...suggestedItems(suggestion, trial ?? undefined, tryOut !== undefined),
      ...startItems(surveyed?.preset),
    ];
    // What is looked at stays what is looked at while the figures come in.
    const same = pick.items[row];
    if (same !== undefined && row > 0) pick.activeItems = [same];
  };
  const look = async (): Promise<never> => {
    surveyed = await survey;
    pick.placeholder = vscode.l10n.t('Which network? ({0})', surveyText(surveyed));
    show();
    const question = { ...base, ...wanted };
    const answer = await inspector.ask((connection) => connection.sendRequest(suggest, question, cancel.token));
    suggestion = answer;
    show();
    if (tryOut !== undefined && !cancel.token.isCancellationRequested) {
      const settings = { ...wanted.settings, ...answer.set };
      const { insteadPreset: preset, memory = 0, free } = answer;
      const measured = { ...question, ...(preset !== undefined && { preset }), settings };
      trial = memory > free ? 'there is not enough memory' : await tryOut(measured, cancel.token).catch(errorMessage);
      trial ??= 'the first step takes too long';
      if (typeof trial === 'string') output.debug(`the first steps could not be measured: ${trial}`);
      show();
    }
    pick.busy = false;
    return new Promise<never>(() => undefined);
  };
  try {
    pick.title = vscode.l10n.t('Start Training: {0}', path.basename(base.data));
    pick.placeholder = vscode.l10n.t('Which network? (looking at the images…)');
    pick.matchOnDetail = true;
    pick.ignoreFocusOut = true;
    pick.busy = true;
    show();
    const picked = new Promise<StartItem | undefined>((resolve) => {
      pick.onDidAccept(() => {
        const [item] = pick.selectedItems;
        // What is not known yet cannot be chosen.
        if (item !== undefined && isChoice(item)) resolve(item);
      });
      pick.onDidHide(() => resolve(undefined));
    });
    const failure = look().catch((error: unknown) => error);
    pick.show();
    const first = await Promise.race([
      picked.then((item) => ({ item })),
      // No images: nothing that could be picked helps.
      failure.then((error) => ({ error })),
    ]);
    if ('error' in first) throw first.error;
    return first.item && { item: first.item, suggestion };
  } finally {
    cancel.cancel();
    cancel.dispose();
    pick.dispose();
  }
}

const isChoice = ({ choice, isConfig, change }: StartItem): boolean =>
  choice !== undefined || change !== undefined || isConfig === true;

function startItems(recommended: string | undefined): StartItem[] {
  const preset = (name: PresetName): StartItem => ({
    label: `$(circuit-board) ${PRESETS[name].title}`,
    ...(name === recommended && { description: vscode.l10n.t('$(star-full) recommended for these images') }),
    detail: PRESETS[name].description,
    choice: { preset: name },
  });
  return [
    { label: vscode.l10n.t('Presets'), kind: vscode.QuickPickItemKind.Separator },
    ...PRESET_NAMES.map(preset),
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
