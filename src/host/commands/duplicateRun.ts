/** DINO: Duplicate Run. A new run of the same images, with some settings changed. */
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import type { TrainRequest } from '../../protocol/worker.js';
import { makeRunFolder } from '../../runs/run.js';
import { resolveSettings } from '../../settings/resolve.js';
import { SETTING_KEYS, type SettingKey, type Settings } from '../../settings/settings.js';
import type { RunList } from '../runList.js';
import type { RunsView } from '../runsView.js';
import type { Trainings } from '../trainings.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';
import { whenToStart } from './whenToStart.js';

export interface DuplicateParts {
  readonly trainings: Trainings;
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly output: vscode.LogOutputChannel;
}

const TITLE = vscode.l10n.t('Duplicate Run');

export function registerDuplicateRun({ trainings, runs, runsView, output }: DuplicateParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.duplicateRun',
    reporting(output, async (given: unknown, changes: unknown) => {
      const listed = await pickRun(runs, given, TITLE, ({ run }) => run !== undefined);
      const original = listed?.summary.run;
      if (listed === undefined || original === undefined) return;
      const { config, dataset, preset, name } = original.record;
      const isGiven = typeof changes === 'object' && changes !== null && !Array.isArray(changes);
      const settings = isGiven ? withChanges(config, { ...changes }) : await askForSettings(name, config);
      if (settings === undefined) return;
      const when = isGiven ? 'now' : await whenToStart(trainings, TITLE);
      if (when === undefined) return;
      const changed = SETTING_KEYS.filter((key) => textOf(settings[key]) !== textOf(config[key]));
      const newName = [name, ...changed.map((key) => `${key} ${textOf(settings[key])}`)].join(', ').slice(0, 200);
      const run = makeRunFolder(listed.root, newName);
      const request: TrainRequest = {
        data: dataset.path,
        run,
        name: newName,
        resume: false,
        ...(preset !== undefined && { preset }),
        settings: { ...settings },
      };
      trainings.start(request, when);
      await runs.refresh();
      await runsView.reveal(run);
    }),
  );
}

/** @throws SettingsError when they do not go together */
const withChanges = (config: Settings, set: Readonly<Record<string, unknown>> | readonly string[]): Settings =>
  resolveSettings({ run: config, set }).settings;

/** As one types it: `0.001`, `[0.4, 1]`, `true`. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : Array.isArray(value) ? `[${value.join(', ')}]` : String(value);

interface SettingItem extends vscode.QuickPickItem {
  readonly key?: SettingKey;
}

/** One setting after the other, until the person starts it; undefined when they leave. */
async function askForSettings(name: string, config: Settings): Promise<Settings | undefined> {
  let settings = config;
  for (;;) {
    const key = await pickSetting(name, config, settings);
    if (key === undefined) return undefined;
    if (key === 'start') return settings;
    settings = (await changeSetting(key, settings)) ?? settings;
  }
}

async function pickSetting(
  name: string,
  config: Settings,
  settings: Settings,
): Promise<SettingKey | 'start' | undefined> {
  const item = (key: SettingKey): SettingItem => {
    const [was, is] = [textOf(config[key]), textOf(settings[key])];
    return { label: key, description: was === is ? is : `$(edit) ${was} → ${is}`, key };
  };
  const changed = SETTING_KEYS.filter((key) => textOf(settings[key]) !== textOf(config[key]));
  const items: SettingItem[] = [
    {
      label: vscode.l10n.t('$(play) Start Training'),
      detail:
        changed.length === 0
          ? vscode.l10n.t('With the same settings.')
          : vscode.l10n.t('With other {0}.', changed.join(', ')),
    },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...[...changed, ...SETTING_KEYS.filter((key) => !changed.includes(key))].map(item),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `${TITLE}: ${name}`,
    placeHolder: vscode.l10n.t('Which setting to change?'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return picked && (picked.key ?? 'start');
}

async function changeSetting(key: SettingKey, settings: Settings): Promise<Settings | undefined> {
  const attempt = (text: string): Settings | string => {
    try {
      return withChanges(settings, [`${key}=${text.trim()}`]);
    } catch (error) {
      return errorMessage(error);
    }
  };
  const text = await vscode.window.showInputBox({
    title: `${TITLE}: ${key}`,
    value: textOf(settings[key]),
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const result = attempt(typed);
      return typeof result === 'string' ? result : undefined;
    },
  });
  if (text === undefined) return undefined;
  const result = attempt(text);
  return typeof result === 'string' ? undefined : result;
}
