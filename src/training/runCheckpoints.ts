/** The checkpoints of a run that trains: when one is saved, and which of them stay. */
import {
  type CheckpointInfo,
  pruneCheckpoints,
  saveCheckpoint,
  storedCheckpoints,
  type TrainingState,
} from '../runs/checkpoint.js';
import type { Settings } from '../settings/settings.js';
import { msBetweenSaves, tellsTheStory, thinnedOut } from './checkpointPlan.js';

export type SavedCheckpoint = Pick<CheckpointInfo, 'step' | 'path'>;

export class RunCheckpoints {
  /** The step whose test was the best one so far: its checkpoint stays. */
  best: number | undefined;
  #last: SavedCheckpoint | undefined;
  /** Step of a checkpoint that does not stay: the next one takes its place. */
  #temporary: number | undefined;
  #savedAt = performance.now();
  #savingMs = 0;

  /** @param before what the run has when it is resumed */
  constructor(
    private readonly dir: string,
    private readonly settings: Pick<Settings, 'saveckp_freq' | 'checkpoints_mb'>,
    private readonly iterationsPerEpoch: number,
    before: { readonly last: SavedCheckpoint | undefined; readonly best: number | undefined },
  ) {
    this.#last = before.last;
    this.best = before.best;
  }

  /** The last one that was saved. */
  get last(): SavedCheckpoint | undefined {
    return this.#last;
  }

  /** Whether the network is to be saved as it is after this step. */
  isDue(step: number): boolean {
    if (step === this.#last?.step) return false;
    return this.staysAt(step) || performance.now() - this.#savedAt >= msBetweenSaves(this.#savingMs);
  }

  /** Whether the checkpoint of a step stays, whatever its network is worth. */
  staysAt(step: number): boolean {
    return this.#isAsked(step) || (this.settings.checkpoints_mb > 0 && tellsTheStory(step));
  }

  /**
   * Saves one, and deletes the one whose place it takes and those for which there is no room.
   * @param read tells what the run is like now; the time that it takes counts
   * @param stays when false, the next one takes its place
   */
  async save(read: () => Promise<TrainingState>, stays: boolean): Promise<void> {
    const began = performance.now();
    const state = await read();
    this.#last = { step: state.step, path: await saveCheckpoint(this.dir, state) };
    this.#savedAt = performance.now();
    this.#savingMs = this.#savedAt - began;
    await this.#deleteOthers();
    if (!stays) this.#temporary = state.step;
  }

  /** Deletes the one that was the best until now, unless it stays for another reason. */
  async deleteFormerBest(step: number): Promise<void> {
    if (!this.staysAt(step)) await pruneCheckpoints(this.dir, (checkpoint) => checkpoint.step !== step);
  }

  /** Whether a person asked for the checkpoint of this step: the untrained network's, and every `saveckp_freq` epochs'. */
  #isAsked(step: number): boolean {
    const every = this.settings.saveckp_freq * this.iterationsPerEpoch;
    return step === 0 || (every > 0 && step % every === 0);
  }

  async #deleteOthers(): Promise<void> {
    const thinned = thinnedOut(
      storedCheckpoints(this.dir),
      (step) => this.#isAsked(step) || step === this.best,
      2 ** 20 * this.settings.checkpoints_mb,
    );
    const gone = new Set([...thinned, ...(this.#temporary === undefined ? [] : [this.#temporary])]);
    this.#temporary = undefined;
    if (gone.size > 0) await pruneCheckpoints(this.dir, ({ step }) => !gone.has(step));
  }
}
