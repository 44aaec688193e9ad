/** Which settings suit a data set and this machine, each with its reason. */
import { requireBatch } from '../../data/batches.js';
import { describeLeftOut } from '../../data/leftOut.js';
import { modalityOf } from '../../data/modalities/index.js';
import type { Dataset } from '../../data/modality.js';
import { type EngineName, isEngineName } from '../../engines/abilities.js';
import { chooseEngine } from '../../engines/choose.js';
import type { Engine } from '../../engines/engine.js';
import { type HostMemory, hostMemory } from '../../engines/hostMemory.js';
import type { SuggestedLine } from '../../protocol/suggestWork.js';
import { LEAST_IMAGES, type PresetName } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/settings.js';
import { counted } from '../../text/counted.js';
import { type Preparation, prepareNew, type ReadData, readData } from '../prepare.js';
import { dataSizeOf } from './dataSize.js';
import { largestFitting, type RunRequest, withSmallness } from './largestFitting.js';
import {
  type DataSize,
  differing,
  estimatedMemory,
  type Fitting,
  fitting,
  gigabytes,
  isHopeless,
  lackOf,
  plannedMemory,
} from './memory.js';
import { smaller as smallerAdvice, whatToDo } from './memoryAdvice.js';
import { isChosen, type Replaced } from './reasons.js';
import { type Smallness, smallnessText } from './smallerRun.js';
import { suggestedLines } from './suggestedLines.js';
import { DAY, roughStepSeconds, stepsOf } from './time.js';

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

export type SuggestRequest = RunRequest;

interface SuggestSurroundings {
  readonly stop?: AbortSignal;
  readonly host?: HostMemory;
  /** Hears what is done next, where it may take a while. */
  readonly say?: (doing: string) => void;
}

/**
 * What was asked for, in parts where its memory needs them. Where even that would be refused, the largest run that fits takes its place.
 * @throws Error in one sentence, as a training with this request would; the reason of `stop` when it aborts
 */
export async function suggest(
  request: SuggestRequest,
  { stop = new AbortController().signal, host = hostMemory(), say = () => undefined }: SuggestSurroundings = {},
): Promise<Suggestion> {
  say('reading data');
  const read = await readData(request.data, stop);
  say('estimating time and memory');
  const wanted = await planned(request, read, host, stop);
  const asked = suggestionOf(wanted, request);
  const { settings, engine, size } = wanted;
  if (size?.fits !== false) return asked;
  say('looking for a smaller run that fits');
  const { preset } = asked;
  const most = { engine, mostBytes: plannedMemory(host.free) };
  const smaller = await largestFitting(
    { request, read: wanted.preparation.read ?? read, settings, preset, ...most },
    stop,
  );
  const takes = `takes about ${gigabytes(size.memory)} of memory, but ${lackOf(size.memory, host)}`;
  if (!asked.isRefused || smaller.found === undefined)
    return {
      ...asked,
      warnings: [...asked.warnings, `It ${takes}${whatToDo(size.memory, host, smallerAdvice(smaller))}.`],
    };
  const { instead } = smaller.found;
  const small = withSmallness(request, instead);
  const suggestion = suggestionOf(await planned(small, read, host, stop), small, { by: instead, settings, preset });
  return {
    ...suggestion,
    instead,
    set: { ...instead.set, ...suggestion.set },
    warnings: [
      `What was asked for ${takes}; suggested in its place: ${smallnessText(instead)}.`,
      ...suggestion.warnings,
    ],
  };
}

/** A run that is thought of, as it suits this machine. */
interface Plan {
  readonly preparation: Preparation;
  readonly data: DataSize;
  readonly host: HostMemory;
  readonly opened: Engine;
  readonly engine: EngineName;
  /** Undefined where the memory is a GPU's. */
  readonly size: Fitting | undefined;
  readonly forTime: Readonly<Partial<Settings>>;
  readonly settings: Settings;
  /** Of a step, where anything is known of it. */
  readonly roughSeconds: number | undefined;
}

async function planned(request: SuggestRequest, read: ReadData, host: HostMemory, stop: AbortSignal): Promise<Plan> {
  const preparation = await prepareNew(request, read, stop);
  const { settings: first, dataset, labeled } = preparation;
  requireBatch({ dataset, items: labeled?.learned, batchSize: first.batch_size });
  const data = dataSizeOf(preparation);
  const opened = await chooseEngine(first.engine, first);
  const { name: engine, usesGpu } = opened;
  if (!isEngineName(engine)) throw new Error(`There is no engine ${engine}.`);
  if (first.gpus > 1 && usesGpu !== true)
    throw new Error(`The setting gpus is ${first.gpus}, but the engine ${engine} has found no GPU here: set it to 1.`);
  const size = usesGpu === true ? undefined : await fittingMemory(first, data, engine, host);
  const { settings: fitted } = resolveSettings({ run: first, set: { ...size?.set } });
  const roughSeconds = await roughStepSeconds(fitted, engine);
  const isFree = !isChosen('epochs', preparation) && request.configFile === undefined;
  const forTime =
    isFree && roughSeconds !== undefined ? endingInADay(fitted, roughSeconds * stepsOf(fitted, data.images)) : {};
  const { settings } = resolveSettings({ run: fitted, set: forTime });
  return { preparation, data, host, opened, engine, size, forTime, settings, roughSeconds };
}

function suggestionOf(plan: Plan, request: SuggestRequest, replaced?: Replaced): Suggestion {
  const { preparation, data, host, opened, engine, size, forTime, settings, roughSeconds } = plan;
  const { preset } = preparation;
  const steps = stepsOf(settings, data.images);
  const seconds = roughSeconds === undefined || size === undefined ? undefined : roughSeconds * steps;
  const changes = { forMemory: size?.set ?? {}, forTime, ...(replaced && { replaced }) };
  return {
    data,
    preset: preset as PresetName | undefined,
    set: { ...size?.set, ...forTime },
    settings,
    engine,
    lines: suggestedLines(preparation, settings, { ...changes, seconds }, opened, request),
    steps,
    ...(seconds !== undefined && { seconds }),
    ...(size !== undefined && { memory: size.memory }),
    host,
    isRefused: size !== undefined && isHopeless(size.memory, host),
    warnings: warningsOf(preparation),
  };
}

/** What a run takes, with a change by which it fits, if there is one. */
async function fittingMemory(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  { free }: HostMemory,
): Promise<Fitting> {
  const most = plannedMemory(free);
  const memory = await estimatedMemory(settings, data, engine);
  if (memory <= most) return { set: {}, memory, fits: true };
  const less = await fitting(settings, data, engine, most);
  return less.fits ? less : { set: {}, memory, fits: false };
}

/** Of fewer epochs the schedules make little sense. */
const LEAST_EPOCHS = 10;

/**
 * The original's number of epochs is meant for GPUs: one that was not chosen by anybody is made to end within a day, where that is possible.
 * @param seconds that the run takes as it is
 */
function endingInADay(settings: Settings, seconds: number): Partial<Settings> {
  const { epochs } = settings;
  const affordable = Math.max(LEAST_EPOCHS, Math.floor((epochs * DAY) / seconds));
  if (affordable >= epochs) return {};
  return differing(settings, {
    epochs: affordable,
    warmup_epochs: Math.min(settings.warmup_epochs, Math.ceil(affordable / 10)),
    warmup_teacher_temp_epochs: Math.min(settings.warmup_teacher_temp_epochs, affordable),
  });
}

const fewText = (dataset: Dataset): string =>
  `${counted(dataset.size, modalityOf(dataset).item, dataset.modality)} ${dataset.size === 1 ? 'is' : 'are'} few to learn from: ${LEAST_IMAGES} or more are better.`;

function warningsOf({ dataset, settings, notes = [] }: Preparation): string[] {
  const leftOut = describeLeftOut(dataset.leftOut);
  return [
    ...(settings.method !== 'finetune' && dataset.size < LEAST_IMAGES ? [fewText(dataset)] : []),
    ...(leftOut === undefined ? [] : [`Left out: ${leftOut}.`]),
    ...notes,
  ];
}
