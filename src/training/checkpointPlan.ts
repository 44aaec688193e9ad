/**
 * Which checkpoints stay. What a network learns it learns early and fast, then slower and slower: so besides one every `saveckp_freq`
 * epochs there are some evenly spaced in the logarithm of the step, in which one can watch it learn.
 */
import type { StoredCheckpoint } from '../runs/checkpoint.js';

type Stored = Pick<StoredCheckpoint, 'step' | 'latest' | 'bytes'>;

/** The first step of the story; the untrained network's checkpoint, step 0, is there always. */
const FIRST = 10;

/** Whether a step is 10, 30, 100, 300, 1,000, ... */
export function tellsTheStory(step: number): boolean {
  for (let power = FIRST; power <= step; power *= 10) if (step === power || step === 3 * power) return true;
  return false;
}

/** How many steps of the story a run of so many steps has. */
export function storySteps(steps: number): number {
  let count = 0;
  for (let power = FIRST; power <= steps; power *= 10) count += 3 * power <= steps ? 2 : 1;
  return count;
}

/**
 * Between the checkpoints that stay, one is saved so often, for whoever looks at the run, and so that no more work is lost than that.
 * Where saving takes long it is rarer: a fiftieth of the time at most, but every ten minutes.
 */
const SAVE_EVERY_MS = { least: 60_000, timesSaving: 50, most: 10 * 60_000 };

/** @param savingMs what saving one takes */
export function msBetweenSaves(savingMs: number): number {
  const { least, timesSaving, most } = SAVE_EVERY_MS;
  return Math.min(most, Math.max(least, timesSaving * savingMs));
}

/**
 * Which checkpoints of the story to delete so that those that are left of it fit into `mostBytes`: one after the other, each time the
 * one that is closest to its neighbors in the logarithm of the step.
 * @param checkpoints all of the run, in order of their steps
 * @param isAsked whether a checkpoint stays because a person asked for it: it takes nothing of `mostBytes`
 * @returns steps of the story alone; never the latest, one that was asked for, or one that was saved when the run was stopped
 */
export function thinnedOut(
  checkpoints: readonly Stored[],
  isAsked: (step: number) => boolean,
  mostBytes: number,
): number[] {
  const left = [...checkpoints];
  const mayGo = ({ step, latest }: Stored): boolean => tellsTheStory(step) && !latest && !isAsked(step);
  const removed: number[] = [];
  for (;;) {
    const story = left.filter(mayGo);
    const bytes = story.reduce((sum, one) => sum + one.bytes, 0);
    const closest = story.toSorted((a, b) => gapWithout(left, a) - gapWithout(left, b))[0];
    if (bytes <= mostBytes || closest === undefined) return removed;
    left.splice(left.indexOf(closest), 1);
    removed.push(closest.step);
  }
}

/** How far apart its neighbors are, as a difference of logarithms: what one could not look at any more without it. */
function gapWithout(checkpoints: readonly Stored[], one: Stored): number {
  const at = checkpoints.indexOf(one);
  const log = (neighbor: Stored | undefined): number => Math.log1p((neighbor ?? one).step);
  return log(checkpoints[at + 1]) - log(checkpoints[at - 1]);
}
