/** How the settings of a run are put together from a preset, VS Code's settings, a config file and single settings. */
import { type ConfigFile, readConfigFile } from './configFile.js';
import { DINOV2_DEFAULTS, DISTILLATION_DEFAULTS, DISTILLATION_RECIPE } from './dinov2Arguments.js';
import { fittedToData } from './fittedToData.js';
import { parseKeyValues } from './keyValue.js';
import { type Layer, mergeLayers } from './layers.js';
import { ORIGINAL_DEFAULTS } from './originalArguments.js';
import { pixelsLeftOut } from './parts/crops.js';
import { choosePreset } from './presetChoice.js';
import { type ImageSize, outDimFor, PRESETS, type PresetName } from './presets.js';
import { SettingsError } from './problems.js';
import { recipeOf } from './recipes.js';
import { SETTING_KEYS, SETTINGS, type SettingKey, type Settings, type SettingsInput } from './settings.js';
import { type Note, translateOriginal } from './translateOriginal.js';
import { whole } from './values.js';

/**
 * Where a setting's value comes from: the original's default, the preset, the method's recipe, the config file, a single setting, the run
 * that is resumed, the weights that a run starts from, its teacher, VS Code's settings, or derived from other facts (the number of images, their size, the epochs, the processor cores).
 */
export type SettingOrigin =
  | 'default'
  | 'preset'
  | 'recipe'
  | 'editor'
  | 'file'
  | 'init'
  | 'teacher'
  | 'set'
  | 'run'
  | 'derived';

/** What VS Code's own settings say about new runs. A config file is nearer to a run, and wins. */
export interface EditorSettings {
  /** Where it is set: for the folder in the workspace, the workspace, or the user. */
  readonly scope: 'folder' | 'workspace' | 'user';
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SettingsRequest {
  /** Wins over the preset that the config file names. When neither is given and there is no config file and no run, it is chosen by the data set. */
  readonly preset?: string;
  /**
   * A file of settings, or what was read from it: JSON (comments allowed) of settings, and possibly `preset`; or the arguments
   * of a run of the original.
   */
  readonly configFile?: string | ConfigFile;
  readonly editor?: EditorSettings;
  /** Single settings, by key or as `key=value`. */
  readonly set?: Readonly<Record<string, unknown>> | readonly string[];
  /** The settings of a run to go on with, which take the place of the defaults and of a preset. */
  readonly run?: Settings;
  /** What the weights decide that a run starts from. */
  readonly init?: {
    readonly path: string;
    readonly values: Readonly<Record<string, unknown>>;
    /** Side in pixels of the images that its network is made for. */
    readonly imageSize?: number;
  };
  /** What the teacher decides that a run is distilled from; see {@link teacherIn}. */
  readonly teacher?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
  /** Number of images of the data set, when known. */
  readonly images?: number;
  /** Median size of its images, when known. */
  readonly medianSize?: ImageSize;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origin: Readonly<Record<SettingKey, SettingOrigin>>;
  readonly preset?: PresetName;
  /** What was decided about arguments of the original: one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Defaults, then preset, VS Code's settings, config file, and single settings, each winning over those before it.
 * @throws SettingsError naming every unknown key, value out of range, and pair of settings that do not fit together
 */
export function resolveSettings(request: SettingsRequest = {}): ResolvedSettings {
  const told = toldIn(request);
  const recipe = recipeFor(request, told);
  const hasRecipe = recipe !== undefined;
  const { presets, note } = choosePreset(request, told.presetOfFile, { told: told.told, hasRecipe });
  const resolved = withFirstThatFits(request, told, recipe, presets);
  return note === undefined ? resolved : { ...resolved, notes: [...resolved.notes, note] };
}

type Told = ReturnType<typeof toldIn>;

function withFirstThatFits(
  request: SettingsRequest,
  told: Told,
  recipe: SettingsInput | undefined,
  [preset, ...others]: readonly (PresetName | undefined)[],
): ResolvedSettings {
  try {
    return resolvedWith(request, told, recipe, preset);
  } catch (error) {
    if (others.length === 0 || !(error instanceof SettingsError)) throw error;
    const fits = withFirstThatFits(request, told, recipe, others);
    const why = error.problems.map((problem) => problem.replace(/\.$/, '')).join('; ');
    return { ...fits, notes: [...fits.notes, `The preset is ${fits.preset}, not ${preset}: ${why}.`] };
  }
}

function resolvedWith(
  request: SettingsRequest,
  { file, told, ofFile, ofSet, inFile }: Told,
  recipe: SettingsInput | undefined,
  preset: PresetName | undefined,
): ResolvedSettings {
  const layers: Layer<SettingOrigin>[] = [];
  if (request.run) layers.push({ origin: 'run', where: ' in the run', values: request.run });
  if (preset) {
    const chosen = { ...ofFile.values, ...ofSet.values };
    const decided = { ...request.teacher?.values, ...request.init?.values };
    const patchSize = whole(1, 64).safeParse(decided['patch_size']).data;
    layers.push({ origin: 'preset', where: ` in the preset ${preset}`, values: PRESETS[preset].settings });
    layers.push({ origin: 'derived', where: '', values: fittedToData(preset, request, chosen, patchSize) });
  }
  if (recipe) layers.push({ origin: 'recipe', where: '', values: recipe });
  const isDistilled = !request.run && teacherIn(request) !== undefined;
  if (isDistilled) layers.push({ origin: 'recipe', where: '', values: DISTILLATION_RECIPE });
  if (request.teacher)
    layers.push({ origin: 'teacher', where: ` in ${request.teacher.path}`, values: request.teacher.values });
  if (request.editor)
    layers.push({ origin: 'editor', where: " in VS Code's settings", values: request.editor.settings });
  if (file) layers.push({ origin: 'file', where: inFile, values: ofFile.values });
  if (request.init) layers.push({ origin: 'init', where: ` in ${request.init.path}`, values: request.init.values });
  layers.push({ origin: 'set', where: '', values: ofSet.values });
  const method = told['method'] ?? (preset && PRESETS[preset].settings.method);
  if (method === 'dinov2' && !request.run) {
    const values = { ...DINOV2_DEFAULTS, ...(isDistilled && DISTILLATION_DEFAULTS) };
    layers.unshift({ origin: 'default', where: '', values });
  }
  if (request.images !== undefined)
    layers.unshift({ origin: 'derived', where: '', values: { out_dim: outDimFor(request.images) } });

  const { settings, given } = mergeLayers(SETTINGS, layers, [...ofFile.problems, ...ofSet.problems]);
  const originOf = (key: SettingKey): SettingOrigin =>
    given.get(key) ?? (SETTINGS.isDerived(key) ? 'derived' : 'default');
  const origin = Object.fromEntries(SETTING_KEYS.map((key) => [key, originOf(key)])) as Record<
    SettingKey,
    SettingOrigin
  >;
  const notes = [...ofFile.notes, ...ofSet.notes];
  return {
    settings,
    origin,
    ...(preset && { preset }),
    notes: [...notes.filter((each) => holds(each, settings)).map(({ text }) => text), ...pixelsLeftOut(settings)].map(
      (clause) => `${clause}.`,
    ),
  };
}

/** What file, editor and single settings say, and what the original's arguments among it come to. */
function toldIn(request: SettingsRequest) {
  const { configFile } = request;
  const file = typeof configFile === 'string' ? readConfigFile(configFile) : configFile;
  const valuesIn = file?.isOriginal ? completed(file.values) : file?.values;
  const { preset: presetOfFile, $schema: _editorHint, ...valuesOfFile } = valuesIn ?? {};
  const single = singleSettings(request.set ?? {});
  const told = { ...request.editor?.settings, ...valuesOfFile, ...single };
  // Of a resumed run the original's arguments mean what they meant when it was started.
  const all = { ...told, ...request.run };
  const inFile = ` in ${file?.path}`;
  const ofFile = translateOriginal(valuesOfFile, inFile, all);
  const ofSet = translateOriginal(single, '', all);
  return { file, presetOfFile, valuesOfFile, single, told, ofFile, ofSet, inFile };
}

/** The teacher that a new run is to be distilled from (`distill_from`), when there is one, and whether its outputs are to be on disk. */
export function teacherIn(
  request: SettingsRequest,
): { readonly path: string; readonly isPrecomputed: boolean } | undefined {
  const { ofFile, ofSet } = toldIn(request);
  const { distill_from: path, distill_outputs = '' } = {
    ...request.editor?.settings,
    ...ofFile.values,
    ...ofSet.values,
  };
  return typeof path === 'string' && path !== '' ? { path, isPrecomputed: distill_outputs !== '' } : undefined;
}

/** The single settings of a request, each as it is here: what a person has said that nothing overrules. Unknown and wrong ones stay. */
export const singleSettingsIn = (request: SettingsRequest): Readonly<Record<string, unknown>> =>
  toldIn(request).ofSet.values;

/** What another origin, nearer to the run, overrode is not worth a word. */
const holds = (decided: Note, settings: Settings): boolean =>
  SETTING_KEYS.every((key) => !(key in decided.settings) || decided.settings[key] === settings[key]);

/** What the original takes for what is left out is there; its threads are not: they were for another machine. */
function completed({ num_workers: _, ...values }: ConfigFile['values']): ConfigFile['values'] {
  const { batch_size_per_gpu, ...others } = ORIGINAL_DEFAULTS;
  const batch = values['train.batch_size_per_gpu'] === undefined ? { batch_size_per_gpu } : {};
  return { ...others, ...batch, ...values };
}

/** Of a ViT that a run starts from. */
const widthOf = (init: Readonly<Record<string, unknown>> | undefined): { readonly width?: number } =>
  typeof init?.['embed_dim'] === 'number' ? { width: init['embed_dim'] } : {};

function recipeFor(request: SettingsRequest, { single, valuesOfFile }: Told): SettingsInput | undefined {
  if (request.run) return undefined;
  return recipeOf(single['method'] ?? valuesOfFile['method'], {
    ...(request.images !== undefined && { images: request.images }),
    ...(request.init?.imageSize !== undefined && { imageSize: request.init.imageSize }),
    ...widthOf(request.init?.values),
  });
}

const singleSettings = (
  set: Readonly<Record<string, unknown>> | readonly string[],
): Readonly<Record<string, unknown>> => (isList(set) ? parseKeyValues(set) : set);

const isList = (set: Readonly<Record<string, unknown>> | readonly string[]): set is readonly string[] =>
  Array.isArray(set);
