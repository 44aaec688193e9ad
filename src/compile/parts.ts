/**
 * A step that one device makes part by part: its images are divided evenly, the same graph computes each part, and a second one what
 * comes of the parts' means.
 */
import { sizeOf } from '../program/program.js';
import { REPLICA_MEAN } from '../program/replicas.js';
import { demandOf } from './demand.js';
import { type Graph, makersIn, type Node, results, type Value } from './graph.js';
import { withoutDeadNodes } from './simplify.js';

export interface DividedGraph {
  /** Of one part, without results: it gives `given`. */
  readonly part: Graph;
  readonly given: readonly Value[];
  /** Of what a part gives. */
  readonly bytes: number;
  /** The part again, for one that comes after another: it gives `after.given`, what it gives itself added to `after.before`. */
  readonly after: { readonly part: Graph; readonly before: readonly Value[]; readonly given: readonly Value[] };
  /** What is left: it takes `sums`, and none of the images. */
  readonly rest: Graph;
  /** Of each chain of parts, what its last part gives. */
  readonly sums: readonly (readonly Value[])[];
}

/** How parts follow one another. */
export interface PartPlan {
  readonly parts: number;
  /**
   * How many chains of parts there are, in each of which one adds to what those before it gave. It depends on the graph alone: another
   * order of sums would be another rounding.
   * @param bytes that a part gives
   * @param passing see `Demand`: of a part, which does not keep what it gives
   * @returns two at least, or undefined where it is not worthwhile to divide the graph
   */
  chains(bytes: number, passing: number): number | undefined;
}

/**
 * @param graph of a program's part (`Sharing.part`)
 * @param images names of the inputs that hold something for each image
 * @returns undefined where the plan does without, and where parts need a mean before they can go on, or give more than means
 */
export function divide(
  graph: Graph,
  images: ReadonlySet<string>,
  { parts, chains }: PartPlan,
): DividedGraph | undefined {
  const means = graph.nodes.filter(isMean);
  const given = [...new Set(means.map(({ inputs }) => only(inputs)))];
  const part = withNeeded(withoutDeadNodes({ ...graph, newState: new Map(), outputs: new Map() }, given), given);
  if (given.length === 0 || part.nodes.some(isMean)) return undefined;

  const bytes = given.reduce((sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * sizeOf(shape), 0);
  const count = chains(bytes, demandOf(part).passing);
  if (count === undefined) return undefined;
  const sums = Array.from({ length: count }, () => given.map(likeIt));
  const share: Value = { shape: [], type: 'float32' };
  const constants = new Map(graph.constants);
  constants.set(share, { shape: [], dtype: 'float32', data: Float32Array.of(1 / parts) });
  const nodes = graph.nodes.flatMap((node) => {
    if (!isMean(node)) return [node];
    const place = given.indexOf(only(node.inputs));
    return meanNodes(
      sums.map((ofChain) => ofChain[place] as Value),
      share,
      only(node.outputs),
    );
  });
  const rest = withNeeded(withoutDeadNodes({ ...graph, constants, nodes }));
  const taken = new Set([...rest.nodes.flatMap(({ inputs }) => inputs), ...results(rest)]);
  if ([...graph.inputs].some(([name, value]) => images.has(name) && taken.has(value))) return undefined;
  return { part, given, bytes, after: afterAnother(part, given), rest, sums };
}

const isMean = ({ op }: Node): boolean => op === REPLICA_MEAN;
const only = <T>(items: readonly T[]): T => items[0] as T;
const likeIt = ({ shape, type }: Value): Value => ({ shape, type });

/** Only the state and the inputs that its nodes take, or that are wanted as they are. @param more wanted beside the results */
function withNeeded(graph: Graph, more: readonly Value[] = []): Graph {
  const needed = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...results(graph), ...more]);
  const those = (values: ReadonlyMap<string, Value>) => new Map([...values].filter(([, value]) => needed.has(value)));
  return { ...graph, state: those(graph.state), inputs: those(graph.inputs) };
}

/** The mean of all parts. @param sums of chains of parts, at least two @param share of one part */
function meanNodes(sums: readonly Value[], share: Value, out: Value): Node[] {
  const sum = likeIt(out);
  const add: Node = {
    op: 'AddN',
    inputs: sums,
    inputNames: sums.map((_, i) => `${i}`),
    attributes: {},
    outputs: [sum],
  };
  const scale: Node = { op: 'Multiply', inputs: [sum, share], inputNames: ['a', 'b'], attributes: {}, outputs: [out] };
  return [add, scale];
}

function afterAnother(part: Graph, given: readonly Value[]): DividedGraph['after'] {
  const before = new Map(given.map((value) => [value, likeIt(value)]));
  const sums = new Map(given.map((value) => [value, likeIt(value)]));
  const add = (value: Value): Node => ({
    op: 'Add',
    inputs: [before.get(value) as Value, value],
    inputNames: ['a', 'b'],
    attributes: {},
    outputs: [sums.get(value) as Value],
  });
  // Each is added as soon as it is there, and need not be kept.
  const made = part.nodes.flatMap((node) => [node, ...node.outputs.filter((value) => sums.has(value)).map(add)]);
  const makers = makersIn(part);
  const others = given.filter((value) => !makers.has(value)).map(add);
  return {
    part: { ...part, nodes: [...made, ...others] },
    before: [...before.values()],
    given: [...sums.values()],
  };
}
