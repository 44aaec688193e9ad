/** The part of TensorFlow's SavedModel format (saved_model.proto and what it includes) and of a session's configuration that we write. Field numbers are the format's. */
import protobuf from 'protobufjs';
import type { ValueType } from '../graph.js';

type Rule = 'repeated';
const field = (id: number, type: string, rule?: Rule) => ({ id, type, ...(rule && { rule }) });
const map = (id: number, type: string) => ({ id, type, keyType: 'string' });

const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: { fields: { schemaVersion: field(1, 'int64'), metaGraphs: field(2, 'MetaGraph', 'repeated') } },
    MetaGraph: {
      fields: { info: field(1, 'Info'), graph: field(2, 'Graph'), signatures: map(5, 'Signature') },
    },
    Info: { fields: { tags: field(4, 'string', 'repeated') } },
    Signature: {
      fields: { inputs: map(1, 'TensorInfo'), outputs: map(2, 'TensorInfo'), methodName: field(3, 'string') },
    },
    TensorInfo: { fields: { name: field(1, 'string'), type: field(2, 'int32'), shape: field(3, 'Shape') } },
    Graph: {
      fields: { nodes: field(1, 'Node', 'repeated'), library: field(2, 'Library'), versions: field(4, 'Versions') },
    },
    Versions: { fields: { producer: field(1, 'int32'), minConsumer: field(2, 'int32') } },
    Library: { fields: { functions: field(1, 'Function', 'repeated') } },
    Function: {
      fields: {
        signature: field(1, 'Operation'),
        nodes: field(3, 'Node', 'repeated'),
        results: map(4, 'string'),
        attributes: map(5, 'Attribute'),
      },
    },
    Operation: {
      fields: {
        name: field(1, 'string'),
        inputs: field(2, 'Argument', 'repeated'),
        outputs: field(3, 'Argument', 'repeated'),
      },
    },
    Argument: { fields: { name: field(1, 'string'), type: field(3, 'int32') } },
    Node: {
      fields: {
        name: field(1, 'string'),
        op: field(2, 'string'),
        inputs: field(3, 'string', 'repeated'),
        device: field(4, 'string'),
        attributes: map(5, 'Attribute'),
      },
    },
    Attribute: {
      // As one of several, a value is written even when it is 0 or empty.
      oneofs: { value: { oneof: ['list', 'string', 'int', 'float', 'bool', 'type', 'shape', 'tensor', 'function'] } },
      fields: {
        list: field(1, 'List'),
        string: field(2, 'bytes'),
        int: field(3, 'int64'),
        float: field(4, 'float'),
        bool: field(5, 'bool'),
        type: field(6, 'int32'),
        shape: field(7, 'Shape'),
        tensor: field(8, 'Tensor'),
        function: field(10, 'Callee'),
      },
    },
    List: { fields: { int: field(3, 'int64', 'repeated'), type: field(6, 'int32', 'repeated') } },
    Callee: { fields: { name: field(1, 'string') } },
    Shape: { fields: { dim: field(2, 'Dimension', 'repeated') } },
    Dimension: { fields: { size: field(1, 'int64') } },
    Tensor: { fields: { type: field(1, 'int32'), shape: field(2, 'Shape'), content: field(4, 'bytes') } },
    Config: { fields: { threadsOfOp: field(2, 'int32') } },
  },
});

export type TensorFlowType = ValueType | 'bfloat16' | 'resource';

const TYPES: Readonly<Record<TensorFlowType, number>> = { float32: 1, int32: 3, bool: 10, bfloat16: 14, resource: 20 };

export type TensorFlowAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly type: TensorFlowType }
  | { readonly ints: readonly number[] }
  | { readonly types: readonly TensorFlowType[] }
  | { readonly shape: readonly number[] }
  | { readonly tensor: TensorFlowTensor }
  | { readonly function: string };

interface TensorFlowTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type TensorFlowAttributes = Readonly<Record<string, TensorFlowAttribute>>;

export interface TensorFlowNode {
  readonly name: string;
  readonly op: string;
  /** `node:index` in a graph, `argument` or `node:output:index` in a function, `^node` for one that only has to run before. */
  readonly inputs: readonly string[];
  readonly attributes: TensorFlowAttributes;
  /** E.g. `/device:GPU:1`; absent: TensorFlow chooses. */
  readonly device?: string;
}

interface TensorFlowArgument {
  readonly name: string;
  readonly type: TensorFlowType;
}

export interface TensorFlowFunction {
  readonly name: string;
  readonly inputs: readonly TensorFlowArgument[];
  readonly outputs: readonly TensorFlowArgument[];
  readonly nodes: readonly TensorFlowNode[];
  /** Where each output comes from, `node:output:index`. */
  readonly results: Readonly<Record<string, string>>;
  readonly attributes: TensorFlowAttributes;
}

export interface TensorFlowValue {
  /** `node:index` */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorFlowType;
}

export interface TensorFlowSignature {
  readonly inputs: Readonly<Record<string, TensorFlowValue>>;
  readonly outputs: Readonly<Record<string, TensorFlowValue>>;
}

export interface TensorFlowModel {
  readonly nodes: readonly TensorFlowNode[];
  readonly functions: readonly TensorFlowFunction[];
  readonly signatures: Readonly<Record<string, TensorFlowSignature>>;
}

const mapValues = <From, To>(record: Readonly<Record<string, From>>, change: (from: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const shapeOf = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size })) });

function attributeOf(attribute: TensorFlowAttribute) {
  if ('type' in attribute) return { type: TYPES[attribute.type] };
  if ('ints' in attribute) return { list: { int: attribute.ints } };
  if ('types' in attribute) return { list: { type: attribute.types.map((type) => TYPES[type]) } };
  if ('shape' in attribute) return { shape: shapeOf(attribute.shape) };
  if ('string' in attribute) return { string: new TextEncoder().encode(attribute.string) };
  if ('function' in attribute) return { function: { name: attribute.function } };
  if ('tensor' in attribute) {
    const { shape, data } = attribute.tensor;
    const type = TYPES[data instanceof Float32Array ? 'float32' : 'int32'];
    const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { tensor: { type, shape: shapeOf(shape), content } };
  }
  return attribute;
}

const nodeOf = (node: TensorFlowNode) => ({ ...node, attributes: mapValues(node.attributes, attributeOf) });

const argumentOf = ({ name, type }: TensorFlowArgument) => ({ name, type: TYPES[type] });

const functionOf = ({ name, inputs, outputs, nodes, results, attributes }: TensorFlowFunction) => ({
  signature: { name, inputs: inputs.map(argumentOf), outputs: outputs.map(argumentOf) },
  nodes: nodes.map(nodeOf),
  results,
  attributes: mapValues(attributes, attributeOf),
});

const tensorInfoOf = ({ name, shape, type }: TensorFlowValue) => ({ name, type: TYPES[type], shape: shapeOf(shape) });

const signatureOf = ({ inputs, outputs }: TensorFlowSignature) => ({
  inputs: mapValues(inputs, tensorInfoOf),
  outputs: mapValues(outputs, tensorInfoOf),
  methodName: 'tensorflow/serving/predict',
});

/** Which of a file's graphs is ours; TensorFlow's tools look for this one when they are told no other. */
export const TAG = 'serve';

/** The bytes of a `saved_model.pb`. */
export function encodeSavedModel({ nodes, functions, signatures }: TensorFlowModel): Uint8Array {
  const type = root.lookupType('SavedModel');
  const graph = {
    nodes: nodes.map(nodeOf),
    library: { functions: functions.map(functionOf) },
    // The oldest graph version that knows all of these ops' attributes as we write them: TensorFlow 2.9's.
    versions: { producer: 1087, minConsumer: 12 },
  };
  const metaGraph = { info: { tags: [TAG] }, graph, signatures: mapValues(signatures, signatureOf) };
  return type.encode(type.create({ schemaVersion: 1, metaGraphs: [metaGraph] })).finish();
}

/** The bytes of a `ConfigProto` (config.proto): on how many threads each op of a session computes. */
export function encodeConfig(threadsOfOp: number): Uint8Array {
  const type = root.lookupType('Config');
  return type.encode(type.create({ threadsOfOp })).finish();
}
