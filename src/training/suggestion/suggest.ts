/** Which settings suit a data set and this machine, each with its reason. */
import { requireBatch } from '../../data/batches.js';
import { describeLeftOut } from '../../data/leftOut.js';
import { modalityOf } from '../../data/modalities/index.js';
import type { Dataset } from '../../data/modality.js';
import { type EngineName, isEngineName } from '../../engines/abilities.js';
import { chooseEngine } from '../../engines/choose.js';
import { type HostMemory, hostMemory } from '../../engines/hostMemory.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import { LEAST_IMAGES, type PresetName } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/settings.js';
import { counted } from '../../text/counted.js';
import { partsChangeResult } from '../methods/index.js';
import { itemsOf, type Preparation, prepare, type TrainRun } from '../prepare.js';
import {
  type DataSize,
  differing,
  estimatedMemory,
  fitting,
  gigabytes,
  isHopeless,
  lackOf,
  plannedMemory,
} from './memory.js';
import { type Smallness, smallerRun, smallerRuns, smallnessText } from './smallerRun.js';
import { isChosen, suggestedLines } from './suggestedLines.js';
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
  /** Whether it would be refused for its memory, as things are. */
  readonly isRefused: boolean;
  /** What takes the place of what was asked for, which would be refused. */
  readonly instead?: Smallness | undefined;
  /** What to know before the start: one sentence each. */
  readonly warnings: readonly string[];
}

export type SuggestRequest = Omit<TrainRun, 'run' | 'resume'>;

/**
 * What was asked for, in parts where its memory needs them. Where even that would be refused, the largest run that fits takes its place.
 * @throws Error in one sentence, as a training with this request would
 */
export async function suggest(
  request: SuggestRequest,
  stop: AbortSignal = new AbortController().signal,
  host = hostMemory(),
): Promise<Suggestion> {
  const asked = await suggestionFor(request, stop, host);
  if (!asked.isRefused) return asked;
  for (const instead of smallerRuns(asked.settings, asked.preset)) {
    if (instead.preset !== undefined && request.configFile !== undefined) continue;
    const smaller = await suggestionFor(withSmallness(request, instead), stop, host);
    if (smaller.memory === undefined || smaller.memory > plannedMemory(host.free)) continue;
    const { preset: _, ...set } = instead;
    return {
      ...smaller,
      instead,
      set: { ...set, ...smaller.set },
      warnings: [refusal(asked, instead), ...smaller.warnings],
    };
  }
  return asked;
}

/** The same, but for that. */
function withSmallness(request: SuggestRequest, { preset, batch_size }: Smallness): SuggestRequest {
  const { settings = [] } = request;
  const batch = Array.isArray(settings) ? [...settings, `batch_size=${batch_size}`] : { ...settings, batch_size };
  return {
    ...request,
    ...(preset !== undefined && { preset }),
    ...(batch_size !== undefined && { settings: batch }),
  };
}

const refusal = ({ memory, host }: Suggestion, instead: Smallness): string =>
  `What was asked for takes about ${gigabytes(memory ?? 0)} of memory, but ${lackOf(memory ?? 0, host)}: ${smallnessText(instead)} is suggested in its place.`;

async function suggestionFor(request: SuggestRequest, stop: AbortSignal, host: HostMemory): Promise<Suggestion> {
  // Of a run that does not exist nothing is read.
  const preparation = await prepare({ ...request, run: `${request.data}.no-run`, resume: false }, stop);
  requireBatch({
    dataset: preparation.dataset,
    items: preparation.labeled?.learned,
    batchSize: preparation.settings.batch_size,
  });
  const { settings: first, medianSize, preset } = preparation;
  const data: DataSize = { images: itemsOf(preparation), medianSize };
  const engine = await chooseEngine(first.engine, first);
  if (!isEngineName(engine.name)) throw new Error(`There is no engine ${engine.name}.`);
  const onHost = engine.usesGpu !== true;
  const size = onHost ? await fittingMemory(first, data, engine.name, host) : undefined;
  const shorter = await endingInADay(preparation, { ...first, ...size?.set }, engine.name, request);
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
    lines: suggestedLines(preparation, settings, { forMemory: size?.set ?? {}, forTime: shorter }, engine, request),
    steps,
    ...(rough !== undefined && onHost && { seconds: rough * steps }),
    ...(size !== undefined && { memory: size.memory }),
    host,
    isRefused: size !== undefined && isHopeless(size.memory, host),
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
  preparation: Preparation,
  settings: Settings,
  engine: EngineName,
  { configFile }: SuggestRequest,
): Promise<Partial<Settings>> {
  if (isChosen('epochs', preparation) || configFile !== undefined) return {};
  const rough = await roughStepSeconds(settings, engine);
  if (rough === undefined) return {};
  const { epochs } = settings;
  const seconds = rough * stepsOf(settings, itemsOf(preparation));
  const affordable = Math.max(LEAST_EPOCHS, Math.floor((epochs * DAY) / seconds));
  if (affordable >= epochs) return {};
  return differing(settings, {
    epochs: affordable,
    warmup_epochs: Math.min(settings.warmup_epochs, Math.ceil(affordable / 10)),
    warmup_teacher_temp_epochs: Math.min(settings.warmup_teacher_temp_epochs, affordable),
  });
}

/** What was tried to make a run fit. */
const tried = (settings: Settings): string =>
  partsChangeResult(settings) ? 'activation checkpointing' : 'a batch in parts with activation checkpointing';

const fewText = (dataset: Dataset): string =>
  `${counted(dataset.size, modalityOf(dataset).item, dataset.modality)} ${dataset.size === 1 ? 'is' : 'are'} few to learn from: ${LEAST_IMAGES} or more are better.`;

function warningsOf({ dataset, settings }: Preparation, size: FittingMemory | undefined, host: HostMemory): string[] {
  const leftOut = describeLeftOut(dataset.leftOut);
  return [
    ...(settings.method !== 'finetune' && dataset.size < LEAST_IMAGES ? [fewText(dataset)] : []),
    ...(leftOut === undefined ? [] : [`Left out: ${leftOut}.`]),
    ...(size === undefined || size.fits
      ? []
      : [
          `It takes about ${gigabytes(size.wanted)} of memory, but ${lackOf(size.wanted, host)}, and ${tried(settings)} does not change that: choose ${smallerRun(settings)}.`,
        ]),
  ];
}
