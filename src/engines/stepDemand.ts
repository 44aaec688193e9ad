import { availableParallelism } from 'node:os';
import { type Demand, demandOf } from '../compile/demand.js';
import { type Program, sizeOf } from '../program/program.js';
import { lanesOf, type PartsOf, passingInParts } from './partPlan.js';
import { type SimplifiedProgram, simplifiedProgram } from './simplifiedProgram.js';

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
  const { graph, parts } = await simplifiedProgram(program, partsOf);
  return { ...demandOf(graph), ...(parts && partsDemand(program, parts, cores)) };
}

/**
 * The rest runs when all parts have; the inputs and the sums of chains are there all the time. Each part that runs has a largest value of its
 * own.
 */
function partsDemand(
  { inputs }: Program,
  { sharing: { replicas: parts }, divided }: NonNullable<SimplifiedProgram['parts']>,
  cores: number,
) {
  const { part, bytes, rest, sums } = divided;
  const [ofPart, ofRest] = [demandOf(part), demandOf(rest)];
  const ofInputs = Object.values(inputs).reduce(
    (sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * sizeOf(shape),
    0,
  );
  const { lanes } = lanesOf(sums.length, cores);
  return {
    passing:
      Math.max(passingInParts(lanes, ofPart.passing, sums.length, bytes), ofRest.passing + sums.length * bytes) +
      ofInputs,
    largest: Math.max(lanes * ofPart.largest, ofRest.largest),
    multiplications: parts * ofPart.multiplications + ofRest.multiplications,
  };
}
