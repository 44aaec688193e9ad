/** Changes a line of a suggestion: one question, whose answers are checked while they are typed. */
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import type { SuggestAnswer, SuggestedSubject } from '../../protocol/suggestWork.js';
import { ENGINE_CHOICES } from '../../settings/parts/machine.js';
import { PRESET_NAMES, PRESETS } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Wanted } from './pickStart.js';
import { SUBJECT_NAMES } from './suggestedItems.js';

/** The setting behind a line; the network is a preset. */
const KEYS = {
  batch: 'batch_size',
  prototypes: 'out_dim',
  crops: 'image_size',
  epochs: 'epochs',
  engine: 'engine',
} as const;

/** @returns undefined when the person left it as it is */
export async function changeSuggestion(
  subject: SuggestedSubject,
  suggestion: SuggestAnswer,
  wanted: Wanted,
): Promise<Wanted | undefined> {
  if (subject === 'network') {
    const preset = await pickPreset();
    // Sizes that were chosen for another network are of no use to this one.
    return preset === undefined ? undefined : { ...wanted, preset };
  }
  const key = KEYS[subject];
  const value = subject === 'engine' ? await pickEngine() : await typeNumber(subject, key, suggestion, wanted);
  return value === undefined ? undefined : { ...wanted, settings: { ...wanted.settings, [key]: value } };
}

async function pickPreset(): Promise<string | undefined> {
  const items = PRESET_NAMES.map((name) => ({
    label: PRESETS[name].title,
    detail: PRESETS[name].description,
    name,
  }));
  const title = SUBJECT_NAMES.network;
  return (await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('Which network?') }))?.name;
}

async function pickEngine(): Promise<string | undefined> {
  const title = SUBJECT_NAMES.engine;
  const placeHolder = vscode.l10n.t('Which engine?');
  return vscode.window.showQuickPick([...ENGINE_CHOICES], { title, placeHolder });
}

async function typeNumber(
  subject: SuggestedSubject,
  key: string,
  { settings, preset }: SuggestAnswer,
  wanted: Wanted,
): Promise<number | undefined> {
  const problemOf = (text: string): string | undefined => {
    try {
      const set = { ...wanted.settings, [key]: Number(text) };
      resolveSettings({ ...(preset !== undefined && { preset }), set });
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  };
  const text = await vscode.window.showInputBox({
    title: `${SUBJECT_NAMES[subject]}: ${key}`,
    value: String(settings[key]),
    validateInput: problemOf,
  });
  return text === undefined ? undefined : Number(text);
}
