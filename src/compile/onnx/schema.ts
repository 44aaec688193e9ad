/** The part of ONNX's file format (onnx.proto, IR version 8) that we write. Field numbers are the format's. */
import protobuf from 'protobufjs';

const field = (id: number, type: string, rule?: 'repeated') => ({ id, type, ...(rule && { rule }) });

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSet', 'repeated'),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: field(1, 'Node', 'repeated'),
        name: field(2, 'string'),
        initializer: field(5, 'Tensor', 'repeated'),
        input: field(11, 'ValueInfo', 'repeated'),
        output: field(12, 'ValueInfo', 'repeated'),
      },
    },
    Node: {
      fields: {
        input: field(1, 'string', 'repeated'),
        output: field(2, 'string', 'repeated'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: field(5, 'Attribute', 'repeated'),
        domain: field(7, 'string'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        ints: field(8, 'int64', 'repeated'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: field(1, 'int64', 'repeated'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: field(1, 'Dimension', 'repeated') } },
    Dimension: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') },
    },
  },
});

export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface OnnxNode {
  /** For people; absent: by its op and its number. */
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

interface OnnxValue {
  readonly name: string;
  /** A text stands for any number, the same wherever it stands. */
  readonly shape: readonly (number | string)[];
  readonly type: 'float32' | 'int32' | 'bool';
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const ELEMENT_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function attribute([name, value]: [string, OnnxAttribute]) {
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  if ('int' in value) return { name, i: value.int, type: ATTRIBUTE_TYPE.int };
  if ('string' in value) {
    return { name, s: new TextEncoder().encode(value.string), type: ATTRIBUTE_TYPE.string };
  }
  return { name, ints: value.ints, type: ATTRIBUTE_TYPE.ints };
}

function tensor({ name, shape, data }: OnnxTensor) {
  const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: shape, dataType: ELEMENT_TYPE[type], rawData };
}

const dimension = (extent: number | string) =>
  typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent };

const valueInfo = ({ name, shape, type }: OnnxValue) => ({
  name,
  type: { tensorType: { elemType: ELEMENT_TYPE[type], shape: { dim: shape.map(dimension) } } },
});

const ORT = 'com.microsoft';

/** The bytes of an .onnx file. Opset 17 of ONNX, and ONNX Runtime's own domain where the model has what that has fused. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const type = root.lookupType('Model');
  const message = type.create({
    irVersion: 8,
    producerName: 'DINO Lab',
    opsetImport: [
      { domain: '', version: 17 },
      ...(model.nodes.some(({ domain }) => domain === ORT) ? [{ domain: ORT, version: 1 }] : []),
    ],
    graph: {
      name: model.name,
      node: model.nodes.map(({ attributes, ...node }, index) => ({
        ...node,
        name: node.name ?? `${node.opType}_${index}`,
        attribute: Object.entries(attributes).map(attribute),
      })),
      initializer: model.initializers.map(tensor),
      input: model.inputs.map(valueInfo),
      output: model.outputs.map(valueInfo),
    },
  });
  return type.encode(message).finish();
}
