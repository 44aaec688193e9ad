/** Which settings suit a data set and this machine, each with its reason. */
import { describeLeftOut } from '../../data/leftOut.js';
import { type EngineName, isEngineName } from '../../engines/abilities.js';
import { chooseEngine } from '../../engines/choose.js';
import type { Engine } from '../../engines/engine.js';
import { describeMachine, SPEEDS } from '../../engines/fastest.js';
import { type HostMemory, hostMemory } from '../../engines/hostMemory.js';
import { recall } from '../../engines/memory.js';
import { storageFolder } from '../../engines/storage.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import { LEAST_IMAGES, type PresetName } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/settings.js';
import { partsChangeResult } from '../methods/index.js';
import { type Preparation, prepare, type TrainRun } from '../prepare.js';
import { asWords, type DataSize, estimatedMemory, fitting, gigabytes, plannedMemory } from './memory.js';
import { smallerRun } from './smallerRun.js';
import { roughStepSeconds, stepsOf } from './time.js';

export interface Suggestion {
  readonly data: DataSize;
  readonly preset?: PresetName | undefined;
  /** Beyond what the preset makes of the data: to be set for the run. */
  readonly set: Readonly<Partial<Settings>>;
  readonly settings: Settings;
  readonly engine: EngineName;
  readonly lines: readonly SuggestedLine[];
  readonly steps: number;
  /** Estimated, in seconds; absent where nothing was ever measured on this machine. */
  readonly seconds?: number | undefined;
  /** Estimated, in bytes; absent where it is a GPU's. */
  readonly memory?: number | undefined;
  readonly host: HostMemory;
  /** What to know before the start: one sentence each. */
  readonly warnings: readonly string[];
}

export type SuggestRequest = Omit<TrainRun, 'run' | 'resume'>;

/** @throws Error in one sentence, as a training with this request would */
export async function suggest(
  request: SuggestRequest,
  stop: AbortSignal = new AbortController().signal,
  host = hostMemory(),
): Promise<Suggestion> {
  // Of a run that does not exist nothing is read.
  const preparation = await prepare({ ...request, run: `${request.data}.no-run`, resume: false }, stop);
  const { settings: first, dataset, medianSize, preset } = preparation;
  const data: DataSize = { images: dataset.size, medianSize };
  const engine = await chooseEngine(first.engine, first);
  if (!isEngineName(engine.name)) throw new Error(`There is no engine ${engine.name}.`);
  const onHost = engine.usesGpu !== true;
  const size = onHost ? await fittingMemory(first, data, engine.name, host) : undefined;
  const shorter = await endingInADay({ ...first, ...size?.set }, data.images, engine.name, request);
  const set = { ...size?.set, ...shorter };
  const { settings } = resolveSettings({ run: first, set });
  const rough = await roughStepSeconds(settings, engine.name);
  const steps = stepsOf(settings, data.images);
  return {
    data,
    preset: preset as PresetName | undefined,
    set,
    settings,
    engine: engine.name,
    lines: linesOf(preparation, settings, { forMemory: size?.set ?? {}, forTime: shorter }, engine, request),
    steps,
    ...(rough !== undefined && onHost && { seconds: rough * steps }),
    ...(size !== undefined && { memory: size.memory }),
    host,
    warnings: warningsOf(preparation, size, host),
  };
}

interface FittingMemory {
  readonly set: Readonly<Partial<Settings>>;
  readonly memory: number;
  readonly fits: boolean;
  /** Before it was made to fit. */
  readonly wanted: number;
}

async function fittingMemory(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  { free }: HostMemory,
): Promise<FittingMemory> {
  const most = plannedMemory(free);
  const wanted = await estimatedMemory(settings, data, engine);
  if (wanted <= most) return { set: {}, memory: wanted, fits: true, wanted };
  const less = await fitting(settings, data, engine, most);
  return less === undefined ? { set: {}, memory: wanted, fits: false, wanted } : { ...less, fits: true, wanted };
}

const DAY = 24 * 3600;
/** Of fewer epochs the schedules make little sense. */
const LEAST_EPOCHS = 10;

/** The original's number of epochs is meant for GPUs: one that was not chosen by anybody is made to end within a day, where that is possible. */
async function endingInADay(
  settings: Settings,
  images: number,
  engine: EngineName,
  { settings: given = {}, configFile }: SuggestRequest,
): Promise<Partial<Settings>> {
  const isGiven = Array.isArray(given) ? given.some((pair) => String(pair).startsWith('epochs=')) : 'epochs' in given;
  if (isGiven || configFile !== undefined) return {};
  const rough = await roughStepSeconds(settings, engine);
  if (rough === undefined) return {};
  const { epochs } = settings;
  const seconds = rough * stepsOf(settings, images);
  const affordable = Math.max(LEAST_EPOCHS, Math.floor((epochs * DAY) / seconds));
  if (affordable >= epochs) return {};
  const warmup_epochs = Math.min(settings.warmup_epochs, Math.ceil(affordable / 10));
  const warmup_teacher_temp_epochs = Math.min(settings.warmup_teacher_temp_epochs, affordable);
  return { epochs: affordable, warmup_epochs, warmup_teacher_temp_epochs };
}

/** What was changed of the settings, each with its reason. */
interface Changes {
  readonly forMemory: Readonly<Partial<Settings>>;
  readonly forTime: Readonly<Partial<Settings>>;
}

function linesOf(
  { dataset, medianSize, preset, init }: Preparation,
  settings: Settings,
  { forMemory, forTime }: Changes,
  engine: Engine,
  request: SuggestRequest,
): SuggestedLine[] {
  const { batch_size, gradient_accumulation_steps: parts, out_dim, epochs } = settings;
  const images = `${dataset.size.toLocaleString('en')} ${dataset.modality}`;
  const about = medianSize === undefined ? '' : `, about ${medianSize.width} × ${medianSize.height}`;
  const network = networkText(settings);
  const isOwn = request.preset !== undefined || request.configFile !== undefined;
  const steps = stepsOf(settings, dataset.size);
  return [
    {
      subject: 'network',
      value: init === undefined && preset !== undefined ? `${preset}: ${network}` : network,
      reason:
        init !== undefined
          ? 'that of the weights'
          : isOwn
            ? 'as you chose'
            : `${images}${about}: ${PRESET_REASONS[preset as PresetName]}`,
    },
    {
      subject: 'batch',
      value: parts > 1 ? `${batch_size}, in ${parts} parts` : `${batch_size}`,
      reason:
        Object.keys(forMemory).length > 0
          ? `${asWords(forMemory)}: so it fits the memory, with the same result`
          : batch_size >= dataset.size
            ? 'all images at once: there are no more'
            : `${Math.floor(dataset.size / batch_size).toLocaleString('en')} steps an epoch`,
    },
    {
      subject: 'prototypes',
      value: `K ${out_dim}`,
      reason:
        out_dim < 65_536
          ? `${images} have no use for the original's 65,536`
          : 'as in the original: enough images for so many',
    },
    { subject: 'crops', value: cropsText(settings), reason: cropsReason(settings, medianSize) },
    {
      subject: 'epochs',
      value: `${epochs}`,
      reason:
        forTime.epochs === undefined
          ? `${steps.toLocaleString('en')} steps in all`
          : `${steps.toLocaleString('en')} steps in all: more would take longer than a day here`,
    },
    { subject: 'engine', value: engine.name, reason: engineReason(engine, settings) },
  ];
}

const PRESET_REASONS: Readonly<Record<PresetName, string>> = {
  'few-images': 'of up to 10,000 a small network learns more in minutes than a large one in hours',
  'small-data': 'on small images patches of 4 pixels tell the parts apart',
  tiny: 'the quickest network for photographs',
  small: 'enough that a larger network is worth its time',
  base: 'the strongest network',
  resnet50: 'a network of convolutions',
  dinov2: "DINOv2's recipe",
  'dinov2-few-images': "DINOv2's recipe for few images",
};

function networkText({ arch, embed_dim, depth, patch_size }: Settings): string {
  return arch === 'vit' ? `ViT ${embed_dim} wide, ${depth} blocks, patches of ${patch_size}` : arch;
}

function cropsText({ image_size, local_crops_number, local_size }: Settings): string {
  const locals = local_crops_number === 0 ? '' : ` and ${local_crops_number} of ${local_size}`;
  return `2 of ${image_size}${locals} pixels`;
}

function cropsReason({ image_size, patch_size, arch }: Settings, size: Preparation['medianSize']): string {
  const patches = arch === 'vit' ? `${Math.floor(image_size / patch_size) ** 2} patches in a global crop` : undefined;
  const enlarged =
    size !== undefined && Math.min(size.width, size.height) < image_size ? 'the images are enlarged' : undefined;
  return [patches, enlarged].filter((clause) => clause !== undefined).join('; ') || 'as in the original';
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

/** What was tried to make a run fit. */
const tried = (settings: Settings): string =>
  partsChangeResult(settings) ? 'activation checkpointing' : 'a batch in parts with activation checkpointing';

function warningsOf(
  { dataset, settings }: Preparation,
  size: FittingMemory | undefined,
  { free }: HostMemory,
): string[] {
  const leftOut = describeLeftOut(dataset.leftOut);
  return [
    ...(dataset.size < LEAST_IMAGES
      ? [`${dataset.size} ${dataset.modality} are few to learn from: ${LEAST_IMAGES} or more are better.`]
      : []),
    ...(leftOut === undefined ? [] : [`Left out: ${leftOut}.`]),
    ...(size === undefined || size.fits
      ? []
      : [
          `It takes about ${gigabytes(size.wanted)} of memory, but only ${gigabytes(free)} are free, and ${tried(settings)} does not change that: choose ${smallerRun(settings)}.`,
        ]),
  ];
}
