/** A program of any size as an ONNX model with its weights inside, for any runtime that knows opset 17. */
import { gridInputs } from '../../program/anySize.js';
import type { NamedHostTensors } from '../../program/program.js';
import { describeExtent, isFixed } from '../anySize/extent.js';
import { listsOfExtents, type SizedGraphs, shapeOfOutput, usedState } from '../anySize/sizedGraphs.js';
import type { Graph, Value } from '../graph.js';
import { AnySizeWriter, RecordingWriter, type SizeNames } from './anySizeWriter.js';
import { emitNodes } from './emit.js';
import { encodeModel, type OnnxNode } from './schema.js';
import { int, type Writer } from './writer.js';

const IMAGES = 'images';
const FLOAT = 1;

export interface OnnxTitles {
  /** What the images are called. */
  readonly images: string;
  /** What outputs are called, by their names in the program, in the order of the model; others are left out. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What weights are called. */
  weight(name: string): string;
}

export function anySizeOnnxModel(sized: SizedGraphs, weights: NamedHostTensors, titles: OnnxTitles): Uint8Array {
  const { graphs, name } = sized;
  const [graph] = graphs;
  const writer = new AnySizeWriter(listsOfExtents(sized, (graph) => listsOf(sized, graph)));
  const state = usedState(graph);
  for (const [key, value] of state) writer.call(value, titles.weight(key));
  writer.call(graph.inputs.get(IMAGES) as Value, titles.images);
  writer.sizesAre(sizesOfImages(writer, sized, titles.images));
  emitBody(writer, sized, graph);
  const outputs = Object.entries(titles.outputs);
  for (const [key, title] of outputs) writer.add('Identity', [writer.name(graph.outputs.get(key) as Value)], [title]);
  const [, channels = 0] = graph.inputs.get(IMAGES)?.shape ?? [];
  return encodeModel({
    name,
    nodes: named(writer.nodes, sized, titles.images),
    initializers: [
      ...[...state.keys()].map((key) => ({ name: titles.weight(key), ...weightOf(weights, key) })),
      ...writer.initializers,
    ],
    inputs: [{ name: titles.images, shape: ['batch', channels, 'height', 'width'], type: 'float32' }],
    outputs: outputs.map(([key, title]) => ({
      name: title,
      shape: shapeOfOutput(sized, key).map((extent) => (isFixed(extent) ? extent.rest : describeExtent(extent))),
      type: 'float32',
    })),
  });
}

/** Whoever gives it images with a rest that fills no cell reads the name of the node that fails. */
const named = (nodes: readonly OnnxNode[], { program: { cell } }: SizedGraphs, images: string): OnnxNode[] =>
  nodes.map((node) =>
    node.opType === 'Reshape' && node.input[0] === images
      ? { ...node, name: `sides_of_images_are_multiples_of_${cell}` }
      : node,
  );

function weightOf(weights: NamedHostTensors, key: string) {
  const weight = weights[key];
  if (weight === undefined) throw new Error(`The network has no ${key}.`);
  return { shape: weight.shape, data: weight.data };
}

function listsOf(sized: SizedGraphs, graph: Graph): readonly (readonly number[])[] {
  const writer = new RecordingWriter();
  emitBody(writer, sized, graph);
  return writer.lists;
}

function emitBody(writer: Writer, { filled }: SizedGraphs, graph: Graph): void {
  [...graph.constants].forEach(([value, { shape, data }], place) => {
    const name = writer.name(value);
    if (filled.has(place)) writer.fill(name, value, data[0] as number);
    else writer.initializers.push({ name, shape, data });
  });
  emitNodes(writer, graph);
}

/** Writes what tells the sizes of the images, and the inputs of the grid. */
function sizesOfImages(
  writer: AnySizeWriter,
  { program: { cell, grid }, graphs: [graph] }: SizedGraphs,
  images: string,
) {
  const shape = writer.value('Shape', [images]);
  const extent = (axis: number) => writer.value('Gather', [shape, writer.integers([axis])], { axis: int(0) });
  const [batch, height, width] = [extent(0), extent(2), extent(3)];
  const cells = (side: string) => writer.value('Div', [side, writer.integers([cell])]);
  const sizes: SizeNames = { batch, rows: cells(height), columns: cells(width) };
  if (grid === undefined) return sizes;
  const call = (input: keyof typeof gridInputs, name: string) =>
    writer.call(graph.inputs.get(gridInputs[input]) as Value, name);
  const floats = (name: string) => writer.value('Cast', [name], { to: int(FLOAT) });
  const scalar = (name: string) => writer.value('Squeeze', [name, writer.integers([0])]);
  const equal = (a: string, b: string) => writer.value('Equal', [a, b]);
  const side = writer.integers([grid.side]);
  const both = (a: string, b: string) => writer.value('And', [a, b]);
  const isTrained = both(equal(height, width), both(equal(sizes.rows, side), equal(sizes.columns, side)));
  const others = scalar(floats(writer.value('Not', [isTrained])));
  const offset = writer.value('Mul', [others, writer.number(grid.offset)]);
  const [zero, one] = [scalar(writer.integers([0])), scalar(writer.integers([1]))];
  const along = (count: string) =>
    writer.value('Unsqueeze', [floats(writer.value('Range', [zero, scalar(count), one])), writer.integers([1])]);
  const counted = (count: string) => writer.value('Add', [scalar(floats(count)), offset]);
  call('rows', along(sizes.rows));
  call('columns', along(sizes.columns));
  call('rowCount', counted(sizes.rows));
  call('columnCount', counted(sizes.columns));
  return sizes;
}
