/** A program as engines compile it: traced and simplified, at once or divided into parts. */
import { demandOf } from '../compile/demand.js';
import type { Graph } from '../compile/graph.js';
import type { DividedGraph } from '../compile/parts.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import type { Program } from '../program/program.js';
import type { Sharing } from '../program/replicas.js';
import { useCpuBackend } from './cpuBackend.js';
import { divideInto, type PartsOf, sharingOf } from './partPlan.js';
import { betweenStages } from './stop.js';

export interface SimplifiedProgram {
  /** Of the whole program; of one share or part where it is shared or divided. */
  readonly graph: Graph;
  /** Present where it is divided. */
  readonly parts?: { readonly sharing: Sharing; readonly divided: DividedGraph };
}

/** @param partsOf into how many parts it is divided, if it can be; absent: it is not */
export async function simplifiedProgram(
  program: Program,
  partsOf: PartsOf | undefined,
  stop?: AbortSignal,
): Promise<SimplifiedProgram> {
  const whole = await simplified(program.sharing?.part ?? program, stop);
  const sharing = sharingOf(program, partsOf);
  if (sharing === undefined) return { graph: whole };
  await betweenStages(stop);
  const graph = await simplified(sharing.part, stop);
  const divided = divideInto(sharing, graph, demandOf(whole).passing);
  return divided ? { graph, parts: { sharing, divided } } : { graph: whole };
}

async function simplified(program: Program, stop: AbortSignal | undefined): Promise<Graph> {
  const started = performance.now();
  const traced = await trace(program);
  performance.measure('trace', { start: started });
  await betweenStages(stop);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  const tracedAt = performance.now();
  const graph = recompute(simplify(traced));
  performance.measure('simplify', { start: tracedAt });
  return graph;
}
