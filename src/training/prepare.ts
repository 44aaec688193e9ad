/** What has to be known before the first step: the data set, the settings, and where a resumed run goes on. */
import { resolve } from 'node:path';
import { isImageDataset } from '../data/dataset.js';
import { UnreadableImageError } from '../data/image.js';
import { modalityOf, openData } from '../data/modalities/index.js';
import type { Dataset } from '../data/modality.js';
import { betweenStages } from '../engines/stop.js';
import { savedRolesOf } from '../method/method.js';
import type { TrainRequest } from '../protocol/worker.js';
import {
  type CheckpointInfo,
  isResumableCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  type TrainingState,
} from '../runs/checkpoint.js';
import { type EngineDecision, engineDecision } from '../runs/engineDecision.js';
import type { Provenance } from '../runs/importedRecord.js';
import { readConfig } from '../runs/readConfig.js';
import { createRun, isRunFolder, openRun, type Run } from '../runs/run.js';
import type { Steps } from '../runs/teacherOutputs/outputsFolder.js';
import { isDistilled } from '../settings/parts/distillation.js';
import type { ImageSize } from '../settings/presets.js';
import { type ResolvedSettings, resolveSettings, singleSettingsIn, teacherIn } from '../settings/resolve.js';
import { SETTINGS, type Settings } from '../settings/settings.js';
import { median } from '../statistics/median.js';
import { counted } from '../text/counted.js';
import { percent } from '../text/percent.js';
import { requireArchitecture } from '../weights/architecture.js';
import { type InitialNetwork, initialNetwork, initRemarks, requireNoContradiction, requireTrainable } from './init.js';
import { hasSameTest, type LabeledParts, labeledParts, labelsFingerprint } from './labeledParts.js';
import { trainedMethodOf } from './methods/index.js';
import { savedState, sessionState } from './state.js';
import { stepProgram } from './step.js';
import { readTeacher, requireFittingTeacher, type Teacher, teacherRemarks, teacherWeights } from './teacher.js';
import { type PlannedOutputs, plannedOutputs } from './teacherOutputs/plannedOutputs.js';
import { type KnnImages, knnImages } from './trainingKnn.js';

/** A request of the extension, or of the command line, whose settings are `key=value` texts. */
export interface TrainRun extends Omit<TrainRequest, 'settings'> {
  readonly settings?: Readonly<Record<string, unknown>> | readonly string[];
}

/** What is read of the data before a run has its settings. */
export interface ReadData {
  readonly dataset: Dataset;
  /** Median size of its images, where they are images and a few of them can be read. */
  readonly medianSize?: ImageSize | undefined;
  /** Of a request that was prepared before: its other networks, which are not read again. */
  readonly networks?: { readonly init: InitialNetwork | undefined; readonly teacher: Teacher | undefined };
}

export interface Preparation {
  readonly dataset: Dataset;
  /** Of a new run: what its settings were fitted to. */
  readonly read?: ReadData;
  /** Of a fine-tuning: the classes of the data set's images, and which of them it learns from. */
  readonly labeled?: LabeledParts;
  /** Where the run is evaluated by k-NN. */
  readonly knn?: KnnImages;
  /** Median size of its images, where they are images and a few of them can be read. */
  readonly medianSize?: ImageSize | undefined;
  readonly settings: Settings;
  /** Where each setting comes from. */
  readonly origin: ResolvedSettings['origin'];
  readonly preset?: string;
  /** What decided on the engine, where that is known. */
  readonly engineDecision?: EngineDecision | undefined;
  /** Of a new run: what of that may surprise, one sentence each. */
  readonly notes?: readonly string[];
  /** What was decided for the user; to be said before the first step. */
  readonly remarks: readonly string[];
  /** The run to go on with; absent: one is to be made. */
  readonly run?: Run;
  /** What a new run starts from; absent: random weights. */
  readonly init?: InitialNetwork;
  /** Where the frozen network comes from that it is distilled from, if it has one. */
  readonly teacher?: Provenance;
  /** Where that network's outputs are on disk, or will be before the first step; absent: it is computed in each step. */
  readonly outputs?: PlannedOutputs | undefined;
  /** Where the run goes on; absent: at the beginning. */
  readonly state?: TrainingState;
}

/**
 * Looks at the run, the data and the settings. Writes nothing.
 * @throws Error when they do not fit together; the reason of `stop` when it aborts
 */
export async function prepare(request: TrainRun, stop: AbortSignal): Promise<Preparation> {
  if (request.resume) return prepareResumed(request, stop);
  if (isRunFolder(request.run)) {
    throw new Error(`${request.run} holds a run already: resume it, or choose another folder.`);
  }
  return prepareNew(request, await readData(request.data, stop), stop);
}

/** @throws Error when the folder or file holds no data; the reason of `stop` when it aborts */
export async function readData(path: string, stop: AbortSignal): Promise<ReadData> {
  const dataset = await openData(path, stop);
  return { dataset, medianSize: await medianImageSize(dataset, stop) };
}

/**
 * The same of a new run, whose data have been read.
 * @param read where it has networks: those of this request, whose other settings may differ
 */
export async function prepareNew(
  request: Omit<TrainRun, 'run' | 'resume'>,
  read: ReadData,
  stop: AbortSignal,
): Promise<Preparation> {
  const { dataset, medianSize } = read;
  const init = read.networks ? read.networks.init : request.init && (await initialNetwork(request.init));
  const asked = await settingsRequest(request);
  // What contradicts the weights is said before what does not fit together because of it.
  if (init) requireNoContradiction(init, singleSettingsIn(asked));
  const teacher = read.networks ? read.networks.teacher : await teacherFor(asked);
  const resolved = resolveSettings({
    ...asked,
    ...(teacher && { teacher: { path: teacher.recorded.file, values: teacher.settings } }),
    images: dataset.size,
    ...(medianSize && { medianSize }),
    ...(init && {
      init: { path: init.path, values: init.settings, imageSize: init.network.backbone.imageSize },
    }),
  });
  const { preset } = resolved;
  requireStart(init, resolved.settings);
  if (init) requireTrainable(init, resolved.settings);
  const { labeled, settings } = await withLabels(dataset, taughtBy(teacher, withoutHeldOut(resolved.settings)), stop);
  const toDo = stepsOf(request, dataset, settings);
  const outputs = await plannedOutputs(settings, dataset, teacher?.recorded, toDo, stop);
  return {
    ...(await looksOf(labeled?.dataset ?? dataset, settings, stop)),
    read: { ...read, networks: { init, teacher } },
    ...(labeled && { labeled }),
    medianSize,
    settings,
    origin: resolved.origin,
    ...(preset && { preset }),
    engineDecision: engineDecision(resolved, request),
    notes: resolved.notes,
    remarks: [
      ...(init ? initRemarks(init, settings) : []),
      ...(teacher ? teacherRemarks(teacher) : []),
      ...(outputs?.remarks ?? []),
      ...(labeled ? labelRemarks(labeled, settings) : []),
      ...remarksOn(dataset, resolved),
    ],
    ...(init && { init }),
    ...(teacher && { teacher: teacher.recorded }),
    outputs,
  };
}

/** That the run is about to make, of those of its whole length. */
const stepsOf = (
  { maxSteps = Number.POSITIVE_INFINITY }: Pick<TrainRun, 'maxSteps'>,
  { size }: Dataset,
  { epochs, batch_size }: Settings,
  first = 0,
): Steps => ({ first, end: Math.max(first, Math.min(maxSteps, epochs * Math.floor(size / batch_size))) });

/** What is asked for is known before it is checked: the checks are of what the teacher decides, too. */
async function teacherFor(asked: Awaited<ReturnType<typeof settingsRequest>>): Promise<Teacher | undefined> {
  const named = teacherIn(asked);
  return named && readTeacher(named.path, { headsAlone: named.isPrecomputed });
}

/** @throws SettingsError that names the settings that contradict the teacher */
function taughtBy(teacher: Teacher | undefined, settings: Settings): Settings {
  if (teacher === undefined) return settings;
  requireFittingTeacher(teacher, settings);
  return inPlace({ ...settings, distill_from: teacher.recorded.file, teacher_network: teacher.shape });
}

/** A run may be resumed from another folder. */
const inPlace = (settings: Settings): Settings =>
  settings.distill_outputs === '' ? settings : { ...settings, distill_outputs: resolve(settings.distill_outputs) };

async function prepareResumed(request: TrainRun, stop: AbortSignal): Promise<Preparation> {
  if (request.init !== undefined)
    throw new Error('A resumed run goes on from its checkpoint: other weights can only start a new run.');
  const run = await openRun(request.run);
  const { config, dataset: recorded, engine, teacher } = run.record;
  const resolved = resolveSettings({ ...(await settingsRequest(request)), run: config });
  const settings = inPlace(resolved.settings);
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
        `(${counted(recorded.images, modalityOf(dataset).item, dataset.modality)}, now ${dataset.size}): its ${dataset.modality} must be the same to go on.`,
    );
  }
  const { labeled } = await withLabels(dataset, settings, stop);
  requireSameClasses(run, labeled, settings);
  const latest = latestCheckpoint(run.dir);
  const known = {
    ...(await looksOf(labeled?.dataset ?? dataset, settings, stop)),
    ...{
      settings,
      origin: resolved.origin,
      ...decided,
      run,
      remarks: [...resolved.notes, ...testRemarks(config, settings), ...knnRemarks(config, settings)],
    },
    ...(labeled && { labeled }),
    ...(teacher && { teacher }),
  };
  if (isDistilled(settings)) await teacherWeights(settings, requireRecorded(run));
  const toDo = stepsOf(request, dataset, settings, latest?.step);
  const outputs = await plannedOutputs(settings, dataset, teacher, toDo, stop);
  const taught = { ...known, outputs, remarks: [...known.remarks, ...(outputs?.remarks ?? [])] };
  if (latest === undefined) return taught;
  await betweenStages(stop);
  return { ...taught, state: stateOf(run, latest, settings, itemsOf(known)) };
}

/** How many items an epoch goes through. */
export const itemsOf = ({ labeled, dataset }: Pick<Preparation, 'labeled' | 'dataset'>): number =>
  labeled?.learned.length ?? dataset.size;

function requireRecorded({ dir, record }: Pick<Run, 'dir' | 'record'>): Provenance {
  if (record.teacher === undefined) throw new Error(`The record of the run ${dir} does not say who its teacher is.`);
  return record.teacher;
}

/** A fine-tuning needs weights to start from, and DINO's head is of no use to it. */
function requireStart(init: InitialNetwork | undefined, { method }: Settings): void {
  if (method !== 'finetune') return;
  if (init === undefined)
    throw new Error(
      'Fine-tuning starts from the weights of a network: say by --init, or as `dino finetune CHECKPOINT`, of which.',
    );
  if (init.recorded.head === 'kept')
    throw new Error('Fine-tuning has a new classification head: the projection head of a network cannot be kept.');
}

/** What of a fine-tuning its data decide. */
async function withLabels(
  dataset: Dataset,
  settings: Settings,
  stop: AbortSignal,
): Promise<{ readonly settings: Settings; readonly labeled?: LabeledParts }> {
  if (settings.method !== 'finetune') return { settings };
  const labeled = await labeledParts(dataset, settings, stop);
  const { length: classes } = labeled.dataset.classes;
  if (settings.num_labels !== 0 && settings.num_labels !== classes)
    throw new Error(`num_labels is ${settings.num_labels}, but the images in ${dataset.path} have ${classes} classes.`);
  return { labeled, settings: { ...settings, num_labels: classes } };
}

/** Where a new run has test images, it learns from all others. */
const withoutHeldOut = (settings: Settings): Settings =>
  settings.finetune_test === '' ? settings : { ...settings, held_out: 0 };

function labelRemarks(
  { dataset, learned, test, notes }: LabeledParts,
  { held_out, finetune_test }: Settings,
): string[] {
  const tested =
    finetune_test !== ''
      ? `tested on ${test.images.length} of ${test.dataset.path}`
      : held_out > 0
        ? `tested on ${test.images.length} others, ${percent(held_out)} of each class (held_out)`
        : 'not tested: held_out is 0, and there is no finetune_test';
  return [
    ...notes,
    `${counted(dataset.classes.length, 'class', 'classes')}; learned from ${counted(learned.length, 'image')}, ${tested}`,
  ];
}

const testRemarks = (before: Settings, settings: Settings): string[] =>
  hasSameTest(before, settings)
    ? []
    : [
        'tested on other images than before: it learns from the same images as before, and which checkpoint is the best is found out anew',
      ];

/** Those that say among which images, and how, the k-NN of knn_freq counts; how often it does changes no value. */
const KNN_SETTINGS = ['knn_k', 'knn_images', 'knn_labels', 'knn_test'] as const;

function knnRemarks(before: Settings, settings: Settings): string[] {
  const changed = KNN_SETTINGS.filter((key) => before[key] !== settings[key]);
  if (changed.length === 0 || before.knn_freq === 0 || settings.knn_freq === 0) return [];
  return [
    `k-NN is not measured as before (${changed.join(', ')}): its earlier values cannot be compared with those to come`,
  ];
}

/**
 * A network's outputs mean its run's classes in their order, and the classes of the images decide which of them are held out. A table may
 * have moved: what it says counts.
 */
function requireSameClasses({ dir, record }: Run, labeled: LabeledParts | undefined, settings: Settings): void {
  if (labeled === undefined) return;
  const { dataset } = labeled;
  if (record.classes?.join('\n') !== dataset.classes.join('\n'))
    throw new Error(
      `The classes of ${dataset.path} are not those that the run ${dir} was started with: they must be the same to go on.`,
    );
  const { finetune_labels: table } = record.config;
  if (record.labels === undefined ? table === settings.finetune_labels : record.labels === labelsFingerprint(dataset))
    return;
  const told = settings.finetune_labels === '' ? `the folders of ${dataset.path}` : settings.finetune_labels;
  const before = table === '' ? 'the folders or the IDX file of its images' : table;
  throw new Error(
    record.labels === undefined
      ? `The run ${dir} was started with the classes of ${before}, and its record cannot tell whether ${told} has the same: leave finetune_labels as it was.`
      : `${told} gives images other classes than the run ${dir} was started with (${before}): other images would be held out, so the classes must be the same to go on.`,
  );
}

/** What looks at the run while it trains is opened before its start, so that a mistake in its settings is told in time. */
async function looksOf(dataset: Dataset, settings: Settings, stop: AbortSignal) {
  if (settings.knn_freq === 0) return { dataset };
  return { dataset, knn: await knnImages(dataset, settings, stop) };
}

function remarksOn({ size, modality }: Dataset, { settings, origin, preset, notes }: ResolvedSettings): string[] {
  const fitted = SETTINGS.keysOf(settings).filter((key) => origin[key] === 'derived' && key !== 'num_workers');
  const start =
    preset !== undefined
      ? `settings of the preset ${preset}`
      : settings.method === 'finetune'
        ? 'the settings of fine-tuning'
        : "the original's settings";
  const list = fitted.map((key) => `${key} ${JSON.stringify(settings[key])}`).join(', ');
  return [
    ...notes,
    list === '' ? start : `${start}, fitted to ${counted(size, modalityOf({ modality }).item, modality)}: ${list}`,
  ];
}

/** @throws Error when the checkpoint is damaged or of another run, which says how to go on from the one before it */
function stateOf({ dir }: Run, latest: CheckpointInfo, settings: Settings, items: number): TrainingState {
  try {
    return fittingState(latest, settings, items);
  } catch (error) {
    const before = listCheckpoints(dir).findLast(({ path, step }) => step < latest.step && isResumableCheckpoint(path));
    if (!(error instanceof Error) || before === undefined) throw error;
    throw new Error(`${error.message} To go on from step ${before.step} instead, move ${latest.path} away.`);
  }
}

/** @param items that an epoch goes through */
function fittingState(latest: CheckpointInfo, settings: Settings, items: number): TrainingState {
  const method = trainedMethodOf(settings).method(settings);
  const saved = savedRolesOf(method);
  const state = loadCheckpoint(latest.path, { ...method, roles: Object.fromEntries(saved) });
  for (const [role, { network }] of saved) {
    requireArchitecture(state.networks[role] ?? {}, network.parameters, latest.path);
  }
  // A moment that is missing would count as zero, and the run would go on, but as another one.
  requireArchitecture(sessionState(state), savedState(stepProgram(settings).state, method), latest.path);
  requirePlace(state, settings, Math.floor(items / settings.batch_size), latest.path);
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
  { dataset, settings, preset, init, teacher, labeled }: Preparation,
  version: string,
): Promise<Run> {
  return createRun({
    dir: request.run,
    ...(request.name !== undefined && { name: request.name }),
    ...(preset !== undefined && { preset }),
    settings,
    dataset: { path: dataset.path, fingerprint: dataset.fingerprint, images: dataset.size },
    ...(init && { init: init.recorded }),
    ...(teacher && { teacher }),
    ...(labeled && { classes: [...labeled.dataset.classes], labels: labelsFingerprint(labeled.dataset) }),
    versions: { 'dino-lab': version },
  });
}

async function settingsRequest({ preset, configFile, editor, settings }: Omit<TrainRun, 'run' | 'resume'>) {
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
