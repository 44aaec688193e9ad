/**
 * The settings of a run, by the original's argument names (facebookresearch/dino main_dino.py, whose defaults they have),
 * and how they are put together from a preset, a config file and single `key=value` pairs.
 */
import { availableParallelism } from 'node:os';
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { type AugmentationSpec, MAX_JITTER_STRENGTH } from '../data/batch.js';
import { ENGINE_NAMES, multipliesIn, PRECISIONS, PROVIDERS } from '../engines/engine.js';
import type { NetworkSpec } from '../method/network.js';
import { readConfigFile } from './configFile.js';
import {
  choosePreset,
  isLarge,
  isPresetName,
  outDimFor,
  type PictureSize,
  PRESET_NAMES,
  PRESETS,
  type PresetName,
} from './presets.js';
import { planInEpochs } from './stepPlan.js';

// Each key's error is the text "allowed": what a value of this key must be, as in "epochs is 0, but must be <allowed>".
const whole = (least: number, most: number) =>
  z
    .int({ error: () => `a whole number from ${least} to ${most}` })
    .min(least)
    .max(most);
const number = (least: number, most: number) =>
  z
    .number({ error: () => `a number from ${least} to ${most}` })
    .min(least)
    .max(most);
const positive = (most: number) =>
  z
    .number({ error: () => `a number above 0, at most ${most}` })
    .gt(0)
    .max(most);
const oneOf = <const T extends readonly [string, ...string[]]>(...names: T) =>
  z.enum(names, { error: () => (names.length === 1 ? `"${names[0]}"` : `one of ${names.join(', ')}`) });
const flag = () => z.boolean({ error: () => 'true or false' });
/** From least to most, both above 0. */
const range = (most: number, example: string) => {
  const error = () => `two numbers above 0 and at most ${most}, the smaller first, such as ${example}`;
  const bound = z.number({ error }).gt(0).max(most);
  return z.tuple([bound, bound], { error }).refine(([low, high]) => low <= high, { error });
};
/** A range of shares of the picture's area. */
const areaRange = () => range(1, '[0.4, 1]');

export const settingsSchema = z.strictObject({
  embed_dim: whole(1, 8192)
    .default(384)
    .describe('Width of the network: length of each token. Tiny 192, small 384, base 768.'),
  depth: whole(1, 100).default(12).describe('Number of transformer blocks.'),
  num_heads: whole(1, 128).default(6).describe('Attention heads of each block; embed_dim must be a multiple of it.'),
  patch_size: whole(1, 64)
    .default(16)
    .describe(
      'Side in pixels of the square patches. Smaller patches learn better features and cost more time and memory.',
    ),
  in_chans: whole(1, 64).default(3).describe('Channels of a picture: 3 for colour.'),
  image_size: whole(1, 4096).default(224).describe('Side in pixels of the two global crops; a multiple of patch_size.'),
  local_size: whole(1, 4096).default(96).describe('Side in pixels of the local crops; a multiple of patch_size.'),
  drop_path_rate: z
    .number({ error: () => 'a number from 0 to below 1' })
    .min(0)
    .lt(1)
    .default(0.1)
    .describe(
      'Stochastic depth of the student: how often its last block is skipped (earlier blocks proportionally less).',
    ),
  out_dim: whole(2, 1_048_576)
    .default(65_536)
    .describe('K, the number of prototypes that the head scores. When left out, chosen by the number of images.'),
  norm_last_layer: flag()
    .default(true)
    .describe('Keep the norm of each prototype at 1. False can perform better but may make training unstable.'),
  head_hidden_dim: whole(1, 65_536).default(2048).describe('Width of the two hidden layers of the projection head.'),
  head_bottleneck_dim: whole(1, 65_536).default(256).describe('Width of the projection head before the prototypes.'),
  momentum_teacher: number(0, 1)
    .default(0.996)
    .describe(
      'How much of itself the teacher keeps at each step at the start (cosine to 1). Higher for large batches.',
    ),
  warmup_teacher_temp: positive(10)
    .default(0.04)
    .describe('Teacher temperature at the start. Lower it when the loss does not decrease.'),
  teacher_temp: positive(10)
    .default(0.04)
    .describe('Teacher temperature after its warm-up. Above 0.07 training is mostly unstable.'),
  warmup_teacher_temp_epochs: whole(0, 1_000_000)
    .default(0)
    .describe('Epochs of linear warm-up of the teacher temperature.'),
  student_temp: positive(10).default(0.1).describe('Student temperature.'),
  center_momentum: number(0, 1)
    .default(0.9)
    .describe('How much of itself the center of the teacher outputs keeps at each step.'),
  optimizer: oneOf('adamw').default('adamw').describe('Optimizer of the student.'),
  lr: number(0, 10)
    .default(5e-4)
    .describe('Highest learning rate, for a batch of 256: it is scaled by batch_size / 256.'),
  warmup_epochs: whole(0, 1_000_000)
    .optional()
    .describe('Epochs of linear warm-up of the learning rate. When left out: a tenth of the epochs, at most 10.'),
  min_lr: number(0, 10).default(1e-6).describe('Learning rate at the end of its cosine schedule.'),
  weight_decay: number(0, 10).default(0.04).describe('Weight decay at the start (cosine schedule).'),
  weight_decay_end: number(0, 10).default(0.4).describe('Weight decay at the end (cosine schedule).'),
  clip_grad: number(0, 1e9).default(3).describe('Largest norm of the gradient of each parameter; 0 does not clip.'),
  batch_size: whole(1, 65_536).default(64).describe('Images of a step.'),
  gradient_accumulation_steps: whole(1, 65_536)
    .default(1)
    .describe(
      'Parts that a batch is computed in, one after the other, for less memory and the same result; batch_size must be a multiple of it.',
    ),
  activation_checkpointing: flag()
    .default(false)
    .describe(
      'Computes what the blocks of the student compute a second time, for the gradient, instead of keeping it: less memory, about a tenth more time, the same result.',
    ),
  epochs: whole(1, 1_000_000).default(100).describe('Times that the data set is gone through.'),
  freeze_last_layer: whole(0, 1_000_000)
    .default(1)
    .describe('Epochs during which the prototypes are kept fixed. Raise it when the loss does not decrease.'),
  global_crops_scale: areaRange()
    .default([0.4, 1])
    .describe(
      'Share of the picture that a global crop covers, from least to most. Without local crops, [0.14, 1] is better.',
    ),
  local_crops_number: whole(0, 64).default(8).describe('Local crops of each image; 0 turns multi-crop off.'),
  local_crops_scale: areaRange()
    .default([0.05, 0.4])
    .describe('Share of the picture that a local crop covers, from least to most.'),
  blur_radius: range(100, '[0.1, 2]')
    .default([0.1, 2])
    .describe(
      'Least and largest radius of the Gaussian blur, in pixels of the crop. The default is meant for crops of 224 and 96 pixels.',
    ),
  jitter_strength: number(0, MAX_JITTER_STRENGTH)
    .default(1)
    .describe(
      "How strongly brightness, contrast, saturation and hue of a crop are changed; 1 is the original's 0.4, 0.4, 0.2 and 0.1, 0 changes none.",
    ),
  solarize_probability: number(0, 1)
    .default(0.2)
    .describe('How often the second global crop is solarized: what is brighter than half becomes its negative.'),
  saveckp_freq: whole(0, 1_000_000)
    .default(20)
    .describe('Keep a checkpoint every so many epochs; 0 keeps none but the last, which is always kept.'),
  seed: whole(0, 4_294_967_295)
    .default(0)
    .describe('Seed of the weights, the order of the images, the crops and the drop path.'),
  num_workers: whole(1, 256)
    .optional()
    .describe('Threads that decode and crop pictures. When left out: one less than the processor cores.'),
  cache_mb: whole(0, 65_536)
    .default(256)
    .describe('Memory in MB for decoded pictures, so that a small data set is decoded only once; 0 keeps none.'),
  engine: oneOf('auto', ...ENGINE_NAMES)
    .default('auto')
    .describe('What runs the training step; auto takes the fastest that this machine has.'),
  provider: oneOf('auto', ...PROVIDERS)
    .default('auto')
    .describe(
      'What the engine onnx computes on; auto takes a GPU when it was tried on this machine and is faster than the processor.',
    ),
  gpus: whole(1, 64)
    .default(1)
    .describe(
      'GPUs of this machine that share each batch, with the engine tensorflow; batch_size / gradient_accumulation_steps must be a multiple of it.',
    ),
  precision: oneOf(...PRECISIONS)
    .default('float32')
    .describe(
      'What matrices are multiplied in; weights and sums stay float32. bfloat16 (processors and GPUs) and tf32 (NVIDIA GPUs) are faster and need the engine tensorflow.',
    ),
  max_unreadable_share: number(0, 1)
    .default(0.1)
    .describe('Largest share of the pictures that may be unreadable before the run stops.'),
});

/** Some settings, as a config file has them. */
export type SettingsInput = z.input<typeof settingsSchema>;
export type SettingKey = keyof SettingsInput;

/** All settings, every one with its value. */
export type Settings = {
  readonly [Key in keyof z.output<typeof settingsSchema>]-?: Exclude<z.output<typeof settingsSchema>[Key], undefined>;
};

export const SETTING_KEYS = Object.keys(settingsSchema.shape) as readonly SettingKey[];

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

/** The settings cannot be used. `message` has one line a problem, each naming key, value, what is allowed and where it stands. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Values of one origin. `where` ends the sentence about a problem, e.g. ` in dino.json`. */
interface Layer {
  readonly origin: SettingOrigin;
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Defaults, then preset, VS Code's settings, config file, and single settings, each winning over those before it.
 * @throws SettingsError naming every unknown key, value out of range, and pair of settings that do not fit together
 */
export function resolveSettings(request: SettingsRequest = {}): ResolvedSettings {
  const file = request.configFile === undefined ? undefined : readConfigFile(request.configFile);
  const { preset: presetOfFile, $schema: _editorHint, ...fileSettings } = file?.values ?? {};
  const preset = presetFor(request, presetOfFile);

  const layers: Layer[] = [];
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

  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const given = new Map<string, Layer>();
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      if (!isSettingKey(key)) problems.push(unknownKey(key, layer.where));
      else if (value !== undefined) {
        values[key] = value;
        given.set(key, layer);
      }
    }
  }
  if (request.images !== undefined && !given.has('out_dim')) values['out_dim'] = outDimFor(request.images);

  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) {
    problems.push(...keyProblems(parsed.error, values, (key) => given.get(key)?.where ?? ''));
    throw new SettingsError(problems);
  }
  const settings = withDerived(parsed.data);
  problems.push(...crossKeyProblems(settings));
  if (problems.length > 0) throw new SettingsError(problems);

  const originOf = (key: SettingKey): SettingOrigin =>
    given.get(key)?.origin ??
    (key in values || settingsSchema.shape[key] instanceof z.ZodOptional ? 'derived' : 'default');
  const origin = Object.fromEntries(SETTING_KEYS.map((key) => [key, originOf(key)])) as Record<
    SettingKey,
    SettingOrigin
  >;
  return { settings, origin, ...(preset ? { preset } : {}) };
}

/**
 * Settings that were resolved before, as a run's record holds them.
 * @param where ends the sentence about a problem, e.g. ` in /runs/a/run.json`
 * @throws SettingsError
 */
export function parseSettings(values: unknown, where: string): Settings {
  const parsed = settingsSchema.safeParse(values);
  if (parsed.success) {
    const settings = withDerived(parsed.data);
    const problems = crossKeyProblems(settings);
    if (problems.length > 0) throw new SettingsError(problems.map((problem) => `${problem.slice(0, -1)}${where}.`));
    return settings;
  }
  throw new SettingsError(keyProblems(parsed.error, asRecord(values), () => where));
}

/** The two networks' shapes. */
export const networkSpec = (settings: Settings): NetworkSpec => ({
  backbone: {
    kind: 'vit',
    patchSize: settings.patch_size,
    inChans: settings.in_chans,
    imageSize: settings.image_size,
    embedDim: settings.embed_dim,
    depth: settings.depth,
    numHeads: settings.num_heads,
  },
  head: {
    inDim: settings.embed_dim,
    hiddenDim: settings.head_hidden_dim,
    bottleneckDim: settings.head_bottleneck_dim,
    outDim: settings.out_dim,
    normLastLayer: settings.norm_last_layer,
    batchNorm: false,
  },
});

/** What the augmentation draws from. */
export const augmentationSpec = (settings: Settings): AugmentationSpec => ({
  globalCropsScale: settings.global_crops_scale,
  localCropsScale: settings.local_crops_scale,
  localCropsNumber: settings.local_crops_number,
  blurRadius: settings.blur_radius,
  jitterStrength: settings.jitter_strength,
  solarizeProbability: settings.solarize_probability,
  imageSize: settings.image_size,
  localSize: settings.local_size,
  channels: settings.in_chans,
});

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

/**
 * What a preset leaves to the data set: sizes in pixels to that of its pictures, and what counts epochs to its number of images.
 * @param chosen what the file and single settings say: a batch and a length of the run are kept
 */
function fittedToData(
  preset: PresetName,
  { images, pictureSize }: SettingsRequest,
  chosen: Readonly<Record<string, unknown>>,
): SettingsInput {
  const { settings, forLargePictures, plan } = PRESETS[preset];
  const sizes = pictureSize && isLarge(pictureSize) ? forLargePictures : undefined;
  if (images === undefined) return { ...sizes };
  const presetBatch = settings.batch_size ?? settingsSchema.shape.batch_size.parse(undefined);
  const given = countGiven(chosen['batch_size']);
  const batch = given ?? Math.min(presetBatch, images);
  return {
    ...sizes,
    ...(given === undefined && batch < presetBatch && { batch_size: batch }),
    ...(plan && planInEpochs(plan, Math.max(1, Math.floor(images / batch)), countGiven(chosen['epochs']))),
  };
}

/** What is no such number is named where all settings are checked. */
function countGiven(value: unknown): number | undefined {
  const count = whole(1, 1_000_000).safeParse(value);
  return count.success ? count.data : undefined;
}

/** What depends on other settings or on the machine when it is left out. */
function withDerived(settings: z.output<typeof settingsSchema>): Settings {
  return {
    ...settings,
    warmup_epochs: settings.warmup_epochs ?? Math.min(10, Math.ceil(settings.epochs / 10)),
    num_workers: settings.num_workers ?? Math.max(1, availableParallelism() - 1),
  };
}

function crossKeyProblems(settings: Settings): string[] {
  const { embed_dim, num_heads, patch_size, epochs, engine, precision, batch_size, gradient_accumulation_steps } =
    settings;
  const problems: string[] = [];
  if (embed_dim % num_heads !== 0)
    problems.push(`embed_dim is ${embed_dim}, but must be a multiple of num_heads, which is ${num_heads}.`);
  if (batch_size % gradient_accumulation_steps !== 0)
    problems.push(
      `batch_size is ${batch_size}, but must be a multiple of gradient_accumulation_steps, which is ${gradient_accumulation_steps}.`,
    );
  const { gpus } = settings;
  if (batch_size % gradient_accumulation_steps === 0 && (batch_size / gradient_accumulation_steps) % gpus !== 0)
    problems.push(
      `gpus is ${gpus}, but must divide ${gradient_accumulation_steps > 1 ? 'batch_size / gradient_accumulation_steps' : 'batch_size'}, which is ${batch_size / gradient_accumulation_steps}.`,
    );
  if (gpus > 1 && engine !== 'auto' && engine !== 'tensorflow')
    problems.push(
      `gpus is ${gpus}, but must be 1 for the engine ${engine}: only tensorflow shares a batch among GPUs.`,
    );
  for (const key of settings.local_crops_number > 0
    ? (['image_size', 'local_size'] as const)
    : (['image_size'] as const))
    if (settings[key] % patch_size !== 0)
      problems.push(`${key} is ${settings[key]}, but must be a multiple of patch_size, which is ${patch_size}.`);
  for (const key of ['warmup_epochs', 'warmup_teacher_temp_epochs'] as const)
    if (settings[key] > epochs)
      problems.push(`${key} is ${settings[key]}, but must be at most epochs, which is ${epochs}.`);
  if (engine !== 'auto' && !multipliesIn(precision, engine))
    problems.push(`precision is ${shown(precision)}, but must be "float32" for the engine ${engine}.`);
  return problems;
}

/** One sentence a key: a value's first issue says what is allowed for the whole value. */
function keyProblems(
  error: z.ZodError,
  values: Readonly<Record<string, unknown>>,
  where: (key: string) => string,
): string[] {
  const byKey = new Map<string, string>();
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) byKey.set(key, unknownKey(key, where(key)));
    const key = issue.path[0];
    if (typeof key === 'string' && !byKey.has(key))
      byKey.set(key, `${key} is ${shown(values[key])}${where(key)}, but must be ${issue.message}.`);
  }
  return byKey.size > 0 ? [...byKey.values()] : [`The settings${where('')} must be an object of keys and values.`];
}

const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settingsSchema.shape, key);

function unknownKey(key: string, where: string): string {
  // A key that holds the other (batch, batch_size_per_gpu) is meant rather than one that is only spelled alike.
  const far = (known: string) => distance(key, known) + (known.includes(key) || key.includes(known) ? 0 : 100);
  const [nearest] = [...SETTING_KEYS].sort((a, b) => far(a) - far(b));
  return `${key}${where} is not a known setting; the nearest is ${nearest}.`;
}

/** `key=value` pairs become typed values: numbers, true or false, lists of numbers with or without brackets, else text. */
function singleSettings(set: Readonly<Record<string, unknown>> | readonly string[]): Readonly<Record<string, unknown>> {
  if (!isList(set)) return set;
  const problems = set.filter((pair) => !/^[^=]+=/.test(pair));
  if (problems.length > 0)
    throw new SettingsError(problems.map((pair) => `${shown(pair)} is not of the form key=value, such as epochs=20.`));
  return Object.fromEntries(
    set.map((pair) => {
      const split = pair.indexOf('=');
      return [pair.slice(0, split).trim(), typedValue(pair.slice(split + 1).trim())];
    }),
  );
}

const isList = (set: Readonly<Record<string, unknown>> | readonly string[]): set is readonly string[] =>
  Array.isArray(set);

function typedValue(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const list = /^\[(.*)\]$/s.exec(text)?.[1] ?? (text.includes(',') ? text : undefined);
  if (list !== undefined) return list.split(',').map((item) => typedValue(item.trim()));
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
