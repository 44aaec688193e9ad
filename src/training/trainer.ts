/** The training loop: data -> step -> metrics -> checkpoints. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { version } from '../../package.json';
import type { Batch, Views } from '../data/batch.js';
import { type Batches, openBatches } from '../data/batches.js';
import { describeLeftOut } from '../data/leftOut.js';
import { modalityOf } from '../data/modalities/index.js';
import type { Dataset } from '../data/modality.js';
import { chooseEngine } from '../engines/choose.js';
import type { Engine, Session } from '../engines/engine.js';
import { hasBfloat16, thisProcessor } from '../engines/processor.js';
import { betweenStages, unlessStopped } from '../engines/stop.js';
import { errorMessage } from '../errors/errorMessage.js';
import { initialWeights } from '../method/initialParameters.js';
import { hasBatchNorm, type Method, rolesOf } from '../method/method.js';
import type { StepMetrics } from '../metrics/metricsLine.js';
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import type { LogLevel, TrainEnd, TrainPhase, TrainProgress } from '../protocol/worker.js';
import { latestCheckpoint, type TrainingState } from '../runs/checkpoint.js';
import { dropMetricsAfter, type MetricsWriter, openMetricsWriter } from '../runs/metricsFile.js';
import { type HeldRun, holdRun, metricsFile, type RunRecord } from '../runs/run.js';
import type { Settings } from '../settings/settings.js';
import { counted } from '../text/counted.js';
import { type Hyperparameters, planHyperparameters, updatesAfter } from './hyperparameters.js';
import { keptWeights } from './init.js';
import { hasSameTest } from './labeledParts.js';
import { LABELS } from './methods/finetune.js';
import { trainedMethodOf } from './methods/index.js';
import type { TrainedMethod } from './methods/trainedMethod.js';
import { makeRun, type Preparation, prepare, type TrainRun } from './prepare.js';
import { RunCheckpoints, type SavedCheckpoint } from './runCheckpoints.js';
import { RunEvaluation } from './runEvaluation.js';
import { RunEvents } from './runEvents.js';
import { RunHealth } from './runHealth.js';
import { appendToLog } from './runLog.js';
import { initialState, lastingTensors, resumedState, savedState } from './state.js';
import { callsOf, makeStep, type StepCalls, stepProgram } from './step.js';
import { dataSizeOf } from './suggestion/dataSize.js';
import { largestFitting } from './suggestion/largestFitting.js';
import { type MemoryStatement, memoryStatement } from './suggestion/memoryStatement.js';
import { teacherWeights } from './teacher.js';
import { computeOutputs } from './teacherOutputs/computeOutputs.js';
import { taughtBatches } from './teacherOutputs/taughtBatches.js';
import { Throughput } from './throughput.js';
import type { LookSurroundings } from './unlessItFails.js';

export interface TrainEvents {
  /** What the run is trained on, before anything is computed. */
  onDataset?(dataset: Dataset): void;
  onProgress(progress: TrainProgress): void;
  onLog(level: LogLevel, message: string): void;
}

export interface TrainSurroundings {
  readonly events: TrainEvents;
  /**
   * When it aborts, the step under way is finished, a checkpoint saved, and the run ends. Before the first step, when data are
   * read and the step is compiled, the run ends with the stage under way, and there is nothing to save.
   */
  readonly stop: AbortSignal;
  /** The bundled `cropWorker.cjs`. */
  readonly cropWorkerFile: string;
}

/** How often a long compile is heard of. */
const COMPILING_EVERY_MS = 1000;

/**
 * Trains until the last epoch, `maxSteps` or a stop.
 * What fails once the run has its folder is the run's end, recorded in run.json and answered.
 * @throws Error when the run cannot begin: settings, data or folder are not fit
 */
export async function train(request: TrainRun, surroundings: TrainSurroundings): Promise<TrainEnd> {
  const { events, stop } = surroundings;
  const started = performance.now();
  events.onProgress({ phase: 'reading data', step: 0, totalSteps: 0, epoch: 0, epochs: 0 });
  let preparation: Preparation;
  try {
    preparation = await prepare(request, stop);
  } catch (error) {
    if (!stop.aborted || error !== stop.reason) throw error;
    return stoppedAt(request.resume ? latestCheckpoint(request.run) : undefined);
  }
  events.onDataset?.(preparation.dataset);
  return trainPrepared(request, preparation, surroundings, started);
}

/**
 * The same, of what has been prepared.
 * @param started when, on the clock of `performance`
 */
export async function trainPrepared(
  request: TrainRun,
  preparation: Preparation,
  surroundings: TrainSurroundings,
  started = performance.now(),
): Promise<TrainEnd> {
  const { settings, outputs } = preparation;
  const views = batchesOf(preparation, surroundings, settings, preparation.state?.step ?? 0);
  const batches = outputs ? taughtBatches(views, settings, outputs.folder) : views;
  try {
    const engine = chooseEngine(settings.engine, settings);
    const memory = await memoryOf(request, preparation, engine, surroundings);
    const { dir, record } = preparation.run ?? (await makeRun(request, preparation, version));
    const held = await holdRun(dir);
    const training = new Training(held, record, preparation, batches, surroundings, started, { engine, memory });
    return await training.run(request.maxSteps);
  } catch (error) {
    // Before it began.
    if (!surroundings.stop.aborted || error !== surroundings.stop.reason) throw error;
    return stoppedAt(preparation.run && latestCheckpoint(preparation.run.dir));
  } finally {
    await batches.close();
  }
}

/** @param step of the run, from 0, whose batch is the first */
function batchesOf(
  { dataset, labeled }: Preparation,
  { cropWorkerFile }: TrainSurroundings,
  settings: Settings,
  step: number,
): Batches {
  return openBatches({
    dataset,
    items: labeled?.learned,
    views: modalityOf(dataset).views(settings),
    batchSize: settings.batch_size,
    seed: settings.seed,
    workers: settings.num_workers,
    startEpoch: 0,
    startIteration: step,
    epochs: settings.epochs,
    maxUnreadableShare: settings.max_unreadable_share,
    cacheBytes: settings.cache_mb * 2 ** 20,
    workerFile: cropWorkerFile,
  });
}

/** What a run is computed by, looked at before it has a folder. */
interface Means {
  readonly engine: Promise<Engine>;
  readonly memory: MemoryStatement | undefined;
}

/**
 * Undefined also where the engine cannot be had: the record of the run will say so.
 * @throws Error when the run would certainly not fit; the reason of `stop` when it aborts
 */
async function memoryOf(
  request: TrainRun,
  preparation: Preparation,
  engine: Promise<Engine>,
  { events, stop }: TrainSurroundings,
): Promise<MemoryStatement | undefined> {
  const found = await engine.catch(() => undefined);
  if (found === undefined) return undefined;
  const { settings, read, preset } = preparation;
  return memoryStatement(settings, dataSizeOf(preparation), found, {
    ...(read && {
      smallerRuns: (name, mostBytes) => {
        events.onLog('info', 'it does not fit the memory: looking for a smaller run that does');
        return largestFitting({ request, read, settings, preset, engine: name, mostBytes }, stop);
      },
    }),
  });
}

const stoppedAt = (last: SavedCheckpoint | undefined): TrainEnd => ({
  reason: 'stopped',
  step: last?.step ?? 0,
  ...(last && { checkpoint: last.path }),
});

class Training {
  readonly #settings: Settings;
  readonly #totalSteps: number;
  readonly #trained: TrainedMethod;
  readonly #method: Method;
  readonly #plan: (step: number) => Hyperparameters;
  readonly #throughput: Throughput;
  readonly #checkpoints: RunCheckpoints;
  readonly #health: RunHealth;
  readonly #evaluation: RunEvaluation;
  readonly #events: RunEvents | undefined;
  #session: Session | undefined;
  #metrics: MetricsWriter | undefined;
  #engine: Engine | undefined;
  #phase: TrainPhase = 'reading data';
  #phaseBegan = performance.now();
  #step: number;
  #loss: number | undefined;
  /** The step after this one, which a GPU may have been sent already. */
  #following: { readonly batch: Batch; readonly calls: StepCalls } | undefined;
  #divergedAt: number | undefined;
  #unreadable = 0;

  constructor(
    private readonly held: HeldRun,
    private readonly record: RunRecord,
    private readonly preparation: Preparation,
    private readonly batches: Batches,
    private readonly surroundings: TrainSurroundings,
    private readonly started: number,
    private readonly means: Means,
  ) {
    const { settings, state } = preparation;
    this.#settings = settings;
    this.#totalSteps = settings.epochs * batches.iterationsPerEpoch;
    this.#trained = trainedMethodOf(settings);
    this.#method = this.#trained.method(settings);
    this.#plan = planHyperparameters(settings, batches.iterationsPerEpoch);
    this.#throughput = new Throughput(settings.batch_size);
    this.#step = state?.step ?? 0;
    const isBest = record.best && record.best.step <= this.#step && hasSameTest(record.config, settings);
    const best = isBest ? record.best : undefined;
    const last = state && latestCheckpoint(held.dir);
    this.#checkpoints = new RunCheckpoints(held.dir, settings, batches.iterationsPerEpoch, { last, best: best?.step });
    const looking: LookSurroundings = {
      stop: surroundings.stop,
      log: (level, message) => this.#log(level, message),
    };
    this.#health = new RunHealth(held, preparation, batches.iterationsPerEpoch, looking);
    this.#evaluation = new RunEvaluation(preparation, batches.iterationsPerEpoch, looking, best);
    this.#events = settings.tensorboard ? new RunEvents(held.dir, preparation, looking) : undefined;
  }

  async run(maxSteps = Number.POSITIVE_INFINITY): Promise<TrainEnd> {
    let end: TrainEnd;
    try {
      await this.#train(Math.min(maxSteps, this.#totalSteps));
      end = await this.#finish();
    } catch (error) {
      end = await this.#fail(error);
    }
    await this.#events?.end();
    try {
      this.#metrics?.close();
    } catch (error) {
      this.#log('error', errorMessage(error));
    }
    await this.#health.end();
    await this.#evaluation.end();
    await this.#session?.dispose();
    await this.#recordEnd(end);
    this.#report('ended');
    return end;
  }

  #engineRecord({ name, version }: Engine, runsAs?: string): RunRecord['engine'] {
    const { engineDecision } = this.preparation;
    return {
      name,
      version,
      ...(runsAs !== undefined && { runsAs }),
      ...(engineDecision && { decidedBy: engineDecision.by }),
    };
  }

  /** As far as wanted, or until it is stopped. */
  async #train(target: number): Promise<void> {
    const { stop } = this.surroundings;
    try {
      await this.#begin();
      await this.#loop(target);
    } catch (error) {
      if (!stop.aborted || error !== stop.reason) throw error;
    }
  }

  /** Compiles the step, puts the state in place, and makes sure that there is a checkpoint to come back to. */
  async #begin(): Promise<void> {
    const { stop } = this.surroundings;
    const settings = this.#settings;
    const { dataset, state, teacher } = this.preparation;
    const { iterationsPerEpoch } = this.batches;
    this.#log(
      'info',
      `${dataset.path}: ${counted(dataset.size, modalityOf(dataset).item, dataset.modality)}, ${counted(iterationsPerEpoch, 'step')} an epoch, ${this.#totalSteps} in all`,
    );
    const leftOut = describeLeftOut(dataset.leftOut);
    if (leftOut !== undefined) this.#log('warn', `left out of ${dataset.path}: ${leftOut}`);
    for (const note of dataset.notes) this.#log('info', `${dataset.path}: ${note}`);
    for (const remark of this.preparation.remarks) this.#log('info', remark);
    const engine = await this.means.engine;
    this.#engine = engine;
    if (settings.precision === 'bfloat16' && !engine.usesGpu && hasBfloat16(thisProcessor()) === false)
      this.#log('warn', 'this processor has no instructions for bfloat16: float32 is faster here, and more exact');
    const before = this.record.engine?.version;
    if (before !== undefined && before !== engine.version) {
      this.#log(
        'warn',
        `the run goes on with ${engine.version} after ${before}: numbers may differ in the last digits`,
      );
    }
    await this.held.update({
      config: settings,
      best: this.#evaluation.best,
      engine: this.#engineRecord(engine),
      totals: { steps: this.#step, totalSteps: this.#totalSteps, stepsPerEpoch: iterationsPerEpoch },
    });
    const { memory } = this.means;
    if (memory !== undefined) this.#log(memory.fits ? 'info' : 'warn', memory.text);
    await this.#precompute(engine);
    this.#report('compiling');
    await betweenStages(stop);
    const program = stepProgram(settings);
    const frozen = teacher ? await teacherWeights(settings, teacher) : {};
    const values = state
      ? resumedState(program.state, state, frozen)
      : initialState(program.state, this.#method, { ...(await this.#initialWeights()), ...frozen });
    const ticking = setInterval(() => this.#report('compiling'), COMPILING_EVERY_MS);
    try {
      this.#session = await engine.compile(program, values, { stop, namesUpcoming: true });
    } finally {
      clearInterval(ticking);
    }
    const { runsAs } = this.#session;
    if (runsAs !== undefined) await this.held.update({ engine: this.#engineRecord(engine, runsAs) });
    const { engineDecision } = this.preparation;
    const how = [engine.version, ...(runsAs === undefined ? [] : [runsAs])].join(', ');
    this.#log('info', `the training step runs on ${how}${engineDecision ? ` (${engineDecision.said})` : ''}`);
    await betweenStages(stop);

    dropMetricsAfter(metricsFile(this.held.dir), this.#step);
    const metrics = openMetricsWriter(metricsFile(this.held.dir));
    this.#metrics = this.#events?.joined(metrics, this.#step) ?? metrics;
    if (this.#checkpoints.last === undefined) await this.#save();
    const underWay = { session: this.#session, metrics: this.#metrics };
    await this.#health.begin(engine, underWay, this.#step);
    await this.#evaluation.begin(engine, underWay);
    await this.#events?.begin(engine, this.#session, this.#health);
    if (this.#step === 0) await this.#draw();
  }

  /** What the teacher computes, where it is to be on disk and is not yet. */
  async #precompute(engine: Engine): Promise<void> {
    const { outputs, teacher } = this.preparation;
    if (outputs === undefined || outputs.missing.length === 0 || teacher === undefined) return;
    const of = outputs.missing.length;
    const report = (computed: number) => this.#report('computing teacher', { computed, of });
    report(0);
    await this.held.update({ computesTeacher: true });
    const settings = this.#settings;
    await computeOutputs(settings, outputs, {
      engine,
      stop: this.surroundings.stop,
      weights: () => teacherWeights(settings, teacher, false),
      batchesFrom: (given, step) => batchesOf(this.preparation, this.surroundings, given, step),
      onComputed: report,
    });
    await this.held.update({ computesTeacher: undefined, startedAt: new Date().toISOString() });
  }

  async #initialWeights(): Promise<NamedHostTensors> {
    const weights: Record<string, HostTensor> = {};
    for (const [name, tensor] of initialWeights(this.#method, this.#settings.seed)) {
      weights[name] = tensor;
      await betweenStages(this.surroundings.stop);
    }
    const { init } = this.preparation;
    if (init === undefined) return weights;
    const kept = keptWeights(init, this.#settings.image_size);
    for (const [role] of rolesOf(this.#method))
      for (const [name, tensor] of Object.entries(kept))
        if (weights[`${role}.${name}`] !== undefined) weights[`${role}.${name}`] = tensor;
    return weights;
  }

  async #loop(target: number): Promise<void> {
    const { stop } = this.surroundings;
    this.#report('training');
    let upcoming = this.#step < target ? this.#nextBatch() : undefined;
    while (upcoming !== undefined) {
      const waiting = performance.now();
      const batch = await unlessStopped(upcoming, stop);
      const waitedMs = performance.now() - waiting;
      // Some engines hold this thread for the whole step: what comes next is asked for before it.
      upcoming = this.#step + 1 < target ? this.#nextBatch() : undefined;
      await this.#makeStep(batch, waitedMs, upcoming && (await readyNow(upcoming)));
      const stepMs = performance.now() - waiting;
      await this.#health.probe(this.#step, this.#step === target);
      await this.#evaluation.stepMade(this.#step, stepMs, this.#step === target);
      await this.#keepBest();
      await this.#events?.stepMade(stepMs);
      if (this.#step < target && this.#checkpoints.isDue(this.#step)) {
        const stays = this.#checkpoints.staysAt(this.#step);
        await this.#save(stays);
        if (stays) await this.#draw();
        this.#report('training');
      }
      await betweenStages(stop);
    }
  }

  /** The checkpoint of the best network so far stays, in the place of the one that was the best before. */
  async #keepBest(): Promise<void> {
    const checkpoints = this.#checkpoints;
    const [best, before] = [this.#evaluation.best, checkpoints.best];
    if (best === undefined || best.step === before) return;
    checkpoints.best = best.step;
    await this.#save();
    await this.held.update({ best });
    if (before !== undefined) await checkpoints.deleteFormerBest(before);
    this.#report('training');
  }

  #nextBatch(): Promise<Batch> {
    const batch = this.batches.next();
    // It is awaited one step later; until then its failure must not count as nobody's.
    batch.catch(() => undefined);
    return batch;
  }

  /** @param following the next batch, when it is there already */
  async #makeStep(batch: Batch, waitedMs: number, following: Batch | undefined): Promise<void> {
    const session = this.#sessionOrThrow();
    const hyperparameters = this.#plan(this.#step);
    this.#noteUnreadable(batch);
    const stepStarted = performance.now();
    const calls = this.#following?.batch === batch ? this.#following.calls : this.#callsOf(this.#step, batch);
    this.#following = following && { batch: following, calls: this.#callsOf(this.#step + 1, following) };
    const outputs = await makeStep(session, this.#trained, calls.all, this.#following?.calls.first);
    const { loss, grad_norm: gradNorm } = outputs;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      await session.undo();
      this.#divergedAt = this.#step + 1;
      const what = Number.isFinite(loss) ? `gradient is ${gradNorm}` : `loss is ${loss}`;
      throw new Error(
        `The ${what} at step ${this.#step + 1}: training has diverged; lower lr, raise warmup_epochs, or lower clip_grad.`,
      );
    }
    this.batches.giveBack(batch);
    this.#step++;
    this.#loss = loss;
    const now = performance.now();
    this.#throughput.stepEnded(now);
    const { epoch, lr, weightDecay, metrics: ofMethod } = hyperparameters;
    const metrics: StepMetrics = {
      step: this.#step,
      epoch,
      ...outputs,
      lr,
      weight_decay: weightDecay,
      ...ofMethod,
      images_per_s: this.#throughput.imagesPerSecond ?? (1000 * this.#settings.batch_size) / (now - stepStarted),
      data_wait_ms: waitedMs,
      time: Date.now(),
    };
    this.#metrics?.append(metrics);
    this.#health.stepMade(metrics);
    this.#report('training');
  }

  #callsOf(step: number, batch: Batch): StepCalls {
    return callsOf(this.#settings, step, this.#plan(step), this.#viewsOf(batch), this.#trained, this.#method);
  }

  /** With the class of each image, where classes are learned. */
  #viewsOf({ views, items }: Batch): Views {
    const { labeled } = this.preparation;
    if (labeled === undefined) return views;
    return { ...views, [LABELS]: Float32Array.from(items, (item) => labeled.dataset.labelOf(item) ?? -1) };
  }

  #noteUnreadable({ unreadable }: Batch): void {
    const { item } = modalityOf(this.preparation.dataset);
    this.#unreadable += unreadable.length;
    for (const { name, reason } of unreadable) this.#log('warn', `the ${item} ${name} is left out: ${reason}`);
  }

  /** @param stays when false, the next checkpoint takes the place of this one */
  async #save(stays = true): Promise<void> {
    this.#report('saving');
    this.#metrics?.flush();
    await this.#checkpoints.save(() => this.#trainingState(), stays);
    await this.held.update({ totals: this.#totals() });
  }

  /** What the network is like as it is now, for TensorBoard. */
  async #draw(): Promise<void> {
    await this.#events?.checkpoint(this.#sessionOrThrow(), this.#step, this.#health);
  }

  async #trainingState(): Promise<TrainingState> {
    const lasting = Object.keys(savedState(stepProgram(this.#settings).state, this.#method));
    const state = await this.#sessionOrThrow().readState(lasting);
    const { iterationsPerEpoch } = this.batches;
    const schedule = this.#trained.schedule(this.#settings, iterationsPerEpoch);
    return {
      ...lastingTensors(state, this.#method),
      step: this.#step,
      epoch: Math.floor(this.#step / iterationsPerEpoch),
      iteration: this.#step % iterationsPerEpoch,
      optimizerSteps: updatesAfter(this.#step, schedule),
      seed: this.#settings.seed,
      epochs: this.#settings.epochs,
      stepsPerEpoch: iterationsPerEpoch,
    };
  }

  async #finish(): Promise<TrainEnd> {
    // Stopped before its first step, a new run has no checkpoint and needs none.
    if (this.#step !== (this.#checkpoints.last?.step ?? 0)) await this.#save();
    await this.#events?.finish();
    if (this.#session !== undefined) await this.#draw();
    await this.#events?.finish();
    const stopped = stoppedAt(this.#checkpoints.last);
    if (this.#step >= this.#totalSteps) return { ...stopped, reason: 'finished' };
    return { ...stopped, reason: this.surroundings.stop.aborted ? 'stopped' : 'max-steps' };
  }

  /** Keeps what is still good, and says where it is. */
  async #fail(error: unknown): Promise<TrainEnd> {
    // A checkpoint that could not be saved says itself which one is the last.
    if (this.#phase === 'saving' || this.#session === undefined) {
      return { reason: 'failed', step: this.#step, message: errorMessage(error) };
    }
    try {
      if (this.#checkpoints.last?.step !== this.#step && this.#isWhole() && allFinite(await this.#session.readState()))
        await this.#save();
    } catch (second) {
      this.#log('warn', errorMessage(second));
    }
    const { last } = this.#checkpoints;
    const kept = last ? ` The last good checkpoint is step ${last.step}: ${last.path}.` : '';
    return { reason: 'failed', step: this.#step, message: `${errorMessage(error)}${kept}` };
  }

  /**
   * Whether a step that failed has left nothing behind. undo() takes back one call; of several, those before it have moved the running
   * statistics of batch norm.
   */
  #isWhole(): boolean {
    if (this.#settings.gradient_accumulation_steps === 1) return true;
    return !hasBatchNorm(this.#method);
  }

  async #recordEnd(end: TrainEnd): Promise<void> {
    const failed = end.reason === 'failed';
    this.#log(failed ? 'error' : 'info', failed ? end.message : `ended after step ${end.step} (${end.reason})`);
    const status = failed ? 'failed' : end.reason === 'finished' ? 'finished' : 'stopped';
    try {
      await this.held.end(status, {
        totals: this.#totals(),
        error: failed ? end.message : undefined,
        divergedAt: this.#divergedAt,
      });
    } catch (error) {
      // On a full disk the record cannot say what happened, but the answer still does.
      this.#log('error', errorMessage(error));
    }
  }

  #totals(): Partial<RunRecord['totals']> {
    const before = this.record.totals;
    return {
      steps: this.#step,
      seconds: before.seconds + (performance.now() - this.started) / 1000,
      // A resumed run meets the same images again.
      unreadable: Math.max(before.unreadable, this.#unreadable),
    };
  }

  #report(phase: TrainPhase, teacher?: TrainProgress['teacher']): void {
    if (phase !== this.#phase) this.#phaseBegan = performance.now();
    this.#phase = phase;
    const imagesPerSecond = this.#throughput.imagesPerSecond;
    const etaSeconds = this.#throughput.etaSeconds(this.#totalSteps - this.#step);
    this.surroundings.events.onProgress({
      phase,
      phaseSeconds: (performance.now() - this.#phaseBegan) / 1000,
      step: this.#step,
      totalSteps: this.#totalSteps,
      epoch: this.#step / this.batches.iterationsPerEpoch,
      epochs: this.#settings.epochs,
      ...(this.#loss !== undefined && { loss: this.#loss }),
      ...(imagesPerSecond !== undefined && { imagesPerSecond }),
      ...(etaSeconds !== undefined && { etaSeconds }),
      ...(this.#engine && { engine: this.#engine.name }),
      ...(teacher && { teacher }),
    });
  }

  #log(level: LogLevel, message: string): void {
    appendToLog(this.held.dir, level, message);
    this.surroundings.events.onLog(level, message);
  }

  #sessionOrThrow(): Session {
    if (this.#session === undefined) throw new Error('the training step is not compiled yet');
    return this.#session;
  }
}

/** What has come by now; a failure is for who awaits it. */
const readyNow = <T>(coming: Promise<T>): Promise<T | undefined> =>
  Promise.race([coming.catch(() => undefined), nextTurn(undefined)]);

const allFinite = (tensors: NamedHostTensors): boolean =>
  Object.values(tensors).every(({ data }: HostTensor) => data.every((value) => Number.isFinite(value)));
