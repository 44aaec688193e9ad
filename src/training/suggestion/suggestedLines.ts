/** What is suggested, line by line: a value, and why. */
import type { Engine } from '../../engines/engine.js';
import { describeMachine, SPEEDS } from '../../engines/fastest.js';
import { recall } from '../../engines/memory.js';
import { storageFolder } from '../../engines/storage.js';
import type { MethodName } from '../../method/methods/names.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import { outDimFor } from '../../settings/presets.js';
import type { Settings } from '../../settings/settings.js';
import { hasPatchHead } from '../../settings/specs.js';
import { counted, countedInGroups } from '../../text/counted.js';
import { percent } from '../../text/percent.js';
import { itemsOf, type Preparation, type TrainRun } from '../prepare.js';
import { asWords } from './memory.js';
import { networkLine } from './networkLine.js';
import { clauses, countOf, isChosen, type Line, type Replaced } from './reasons.js';
import type { Smallness } from './smallerRun.js';
import { DAY, stepsOf } from './time.js';

/** What was changed of the settings, each with its reason. */
interface Changes {
  readonly forMemory: Readonly<Partial<Settings>>;
  readonly forTime: Readonly<Partial<Settings>>;
  readonly replaced?: Replaced;
  /** That the run takes, estimated. */
  readonly seconds?: number | undefined;
}

/** @returns a line for each subject, in the same order for every method */
export function suggestedLines(
  preparation: Preparation,
  settings: Settings,
  changes: Changes,
  engine: Engine,
  request: Pick<TrainRun, 'preset' | 'configFile'>,
): SuggestedLine[] {
  const { prototypes, crops } = OF_METHOD[settings.method];
  const { replaced } = changes;
  return [
    { subject: 'network', ...networkLine(preparation, settings, request, replaced) },
    { subject: 'batch', ...batchLine(preparation, settings, changes) },
    { subject: 'prototypes', ...prototypes(preparation, settings, replaced) },
    { subject: 'crops', ...crops(preparation, settings, replaced) },
    { subject: 'epochs', ...epochsLine(preparation, settings, changes) },
    { subject: 'engine', value: engine.name, reason: engineReason(engine, settings) },
  ];
}

type LineOf = (preparation: Preparation, settings: Settings, replaced?: Replaced) => Line;

interface MethodLines {
  readonly prototypes: LineOf;
  readonly crops: LineOf;
}

const SELF_DISTILLATION: MethodLines = {
  prototypes: prototypesLine,
  crops: (preparation, settings, replaced) => ({
    value: globalsAndLocals(settings),
    reason: cropsReason(preparation, settings, 'a global crop', replaced),
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
    crops: (preparation, settings, replaced) => ({
      value: `1 of ${settings.image_size} pixels`,
      reason: cropsReason(preparation, settings, 'a crop', replaced),
    }),
  },
};

/** Where it takes the place of something larger. */
const tooMuch = (key: keyof Smallness['set'], replaced: Replaced | undefined): string | undefined =>
  replaced?.by.set[key] === undefined
    ? undefined
    : `${replaced.settings[key].toLocaleString('en')} would not fit the memory`;

function batchLine(preparation: Preparation, settings: Settings, { forMemory, replaced }: Changes): Line {
  const { batch_size, gradient_accumulation_steps: parts } = settings;
  const items = itemsOf(preparation);
  const ofEpoch = Math.floor(items / batch_size);
  const smaller = tooMuch('batch_size', replaced);
  const chosen = smaller === undefined && isChosen('batch_size', preparation) && 'as you chose';
  const steps =
    items === 1
      ? 'there is only one image'
      : batch_size >= items
        ? 'all images at once: there are no more'
        : `${countedInGroups(ofEpoch, 'step')} an epoch`;
  const fits =
    Object.keys(forMemory).length > 0 && `fits the memory with ${asWords(forMemory)}, which give the same result`;
  return {
    value: parts > 1 ? `${batch_size}, in ${parts} parts` : `${batch_size}`,
    reason: clauses(smaller, chosen, fits === false ? steps : fits),
  };
}

function prototypesLine(preparation: Preparation, settings: Settings, replaced?: Replaced): Line {
  const { out_dim, ibot_head_n_prototypes: ofPatches } = settings;
  const { dataset, preset } = preparation;
  const few = `${countOf(dataset)} ${dataset.size === 1 ? 'has' : 'have'} no use for the original's 65,536`;
  const reason =
    tooMuch('out_dim', replaced) ??
    (isChosen('out_dim', preparation)
      ? 'as you chose'
      : out_dim >= ORIGINAL_PROTOTYPES
        ? 'as in the original: enough images for so many'
        : preparation.origin.out_dim === 'preset' && outDimFor(dataset.size) > out_dim
          ? `as the preset ${preset} has them`
          : few);
  if (!hasPatchHead(settings)) return { value: `K ${out_dim}`, reason };
  const patchReason =
    tooMuch('ibot_head_n_prototypes', replaced) ??
    (isChosen('ibot_head_n_prototypes', preparation)
      ? 'as you chose'
      : "those of the patches' own head as in the original");
  return {
    value: `K ${out_dim}, and ${ofPatches} of patches`,
    reason: clauses(reason, patchReason !== reason && patchReason),
  };
}

const ORIGINAL_PROTOTYPES = 65_536;

function globalsAndLocals({ image_size, local_crops_number, local_size }: Settings): string {
  const locals = local_crops_number === 0 ? '' : ` and ${local_crops_number} of ${local_size}`;
  return `2 of ${image_size}${locals} pixels`;
}

function cropsReason(preparation: Preparation, settings: Settings, crop: string, replaced: Replaced | undefined) {
  const { medianSize: size } = preparation;
  const { image_size, patch_size, arch } = settings;
  const smaller = tooMuch('image_size', replaced);
  const isGiven = smaller === undefined && isChosen('image_size', preparation);
  const patches =
    arch === 'vit' && `${countedInGroups(Math.floor(image_size / patch_size) ** 2, 'patch', 'patches')} in ${crop}`;
  const enlarged = size !== undefined && Math.min(size.width, size.height) < image_size && 'the images are enlarged';
  const reason = clauses(smaller, isGiven && 'as you chose', patches && `${patches}${maskedText(settings)}`, enlarged);
  return reason === ''
    ? `as ${preparation.preset === undefined ? 'in the original' : `the preset ${preparation.preset} has them`}`
    : reason;
}

/** Of DINOv2. */
function maskedText({ method, ibot_loss_weight, mask_sample_probability, mask_ratio_min_max: [from, to] }: Settings) {
  if (method !== 'dinov2' || ibot_loss_weight === 0) return '';
  return `, of which ${percent(from)} to ${percent(to)} are masked in ${percent(mask_sample_probability)} of the crops`;
}

function epochsLine(preparation: Preparation, settings: Settings, { forTime, seconds }: Changes): Line {
  const steps = `${countedInGroups(stepsOf(settings, itemsOf(preparation)), 'step')} in all`;
  if (isChosen('epochs', preparation)) return { value: `${settings.epochs}`, reason: clauses('as you chose', steps) };
  const cut =
    forTime.epochs !== undefined &&
    (seconds !== undefined && seconds > DAY
      ? 'fewer would be too few, though these take longer than a day here'
      : 'more would take longer than a day here');
  return { value: `${settings.epochs}`, reason: clauses(steps, cut) };
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
