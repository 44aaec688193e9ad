import { type Demand, demandOf } from '../compile/demand.js';
import { recompute } from '../compile/recompute.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import type { Program } from '../program/program.js';
import { useCpuBackend } from './cpuBackend.js';

export type { Demand };

/** What the program takes as engines run it: traced and simplified, as they do, but not compiled. It takes about a second. */
export async function programDemand(program: Program): Promise<Demand> {
  const traced = await trace(program.sharing?.part ?? program);
  // Constants are folded by a backend that computes.
  await useCpuBackend();
  return demandOf(recompute(simplify(traced)));
}
