/** How the settings of a run are put together from a preset, VS Code's settings, a config file and single settings. */
import { readConfigFile } from './configFile.js';
import { fittedToData } from './fittedToData.js';
import { parseKeyValues } from './keyValue.js';
import { type Layer, mergeLayers } from './layers.js';
import {
  choosePreset,
  isPresetName,
  outDimFor,
  type PictureSize,
  PRESET_NAMES,
  PRESETS,
  type PresetName,
} from './presets.js';
import { SettingsError, shown } from './problems.js';
import { SETTING_KEYS, SETTINGS, type SettingKey, type Settings } from './settings.js';

/**
 * Where a setting's value comes from: the original's default, the preset, the config file, a single setting, the run
 * that is resumed, VS Code's settings, or derived from other facts (the number of images, their size, the epochs, the processor cores).
 */
export type SettingOrigin = 'default' | 'preset' | 'editor' | 'file' | 'set' | 'run' | 'derived';

/** What VS Code's own settings say about new runs. A config file is nearer to a run, and wins. */
export interface EditorSettings {
  /** Where it is set: for the folder in the workspace, the workspace, or the user. */
  readonly scope: 'folder' | 'workspace' | 'user';
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SettingsRequest {
  /** Wins over the preset that the config file names. When neither is given and there is no config file and no run, it is chosen by the data set. */
  readonly preset?: string;
  /** A JSON file (comments allowed) of settings, and possibly `preset`. */
  readonly configFile?: string;
  readonly editor?: EditorSettings;
  /** Single settings, by key or as `key=value`. */
  readonly set?: Readonly<Record<string, unknown>> | readonly string[];
  /** The settings of a run to go on with, which take the place of the defaults and of a preset. */
  readonly run?: Settings;
  /** Number of images of the data set, when known. */
  readonly images?: number;
  /** Median size of its pictures, when known. */
  readonly pictureSize?: PictureSize;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origin: Readonly<Record<SettingKey, SettingOrigin>>;
  readonly preset?: PresetName;
}

/**
 * Defaults, then preset, VS Code's settings, config file, and single settings, each winning over those before it.
 * @throws SettingsError naming every unknown key, value out of range, and pair of settings that do not fit together
 */
export function resolveSettings(request: SettingsRequest = {}): ResolvedSettings {
  const file = request.configFile === undefined ? undefined : readConfigFile(request.configFile);
  const { preset: presetOfFile, $schema: _editorHint, ...fileSettings } = file?.values ?? {};
  const preset = presetFor(request, presetOfFile);

  const layers: Layer<SettingOrigin>[] = [];
  if (request.run) layers.push({ origin: 'run', where: ' in the run', values: request.run });
  const set = singleSettings(request.set ?? {});
  if (preset) {
    layers.push({ origin: 'preset', where: ` in the preset ${preset}`, values: PRESETS[preset].settings });
    layers.push({ origin: 'derived', where: '', values: fittedToData(preset, request, { ...fileSettings, ...set }) });
  }
  if (request.editor)
    layers.push({ origin: 'editor', where: " in VS Code's settings", values: request.editor.settings });
  if (file) layers.push({ origin: 'file', where: ` in ${file.path}`, values: fileSettings });
  layers.push({ origin: 'set', where: '', values: set });
  if (request.images !== undefined)
    layers.unshift({ origin: 'derived', where: '', values: { out_dim: outDimFor(request.images) } });

  const { settings, given } = mergeLayers(SETTINGS, layers);
  const originOf = (key: SettingKey): SettingOrigin =>
    given.get(key) ?? (SETTINGS.isDerived(key) ? 'derived' : 'default');
  const origin = Object.fromEntries(SETTING_KEYS.map((key) => [key, originOf(key)])) as Record<
    SettingKey,
    SettingOrigin
  >;
  return { settings, origin, ...(preset && { preset }) };
}

function presetFor(request: SettingsRequest, presetOfFile: unknown): PresetName | undefined {
  const named = request.preset ?? presetOfFile;
  if (named !== undefined) {
    if (typeof named === 'string' && isPresetName(named)) return named;
    throw new SettingsError([`preset is ${shown(named)}, but must be one of ${PRESET_NAMES.join(', ')}.`]);
  }
  // A config file without a preset means the original's defaults for what it leaves out.
  if (request.configFile !== undefined || request.run || request.images === undefined) return undefined;
  return choosePreset(request.images, request.pictureSize);
}

const singleSettings = (
  set: Readonly<Record<string, unknown>> | readonly string[],
): Readonly<Record<string, unknown>> => (isList(set) ? parseKeyValues(set) : set);

const isList = (set: Readonly<Record<string, unknown>> | readonly string[]): set is readonly string[] =>
  Array.isArray(set);
