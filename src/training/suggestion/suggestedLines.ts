/** What is suggested, line by line: a value, and why. */
import { modalityOf } from '../../data/modalities/index.js';
import type { Engine } from '../../engines/engine.js';
import { describeMachine, SPEEDS } from '../../engines/fastest.js';
import { recall } from '../../engines/memory.js';
import { storageFolder } from '../../engines/storage.js';
import type { MethodName } from '../../method/methods/names.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import type { PresetName } from '../../settings/presets.js';
import type { SettingKey, Settings } from '../../settings/settings.js';
import { counted, countedInGroups } from '../../text/counted.js';
import { itemsOf, type Preparation, type TrainRun } from '../prepare.js';
import { asWords } from './memory.js';
import { stepsOf } from './time.js';

/** What was changed of the settings, each with its reason. */
interface Changes {
  readonly forMemory: Readonly<Partial<Settings>>;
  readonly forTime: Readonly<Partial<Settings>>;
}

/** Whether a person has set it: under any of its names, on the command line, in a config file or in VS Code. */
export const isChosen = (key: SettingKey, { origin }: Preparation): boolean =>
  ['set', 'file', 'editor'].includes(origin[key]);

/** @returns a line for each subject, in the same order for every method */
export function suggestedLines(
  preparation: Preparation,
  settings: Settings,
  changes: Changes,
  engine: Engine,
  request: Pick<TrainRun, 'preset' | 'configFile'>,
): SuggestedLine[] {
  const { prototypes, crops } = OF_METHOD[settings.method];
  return [
    { subject: 'network', ...networkLine(preparation, settings, request) },
    { subject: 'batch', ...batchLine(preparation, settings, changes) },
    { subject: 'prototypes', ...prototypes(preparation, settings) },
    { subject: 'crops', ...crops(preparation, settings) },
    { subject: 'epochs', ...epochsLine(preparation, settings, changes) },
    { subject: 'engine', value: engine.name, reason: engineReason(engine, settings) },
  ];
}

type Line = Omit<SuggestedLine, 'subject'>;
type LineOf = (preparation: Preparation, settings: Settings) => Line;

interface MethodLines {
  readonly prototypes: LineOf;
  readonly crops: LineOf;
}

const SELF_DISTILLATION: MethodLines = {
  prototypes: prototypesLine,
  crops: (preparation, settings) => ({
    value: globalsAndLocals(settings),
    reason: cropsReason(preparation, settings, 'a global crop'),
  }),
};

const OF_METHOD: Readonly<Record<MethodName, MethodLines>> = {
  dino: SELF_DISTILLATION,
  dinov2: SELF_DISTILLATION,
  finetune: {
    prototypes: (_, { num_labels }) => ({
      value: 'none',
      reason: `a classifier of ${counted(num_labels, 'class', 'classes')} is in their place`,
    }),
    crops: (preparation, settings) => ({
      value: `1 of ${settings.image_size} pixels`,
      reason: cropsReason(preparation, settings, 'a crop'),
    }),
  },
};

function networkLine(
  { dataset, medianSize, preset, init }: Preparation,
  settings: Settings,
  request: Pick<TrainRun, 'preset' | 'configFile'>,
): Line {
  const network = networkText(settings);
  if (init !== undefined) return { value: network, reason: 'that of the weights' };
  const value = preset === undefined ? network : `${preset}: ${network}`;
  if (request.preset !== undefined || request.configFile !== undefined) return { value, reason: 'as you chose' };
  const about = medianSize === undefined ? '' : `, about ${medianSize.width} × ${medianSize.height}`;
  return { value, reason: `${countOf(dataset)}${about}: ${PRESET_REASONS[preset as PresetName]}` };
}

const countOf = (dataset: Preparation['dataset']): string =>
  countedInGroups(dataset.size, modalityOf(dataset).item, dataset.modality);

const PRESET_REASONS: Readonly<Record<PresetName, string>> = {
  'few-images': 'of up to 10,000 a small network learns more in minutes than a large one in hours',
  'small-data': 'on small images patches of 4 pixels tell the parts apart',
  tiny: 'the quickest network for photographs',
  small: 'enough that a larger network is worth its time',
  base: 'the strongest network',
  resnet50: 'a network of convolutions',
  dinov2: "DINOv2's recipe",
  'dinov2-few-images': "of up to 10,000 DINOv2's recipe on a small network learns most, in minutes",
};

function networkText({ arch, embed_dim, depth, patch_size }: Settings): string {
  return arch === 'vit' ? `ViT ${embed_dim} wide, ${counted(depth, 'block')}, patches of ${patch_size}` : arch;
}

function batchLine(preparation: Preparation, settings: Settings, { forMemory }: Changes): Line {
  const { batch_size, gradient_accumulation_steps: parts } = settings;
  const items = itemsOf(preparation);
  return {
    value: parts > 1 ? `${batch_size}, in ${parts} parts` : `${batch_size}`,
    reason:
      Object.keys(forMemory).length > 0
        ? `${asWords(forMemory)}: so it fits the memory, with the same result`
        : batch_size >= items
          ? 'all images at once: there are no more'
          : `${countedInGroups(Math.floor(items / batch_size), 'step')} an epoch`,
  };
}

function prototypesLine(preparation: Preparation, { out_dim }: Settings): Line {
  const reason = isChosen('out_dim', preparation)
    ? 'as you chose'
    : out_dim < 65_536
      ? `${countOf(preparation.dataset)} ${preparation.dataset.size === 1 ? 'has' : 'have'} no use for the original's 65,536`
      : 'as in the original: enough images for so many';
  return { value: `K ${out_dim}`, reason };
}

function globalsAndLocals({ image_size, local_crops_number, local_size }: Settings): string {
  const locals = local_crops_number === 0 ? '' : ` and ${local_crops_number} of ${local_size}`;
  return `2 of ${image_size}${locals} pixels`;
}

function cropsReason({ medianSize: size }: Preparation, { image_size, patch_size, arch }: Settings, crop: string) {
  const patches =
    arch === 'vit' ? `${counted(Math.floor(image_size / patch_size) ** 2, 'patch', 'patches')} in ${crop}` : undefined;
  const enlarged =
    size !== undefined && Math.min(size.width, size.height) < image_size ? 'the images are enlarged' : undefined;
  return [patches, enlarged].filter((clause) => clause !== undefined).join('; ') || 'as in the original';
}

function epochsLine(preparation: Preparation, settings: Settings, { forTime }: Changes): Line {
  const steps = `${countedInGroups(stepsOf(settings, itemsOf(preparation)), 'step')} in all`;
  return {
    value: `${settings.epochs}`,
    reason: forTime.epochs === undefined ? steps : `${steps}: more would take longer than a day here`,
  };
}

function engineReason({ name, usesGpu }: Engine, { engine }: Settings): string {
  if (engine !== 'auto') return 'as you chose';
  if (usesGpu) return 'it has a GPU here';
  const speeds = recall(storageFolder(), SPEEDS, describeMachine()) ?? {};
  const own = speeds[name];
  const others = Object.entries(speeds).filter(([other]) => other !== name);
  if (own === undefined || others.length === 0) return 'the only one that this machine has';
  const list = others.map(([other, { milliseconds }]) => `${other} ${milliseconds.toFixed(0)} ms`).join(', ');
  return `the fastest here: ${own.milliseconds.toFixed(0)} ms for a small step, ${list}`;
}
