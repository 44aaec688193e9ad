/** A program of any size as a SavedModel with its weights inside, and one signature, `serving_default`. */
import { gridInputs } from '../../program/anySize.js';
import type { NamedHostTensors } from '../../program/program.js';
import { isFixed } from '../anySize/extent.js';
import { listsOfExtents, type SizedGraphs, shapeOfOutput, usedState } from '../anySize/sizedGraphs.js';
import type { Graph, Value } from '../graph.js';
import { AnySizeBody, RecordingBody, type SizeReferences } from './anySizeBody.js';
import { type Body, INT32, typeOf } from './body.js';
import { emitNodes, functionOf } from './function.js';
import { encodeSavedModel, type TensorFlowNode } from './schema.js';

/** The image's tensor in the signature, and in the graph. */
const IMAGES = 'images';
const FUNCTION = 'network';
/** The one that TensorFlow's tools take when they are told no other. */
const SIGNATURE = 'serving_default';
const ANY = -1;

/** @param outputs what outputs are called, by their names in the program; others are left out */
export function anySizeSavedModel(
  sized: SizedGraphs,
  weights: NamedHostTensors,
  outputs: Readonly<Record<string, string>>,
): Uint8Array {
  const { graphs } = sized;
  const [graph] = graphs;
  const images = graph.inputs.get(IMAGES) as Value;
  const state = [...usedState(graph)];
  const takes = [images, ...state.map(([, value]) => value)];
  const gives = Object.keys(outputs).map((key) => graph.outputs.get(key) as Value);
  const body = bodyOf(sized, takes);
  const inputs = takes.map(({ type }, index) => ({ name: argument(index), type }));
  const network = functionOf(FUNCTION, inputs, gives, body, {});

  const anySize = [ANY, images.shape[1] as number, ANY, ANY];
  const placeholder = { dtype: { type: images.type }, shape: { shape: anySize } };
  const nodes: TensorFlowNode[] = [
    { name: IMAGES, op: 'Placeholder', inputs: [], attributes: placeholder },
    ...state.map(([key]) => constantOf(key, weights)),
    {
      name: FUNCTION,
      op: 'PartitionedCall',
      inputs: [IMAGES, ...state.map(([key]) => nodeName(key))],
      attributes: {
        Tin: { types: takes.map(({ type }) => type) },
        Tout: { types: gives.map(({ type }) => type) },
        f: { function: FUNCTION },
      },
    },
    ...Object.values(outputs).map((title, i) => ({
      name: title,
      op: 'Identity',
      inputs: [`${FUNCTION}:${i}`],
      attributes: { T: typeOf('float32') },
    })),
  ];
  const given = Object.entries(outputs).map(([key, title]) => {
    const shape = shapeOfOutput(sized, key).map((extent) => (isFixed(extent) ? extent.rest : ANY));
    return [title, { name: `${title}:0`, shape, type: 'float32' }] as const;
  });
  const signature = {
    inputs: { [IMAGES]: { name: `${IMAGES}:0`, shape: anySize, type: images.type } },
    outputs: Object.fromEntries(given),
  };
  return encodeSavedModel({ nodes, functions: [network], signatures: { [SIGNATURE]: signature } });
}

const argument = (index: number) => `argument${index}`;
const nodeName = (key: string) => `weights/${key}`;

function constantOf(key: string, weights: NamedHostTensors): TensorFlowNode {
  const weight = weights[key];
  if (weight === undefined) throw new Error(`The network has no ${key}.`);
  const { shape, data } = weight;
  return {
    name: nodeName(key),
    op: 'Const',
    inputs: [],
    attributes: { dtype: typeOf('float32'), value: { tensor: { shape, data } } },
  };
}

function bodyOf(sized: SizedGraphs, takes: readonly Value[]): Body {
  const [graph] = sized.graphs;
  const body = new AnySizeBody(listsOfExtents(sized, (graph) => listsOf(sized, graph)));
  takes.forEach((value, index) => {
    body.call(value, argument(index));
  });
  body.sizesAre(sizesOfImages(body, sized, argument(0)));
  emitBody(body, sized, graph);
  return body;
}

/** What a node takes need not be there to take lists down. */
function listsOf(sized: SizedGraphs, graph: Graph): readonly (readonly number[])[] {
  const body = new RecordingBody();
  for (const value of [...graph.state.values(), ...graph.inputs.values()]) body.call(value, argument(0));
  emitBody(body, sized, graph);
  return body.lists;
}

function emitBody(body: Body, { filled }: SizedGraphs, { constants, nodes }: Graph): void {
  [...constants].forEach(([value, { shape, data }], place) => {
    const attributes = { T: typeOf('float32'), index_type: INT32 };
    const reference = filled.has(place)
      ? body.add('Fill', [body.integers(shape), body.number(data[0] as number)], attributes, 'output')
      : body.constant(shape, data);
    body.call(value, reference);
  });
  emitNodes(body, nodes);
}

/** Writes what tells the sizes of the images, and the inputs of the grid. */
function sizesOfImages(
  body: AnySizeBody,
  { program: { cell, grid }, graphs: [graph] }: SizedGraphs,
  images: string,
): SizeReferences {
  const shape = body.add('Shape', [images], { T: typeOf('float32'), out_type: INT32 }, 'output');
  const first = body.add('Unpack', [shape], { T: INT32, num: { int: 4 }, axis: { int: 0 } }, 'output');
  const [batch, height, width] = [0, 2, 3].map((axis) => first.replace(/0$/, String(axis))) as [string, string, string];
  const cells = (side: string) => body.add('FloorDiv', [side, body.integer(cell)], { T: INT32 }, 'z');
  const sizes: SizeReferences = { batch, rows: cells(height), columns: cells(width) };
  if (grid === undefined) return sizes;
  const FLOAT = typeOf('float32');
  const call = (input: keyof typeof gridInputs, reference: string) =>
    body.call(graph.inputs.get(gridInputs[input]) as Value, reference);
  const floats = (x: string, from = INT32) => body.add('Cast', [x], { SrcT: from, DstT: FLOAT }, 'y');
  const equal = (a: string, b: string) =>
    body.add('Equal', [a, b], { T: INT32, incompatible_shape_error: { bool: true } }, 'z');
  const side = body.integer(grid.side);
  const both = (a: string, b: string) => body.add('LogicalAnd', [a, b], {}, 'z');
  const isTrained = both(equal(height, width), both(equal(sizes.rows, side), equal(sizes.columns, side)));
  const others = floats(body.add('LogicalNot', [isTrained], {}, 'y'), typeOf('bool'));
  const offset = body.add('Mul', [others, body.number(grid.offset)], { T: FLOAT }, 'z');
  const along = (count: string) => {
    const range = body.add('Range', [body.integer(0), count, body.integer(1)], { Tidx: INT32 }, 'output');
    return body.add('ExpandDims', [floats(range), body.integer(1)], { T: FLOAT, Tdim: INT32 }, 'output');
  };
  const counted = (count: string) => body.add('AddV2', [floats(count), offset], { T: FLOAT }, 'z');
  call('rows', along(sizes.rows));
  call('columns', along(sizes.columns));
  call('rowCount', counted(sizes.rows));
  call('columnCount', counted(sizes.columns));
  return sizes;
}
