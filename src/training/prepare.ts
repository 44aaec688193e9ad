/** What has to be known before the first step: the data set, the settings, and where a resumed run goes on. */
import { isImageDataset } from '../data/dataset.js';
import { UnreadableImageError } from '../data/image.js';
import { openData } from '../data/modalities/index.js';
import type { Dataset } from '../data/modality.js';
import { betweenStages } from '../engines/stop.js';
import { rolesOf } from '../method/method.js';
import { lastingState } from '../method/step.js';
import type { TrainRequest } from '../protocol/worker.js';
import {
  type CheckpointInfo,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  type TrainingState,
} from '../runs/checkpoint.js';
import { type EngineDecision, engineDecision } from '../runs/engineDecision.js';
import { readConfig } from '../runs/readConfig.js';
import { createRun, isRunFolder, openRun, type Run } from '../runs/run.js';
import type { ImageSize } from '../settings/presets.js';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.js';
import { SETTING_KEYS, SETTINGS, type Settings } from '../settings/settings.js';
import { median } from '../statistics/median.js';
import { requireArchitecture } from '../weights/architecture.js';
import { type InitialNetwork, initialNetwork, initRemarks, requireFitting } from './init.js';
import { trainedMethodOf } from './methods/index.js';
import { sessionState } from './state.js';
import { stepProgram } from './step.js';

/** A request of the extension, or of the command line, whose settings are `key=value` texts. */
export interface TrainRun extends Omit<TrainRequest, 'settings'> {
  readonly settings?: Readonly<Record<string, unknown>> | readonly string[];
}

export interface Preparation {
  readonly dataset: Dataset;
  readonly settings: Settings;
  readonly preset?: string;
  /** What decided on the engine, where that is known. */
  readonly engineDecision?: EngineDecision | undefined;
  /** What was decided for the user; to be said before the first step. */
  readonly remarks: readonly string[];
  /** The run to go on with; absent: one is to be made. */
  readonly run?: Run;
  /** What a new run starts from; absent: random weights. */
  readonly init?: InitialNetwork;
  /** Where the run goes on; absent: at the beginning. */
  readonly state?: TrainingState;
}

/**
 * Looks at the run, the data and the settings. Writes nothing.
 * @throws Error when they do not fit together; the reason of `stop` when it aborts
 */
export async function prepare(request: TrainRun, stop: AbortSignal): Promise<Preparation> {
  return request.resume ? prepareResumed(request, stop) : prepareNew(request, stop);
}

async function prepareNew(request: TrainRun, stop: AbortSignal): Promise<Preparation> {
  if (isRunFolder(request.run)) {
    throw new Error(`${request.run} holds a run already: resume it, or choose another folder.`);
  }
  const dataset = await openData(request.data, stop);
  const medianSize = await medianImageSize(dataset, stop);
  const init = request.init && (await initialNetwork(request.init));
  const resolved = resolveSettings({
    ...(await settingsRequest(request)),
    images: dataset.size,
    ...(medianSize && { medianSize }),
    ...(init && { init: { path: init.recorded.file, values: init.settings } }),
  });
  const { settings, preset } = resolved;
  if (init) requireFitting(init.recorded.file, init, settings);
  return {
    dataset,
    settings,
    ...(preset && { preset }),
    engineDecision: engineDecision(resolved, request),
    remarks: [...(init ? initRemarks(init, settings) : []), ...remarksOn(dataset, resolved)],
    ...(init && { init }),
  };
}

async function prepareResumed(request: TrainRun, stop: AbortSignal): Promise<Preparation> {
  if (request.init !== undefined)
    throw new Error('A resumed run goes on from its checkpoint: other weights can only start a new run.');
  const run = await openRun(request.run);
  const { config, dataset: recorded, engine } = run.record;
  const resolved = resolveSettings({ ...(await settingsRequest(request)), run: config });
  const { settings } = resolved;
  const decided = { engineDecision: engineDecision(resolved, { before: engine?.decidedBy }) };
  const changed = SETTINGS.keptKeysThatDiffer(config, settings);
  if (changed.length > 0) {
    const list = changed.map((key) => `${key} (${JSON.stringify(config[key])})`).join(', ');
    throw new Error(`A resumed run keeps its settings: ${list} cannot be changed; start a new run instead.`);
  }
  const dataset = await openData(request.data, stop);
  if (dataset.fingerprint !== recorded.fingerprint) {
    throw new Error(
      `The data set ${dataset.path} is not what the run ${run.dir} was started with ` +
        `(${recorded.images} ${dataset.modality}, now ${dataset.size}): its ${dataset.modality} must be the same to go on.`,
    );
  }
  const latest = latestCheckpoint(run.dir);
  const known = { dataset, settings, ...decided, run, remarks: resolved.notes };
  if (latest === undefined) return known;
  await betweenStages(stop);
  return { ...known, state: stateOf(run, latest, settings, dataset) };
}

function remarksOn({ size, modality }: Dataset, { settings, origin, preset, notes }: ResolvedSettings): string[] {
  const fitted = SETTING_KEYS.filter((key) => origin[key] === 'derived' && key !== 'num_workers');
  const start = preset === undefined ? "the original's settings" : `settings of the preset ${preset}`;
  const list = fitted.map((key) => `${key} ${JSON.stringify(settings[key])}`).join(', ');
  return [...notes, list === '' ? start : `${start}, fitted to ${size} ${modality}: ${list}`];
}

/** @throws Error when the checkpoint is damaged or of another run, which says how to go on from the one before it */
function stateOf({ dir }: Run, latest: CheckpointInfo, settings: Settings, dataset: Dataset): TrainingState {
  try {
    return fittingState(latest, settings, dataset);
  } catch (error) {
    const before = listCheckpoints(dir).findLast(({ step }) => step < latest.step);
    if (!(error instanceof Error) || before === undefined) throw error;
    throw new Error(`${error.message} To go on from step ${before.step} instead, move ${latest.path} away.`);
  }
}

function fittingState(latest: CheckpointInfo, settings: Settings, dataset: Dataset): TrainingState {
  const method = trainedMethodOf(settings).method(settings);
  const state = loadCheckpoint(latest.path, method);
  for (const [role, { network }] of rolesOf(method)) {
    requireArchitecture(state.networks[role] ?? {}, network.parameters, latest.path);
  }
  // A moment that is missing would count as zero, and the run would go on, but as another one.
  requireArchitecture(sessionState(state), lastingState(stepProgram(settings).state), latest.path);
  requirePlace(state, settings, Math.floor(dataset.size / settings.batch_size), latest.path);
  return state;
}

/** A checkpoint must be one of this run's: same seed and length, and a step that fits its epoch. */
function requirePlace(state: TrainingState, { seed, epochs }: Settings, stepsPerEpoch: number, path: string): void {
  const place = state.epoch * stepsPerEpoch + state.iteration;
  const fits =
    state.seed === seed &&
    state.epochs === epochs &&
    state.stepsPerEpoch === stepsPerEpoch &&
    state.step === place &&
    state.step <= epochs * stepsPerEpoch;
  if (fits) return;
  throw new Error(
    `The checkpoint ${path} does not belong to its run: its state.json has step ${state.step} at epoch ${state.epoch}, ` +
      `iteration ${state.iteration}, for ${state.epochs} epochs of ${state.stepsPerEpoch} steps and seed ${state.seed}, ` +
      `but the run has ${epochs} epochs of ${stepsPerEpoch} steps and seed ${seed}; resume from another checkpoint.`,
  );
}

/** The run's record as a new run begins. */
export function makeRun(
  request: TrainRun,
  { dataset, settings, preset, init }: Preparation,
  version: string,
): Promise<Run> {
  return createRun({
    dir: request.run,
    ...(request.name !== undefined && { name: request.name }),
    ...(preset !== undefined && { preset }),
    settings,
    dataset: { path: dataset.path, fingerprint: dataset.fingerprint, images: dataset.size },
    ...(init && { init: init.recorded }),
    versions: { 'dino-lab': version },
  });
}

async function settingsRequest({ preset, configFile, editor, settings }: TrainRun) {
  return {
    ...(preset !== undefined && { preset }),
    ...(configFile !== undefined && { configFile: await readConfig(configFile) }),
    ...(editor !== undefined && { editor }),
    ...(settings !== undefined && { set: settings }),
  };
}

/** Enough images to tell small ones from photographs. */
const SAMPLED_IMAGES = 9;

/** Of a few images spread over the data set; undefined when none of them can be read, or the data are no images. */
export async function medianImageSize(dataset: Dataset, stop?: AbortSignal): Promise<ImageSize | undefined> {
  if (!isImageDataset(dataset)) return undefined;
  const sampled = Math.min(SAMPLED_IMAGES, dataset.size);
  const sizes: ImageSize[] = [];
  for (let i = 0; i < sampled; i++) {
    stop?.throwIfAborted();
    try {
      sizes.push(await dataset.read(Math.floor((i * dataset.size) / sampled), 3));
    } catch (error) {
      // It is named and counted when its batch is made.
      if (!(error instanceof UnreadableImageError)) throw error;
    }
  }
  if (sizes.length === 0) return undefined;
  return { width: median(sizes.map(({ width }) => width)), height: median(sizes.map(({ height }) => height)) };
}
