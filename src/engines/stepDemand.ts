import { availableParallelism } from 'node:os';
import { type Demand, demandOf } from '../compile/demand.js';
import type { DividedGraph } from '../compile/parts.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import { type Program, sizeOf } from '../program/program.js';
import type { Sharing } from '../program/replicas.js';
import { useCpuBackend } from './cpuBackend.js';
import { divideInto, lanesOf, type PartsOf, sharingOf } from './partPlan.js';

export type { Demand };

/**
 * What the program takes as engines run it: traced and simplified, as they do, but not compiled. It takes about a second.
 * @param partsOf of an engine that divides programs
 * @param cores of the processor
 */
export async function programDemand(
  program: Program,
  partsOf?: PartsOf,
  cores = availableParallelism(),
): Promise<Demand> {
  const dividing = sharingOf(program, partsOf);
  const traced = await trace((dividing ?? program.sharing)?.part ?? program);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const graph = recompute(simplify(traced));
  if (dividing === undefined) return demandOf(graph);
  const divided = divideInto(dividing, graph);
  return divided ? { ...demandOf(graph), ...partsDemand(dividing, divided, cores) } : programDemand(program);
}

/** The rest runs when all parts have; sums of chains are there all the time. Each part that runs has a largest value of its own. */
function partsDemand({ replicas }: Sharing, { part, given, rest, sums }: DividedGraph, cores: number) {
  const [ofPart, ofRest] = [demandOf(part), demandOf(rest)];
  const bytes = given.reduce((sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * sizeOf(shape), 0);
  const { lanes } = lanesOf(sums.length, cores);
  return {
    passing: Math.max(lanes * ofPart.passing, ofRest.passing) + sums.length * bytes,
    largest: Math.max(lanes * ofPart.largest, ofRest.largest),
    multiplications: replicas * ofPart.multiplications + ofRest.multiplications,
  };
}
