/** Where the settings of a new run can come from: the config files of the workspace, and the presets. */
import * as vscode from 'vscode';
import { presetsFor } from '../settings/presetChoice.js';
import { type ImageSize, PRESET_NAMES, PRESETS, type PresetName } from '../settings/presets.js';
import { resolveSettings } from '../settings/resolve.js';
import type { Settings } from '../settings/settings.js';
import { findConfigFiles } from './configFiles.js';

export interface SettingsSource {
  readonly id: string;
  readonly label: string;
  readonly preset?: string;
  readonly configFile?: string;
  /**
   * @param size of the image that they are for, when known
   * @throws SettingsError
   */
  settings(size?: ImageSize): Settings;
}

const CONFIG = 'config:';

/** Id of a config file's settings. */
export const configSourceId = (path: string): string => `${CONFIG}${path}`;

/** Config files first. */
export async function settingsSources(): Promise<SettingsSource[]> {
  const files = (await findConfigFiles()).map((uri) => configSource(uri.fsPath));
  return [...files, ...PRESET_NAMES.map(presetSource)];
}

/** The one for somebody who chose none: the first config file, else the preset for a data set that is not yet known. */
export const sourceFor = (sources: readonly SettingsSource[]): SettingsSource =>
  sources.find(({ configFile }) => configFile !== undefined) ?? presetSource(presetsFor(0)[0]);

const configSource = (path: string): SettingsSource => ({
  id: configSourceId(path),
  label: vscode.workspace.asRelativePath(path),
  configFile: path,
  settings: (size) => resolveSettings({ configFile: path, ...(size && { medianSize: size }) }).settings,
});

const presetSource = (preset: PresetName): SettingsSource => ({
  id: `preset:${preset}`,
  label: vscode.l10n.t('Preset: {0}', PRESETS[preset].title),
  preset,
  settings: (size) => resolveSettings({ preset, ...(size && { medianSize: size }) }).settings,
});
