/**
 * A program of any size is traced at several sizes. The graphs have the same nodes; where a shape differs, it is a function of the size,
 * which the differences tell.
 */
import type { AnySizeProgram, Sizes } from '../../program/anySize.js';
import type { Program } from '../../program/program.js';
import type { Graph, Value } from '../graph.js';
import { type Extent, extentOf } from './extent.js';

/** Four that tell a function, and three that it must agree with. No two of the numbers of one size are the same, nor 1. */
const SAMPLE_SIZES: readonly Sizes[] = [
  { batch: 2, rows: 3, columns: 5 },
  { batch: 3, rows: 7, columns: 4 },
  { batch: 5, rows: 4, columns: 11 },
  { batch: 4, rows: 13, columns: 7 },
  { batch: 7, rows: 5, columns: 3 },
  { batch: 6, rows: 11, columns: 13 },
  { batch: 3, rows: 8, columns: 17 },
];

export interface SizedGraphs {
  readonly name: string;
  readonly program: AnySizeProgram;
  /** In the order of {@link SAMPLE_SIZES}. */
  readonly graphs: readonly [Graph, ...Graph[]];
  /** Places of the constants, among all, that are one number at as many places as the size says. */
  readonly filled: ReadonlySet<number>;
}

/**
 * @param compile traces and simplifies
 * @throws Error when the graphs differ in more than shapes
 */
export async function sizedGraphs(
  program: AnySizeProgram,
  compile: (program: Program) => Promise<Graph>,
): Promise<SizedGraphs> {
  const graphs: Graph[] = [];
  for (const sizes of SAMPLE_SIZES) graphs.push(await compile(program.at(sizes)));
  const [first, ...others] = graphs as [Graph, ...Graph[]];
  const ops = ({ nodes }: Graph) => nodes.map(({ op }) => op).join();
  if (others.some((graph) => ops(graph) !== ops(first)))
    throw new Error(`The ${program.name} of images of several sizes are not computed by the same operations.`);
  return { name: program.name, program, graphs: [first, ...others], filled: filledConstants(program.name, graphs) };
}

/** @throws Error for a constant that depends on the size in any other way */
function filledConstants(name: string, graphs: readonly Graph[]): ReadonlySet<number> {
  const [first = [], ...others] = graphs.map(({ constants }) => [...constants.values()]);
  const filled = new Set<number>();
  first.forEach(({ shape, data }, place) => {
    const same = others.every((constants) => {
      const other = constants[place];
      return other?.shape.join() === shape.join() && other.data.every((value, i) => value === data[i]);
    });
    if (same) return;
    const isOneNumber = [first, ...others].every((constants) =>
      constants[place]?.data.every((value) => value === data[0]),
    );
    if (!isOneNumber) throw new Error(`The ${name} have a constant that depends on the size of the images.`);
    filled.add(place);
  });
  return filled;
}

/** The lists of integers that an emitter writes of each graph, such as shapes, as functions of the size. */
export function listsOfExtents(
  { name, graphs }: SizedGraphs,
  listsOf: (graph: Graph) => readonly (readonly number[])[],
): Extent[][] {
  const [first = [], ...others] = graphs.map(listsOf);
  return first.map((list, at) => extentsOf(name, [list, ...others.map((lists) => lists[at] ?? [])]));
}

/** @param lists one list, at each of {@link SAMPLE_SIZES} */
function extentsOf(name: string, lists: readonly (readonly number[])[]): Extent[] {
  const [first = []] = lists;
  return first.map((_, place) => {
    const samples = lists.map((list, i) => ({ sizes: SAMPLE_SIZES[i] as Sizes, value: list[place] as number }));
    const extent = extentOf(samples);
    if (extent !== undefined) return extent;
    const values = samples.map(({ value }) => value).join(', ');
    throw new Error(`The ${name} have an extent that is no simple function of the size of the images: ${values}.`);
  });
}

/** The shape of an output. */
export const shapeOfOutput = ({ name, graphs }: SizedGraphs, output: string): Extent[] =>
  extentsOf(
    name,
    graphs.map(({ outputs }) => (outputs.get(output) as Value).shape),
  );

/** The state that the graph computes with. */
export function usedState({ state, nodes, outputs }: Graph): ReadonlyMap<string, Value> {
  const used = new Set<Value>([...nodes.flatMap(({ inputs }) => inputs), ...outputs.values()]);
  return new Map([...state].filter(([, value]) => used.has(value)));
}
