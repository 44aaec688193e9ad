/** Settings that were found by trying, written into a config file that the person chooses. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import writeFileAtomic from 'write-file-atomic';
import { withConfigValues } from '../settings/configFile.js';
import { resolveSettings } from '../settings/resolve.js';
import { SETTING_KEYS, type Settings } from '../settings/settings.js';
import { findConfigFiles } from './configFiles.js';
import { withoutIcons } from './plainText.js';
import type { SettingsSource } from './settingsSources.js';

/**
 * Asks for the file, existing or new, writes what differs from what it says already, and shows it. An existing file keeps its comments and
 * its other keys, and the change can be undone in its editor. A new one says what the settings were taken from.
 * @param changed the settings that were tried
 * @param from what they were tried on top of
 * @returns the file; undefined when the person chose none
 * @throws SettingsError when they do not go together with what else the file says
 */
export async function writeSettings(changed: Partial<Settings>, from: SettingsSource): Promise<vscode.Uri | undefined> {
  const target = await chooseTarget(from);
  if (target === undefined) return undefined;
  if (target.exists) await changeFile(target.uri, changed);
  else await makeFile(target.uri, changed, from);
  await vscode.window.showTextDocument(target.uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
  return target.uri;
}

interface Target {
  readonly uri: vscode.Uri;
  readonly exists: boolean;
}

/** The file that the settings are from comes first. */
async function chooseTarget({ configFile }: SettingsSource): Promise<Target | undefined> {
  const found = await findConfigFiles();
  const isFrom = ({ fsPath }: vscode.Uri) => fsPath === configFile;
  const ordered = [...found.filter(isFrom), ...found.filter((uri) => !isFrom(uri))];
  const items: (vscode.QuickPickItem & { readonly uri?: vscode.Uri })[] = [
    ...ordered.map((uri) => ({ label: `$(json) ${withoutIcons(vscode.workspace.asRelativePath(uri))}`, uri })),
    { label: vscode.l10n.t('$(new-file) New Config File…') },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Use These Settings'),
    placeHolder: vscode.l10n.t('Which config file to write them into?'),
  });
  if (picked === undefined) return undefined;
  const uri = picked.uri ?? (await askForNewFile());
  return uri && { uri, exists: existsSync(uri.fsPath) };
}

async function askForNewFile(): Promise<vscode.Uri | undefined> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const proposed = folder && ['dino.json', 'crops.dino.json'].map((name) => vscode.Uri.joinPath(folder.uri, name));
  const free = proposed?.find(({ fsPath }) => !existsSync(fsPath)) ?? proposed?.at(-1);
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Use These Settings: new config file'),
    filters: { 'DINO config': ['json'] },
    ...(free && { defaultUri: free }),
  });
}

async function changeFile(uri: vscode.Uri, changed: Partial<Settings>): Promise<void> {
  const configFile = uri.fsPath;
  // What is checked, and written, is the file: an editor may show what it was a moment ago. It follows, and can undo the change.
  const open = vscode.workspace.textDocuments.find(({ uri: { fsPath } }) => fsPath === configFile);
  if (open?.isDirty && !(await open.save())) {
    throw new Error(
      vscode.l10n.t(
        'The settings could not be written into {0}: its editor has changes that cannot be saved.',
        configFile,
      ),
    );
  }
  resolveSettings({ configFile, set: changed });
  const differing = differences(changed, resolveSettings({ configFile }).settings);
  await writeFileAtomic(configFile, withConfigValues(await readFile(configFile, 'utf8'), differing));
}

async function makeFile(uri: vscode.Uri, changed: Partial<Settings>, from: SettingsSource): Promise<void> {
  const { preset, configFile } = from;
  let text: string;
  if (configFile === undefined) {
    const start = preset === undefined ? {} : { preset };
    const base = resolveSettings(start).settings;
    text = withConfigValues(JSON.stringify(start, null, 2), differences({ ...from.settings(), ...changed }, base));
  } else {
    const original = (await vscode.workspace.openTextDocument(configFile)).getText();
    text = withConfigValues(original, differences(changed, from.settings()));
  }
  await vscode.workspace.fs.writeFile(uri, Buffer.from(`${text.trimEnd()}\n`));
}

/** The settings whose values are not those of the base. */
const differences = (settings: Partial<Settings>, base: Settings): Partial<Settings> =>
  Object.fromEntries(
    SETTING_KEYS.filter(
      (key) => settings[key] !== undefined && JSON.stringify(settings[key]) !== JSON.stringify(base[key]),
    ).map((key) => [key, settings[key]]),
  );
