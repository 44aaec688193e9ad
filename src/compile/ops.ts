/** Which ops are still there when a graph is written for an engine: every table of emitters has exactly these. */
import { REPLICA_MEAN } from '../program/replicas.js';
import { SECTION_BEGINS } from '../program/sections.js';
import type { TracedOp } from './kernels.js';

/** What simplifying, recomputing and the cut into stages leave none of. */
const REMOVED = [
  'ExpandDims',
  'Identity',
  'Square',
  SECTION_BEGINS,
  REPLICA_MEAN,
] as const satisfies readonly TracedOp[];

type EmittedOp = Exclude<TracedOp, (typeof REMOVED)[number]>;

/** Without one for each op it does not compile. */
export type Emitters<Emit> = Readonly<Record<EmittedOp, Emit>>;

const isRemoved = (op: TracedOp): op is (typeof REMOVED)[number] => REMOVED.some((removed) => removed === op);

/** @throws Error naming an op that should not be in the graph any more */
export function emitterOf<Emit>(emitters: Emitters<Emit>, op: TracedOp): Emit {
  if (isRemoved(op)) throw new Error(`The op ${op} was not taken out of the graph before it was to be written.`);
  return emitters[op];
}
