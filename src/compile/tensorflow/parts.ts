/** Writes a call that computes its images in parts (see `divide`): calls of one function, in chains, of which some run at a time. */
import type { Graph, Value } from '../graph.js';
import type { DividedGraph } from '../parts.js';
import type { Stage } from '../stages.js';
import { emitFunction, type FunctionOptions } from './function.js';
import type { TensorFlowFunction } from './schema.js';
import { share, type Writer, waitFor } from './writer.js';

export interface ModelParts {
  readonly divided: DividedGraph;
  readonly parts: number;
  /** See `Sharing.groups`. */
  readonly groups: Readonly<Record<string, number>>;
  /** Parts that are computed at once. */
  readonly lanes: number;
}

/** Of the first part of a chain, and of one that comes after another, where one does. */
export type PartFunctions = readonly [first: TensorFlowFunction, ...next: TensorFlowFunction[]];

/** If TensorFlow inlined it, the graph would hold one copy for each part, and their nodes would run in any order. */
const NOT_INLINED = { _noinline: { bool: true } } as const;

export function emitPartFunctions(
  name: string,
  { divided, parts }: ModelParts,
  { attributes, ...options }: FunctionOptions,
): PartFunctions {
  const own = { ...options, attributes: { ...attributes, ...NOT_INLINED } };
  const stages = stagesOf(divided);
  const first = emitFunction(`${name}_part`, stages.first, own);
  if (divided.sums.length === parts) return [first];
  return [first, emitFunction(`${name}_part_after_another`, stages.next, own)];
}

const stagesOf = ({ part, given, after }: DividedGraph) => ({
  first: stageOf(part, given),
  next: stageOf(after.part, after.given, after.before),
});

const stageOf = (graph: Graph, gives: readonly Value[], before: readonly Value[] = []): Stage => ({
  nodes: graph.nodes,
  constants: graph.constants,
  takes: [...graph.state.values(), ...graph.inputs.values(), ...before],
  gives,
});

/**
 * @param fed the call's inputs, of all images
 * @param reference of a value that is no part's own
 * @returns references of what the chains give
 */
export function callParts(
  writer: Writer,
  { divided, parts, groups, lanes }: ModelParts,
  [first, next = first]: PartFunctions,
  fed: ReadonlyMap<string, string>,
  reference: (value: Value) => string,
): ReadonlyMap<Value, string> {
  const imagesOfPart = (index: number): [Value, string][] =>
    [...divided.part.inputs].flatMap(([key, value]) => {
      const ofInput = groups[key];
      if (ofInput === undefined) return [];
      const copy = fed.get(key) as string;
      return [[value, share(writer, copy, value, { key, groups: ofInput, index, of: parts })]];
    });
  const stages = stagesOf(divided);
  const { before } = divided.after;
  const chains = divided.sums.length;
  const given = new Map<Value, string>();
  const lasts: string[] = [];
  divided.sums.forEach((sums, chain) => {
    for (let part = chain; part < parts; part += chains) {
      const isFirst = part === chain;
      const { takes, gives } = isFirst ? stages.first : stages.next;
      const images = new Map(imagesOfPart(part));
      const chainBefore = chain >= lanes ? [lasts[chain - lanes] as string] : [];
      const inputs = takes.map((value) => {
        const place = before.indexOf(value);
        return place < 0 ? (images.get(value) ?? reference(value)) : `${lasts[chain]}:${place}`;
      });
      lasts[chain] = writer.add(
        `call/part/${part}`,
        'PartitionedCall',
        [...inputs, ...(isFirst ? waitFor(chainBefore) : [])],
        {
          Tin: { types: takes.map(({ type }) => type) },
          Tout: { types: gives.map(({ type }) => type) },
          f: { function: (isFirst ? first : next).name },
          ...NOT_INLINED,
        },
      );
    }
    sums.forEach((sum, place) => {
      given.set(sum, `${lasts[chain]}:${place}`);
    });
  });
  return given;
}
