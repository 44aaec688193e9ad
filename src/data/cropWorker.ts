/** What a thread of the crop pool runs: batches one after the other, in the order in which they were asked for. */
import { move, workerData as plan, transferableSymbol, valueSymbol } from 'piscina';
import sharp from 'sharp';
import { BatchMaker, type BatchPlan, type BatchRequest, type MadeBatch } from './batchMaker.js';

// The pool's threads are the parallelism; libvips' own would only compete with them, and no image is opened twice in a row.
sharp.concurrency(1);
sharp.cache(false);

const maker = new BatchMaker(plan as BatchPlan);
let previous: Promise<unknown> = Promise.resolve();

/** Several requests lie ready in the thread, so that it never waits for a main thread that is busy elsewhere; it works on one at a time. */
export default function makeBatch(request: BatchRequest): Promise<unknown> {
  const made = previous.then(() => maker.make(request)).then(handOver);
  previous = made.catch(() => undefined);
  return made;
}

/** Gives the arrays to the main thread instead of copying them. */
function handOver(batch: MadeBatch): unknown {
  const buffers = [batch.items.buffer, ...Object.values(batch.views).map((view) => view.buffer)];
  return move({ [transferableSymbol]: buffers, [valueSymbol]: batch });
}
