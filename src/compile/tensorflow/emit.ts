/** Writes a simplified graph as a SavedModel: a session that keeps the state, and the program as a function that it calls. */
import type { Graph, Value } from '../graph.js';
import { emitFunction, type MatrixType } from './function.js';
import {
  encodeSavedModel,
  type TensorFlowAttributes,
  type TensorFlowNode,
  type TensorFlowSignature,
  type TensorFlowValue,
} from './schema.js';

/** The graph's tensors that a session is fed with and asked for. */
export const tensorFlowNames = {
  /** Fed with a call's inputs. */
  input: (name: string) => `input/${name}:0`,
  /** A call's outputs. */
  output: (name: string) => `output/${name}:0`,
  /** Asking for it makes a call, whether or not the program has outputs. */
  called: 'called:0',
  /** The state as it is. */
  state: (name: string) => `state/${name}/read:0`,
  /** Fed with a value for the state, ... */
  value: (name: string) => `value/${name}:0`,
  /** ... which asking for this puts there. */
  written: (name: string) => `written/${name}:0`,
  /** Asking for it makes the state what it was before the last call. */
  undone: 'undone:0',
} as const;

const nodeName = (tensor: string) => tensor.replace(/:0$/, '');
const after = (nodes: readonly string[]) => nodes.map((name) => `^${name}`);

/** Collects the nodes of the session's graph. */
class Writer {
  readonly nodes: TensorFlowNode[] = [];

  /** Returns the node's name, which also stands for its first output. */
  add(name: string, op: string, inputs: readonly string[], attributes: TensorFlowAttributes): string {
    this.nodes.push({ name, op, inputs, attributes });
    return name;
  }

  variable(name: string, { shape, type }: Value): string {
    const attributes = { dtype: { type }, shape: { shape }, shared_name: { string: name }, container: { string: '' } };
    return this.add(name, 'VarHandleOp', [], attributes);
  }

  read(name: string, variable: string, { type }: Value): string {
    return this.add(name, 'ReadVariableOp', [variable], { dtype: { type } });
  }

  assign(name: string, variable: string, value: string, { type }: Value): string {
    return this.add(name, 'AssignVariableOp', [variable, value], { dtype: { type } });
  }

  /**
   * What the caller gives, copied: the tensors that tfjs-node feeds lie in V8's memory, which must never become a
   * variable's, since V8 is told of its release by whichever thread writes the variable next.
   */
  fed(tensor: string, { shape, type }: Value): string {
    const name = nodeName(tensor);
    this.add(name, 'Placeholder', [], { dtype: { type }, shape: { shape } });
    return this.add(`${name}/copy`, 'DeepCopy', [name], { T: { type } });
  }

  /** A number without meaning that is there when all of `nodes` have run: tfjs-node can only ask for tensors. */
  signal(tensor: string, nodes: readonly string[]): void {
    const value = { tensor: { shape: [], data: Int32Array.of(1) } };
    this.add(nodeName(tensor), 'Const', after(nodes), { dtype: { type: 'int32' }, value });
  }
}

/** How the program is run. */
export interface SavedModelOptions {
  /** Compiled as a whole, at the first call. */
  readonly xla: boolean;
  readonly precision?: MatrixType;
}

const signatureValue = (name: string, { shape, type }: Value): TensorFlowValue => ({ name, shape, type });
const SIGNAL: Value = { shape: [], type: 'int32' };

/**
 * The graph as the bytes of a `saved_model.pb`. The state lies in resource variables, which hold nothing until each has
 * been written once. Tensors are named by {@link tensorFlowNames}; the signatures `call`, `read`, `write` and `undo` say the
 * same to other programs.
 *
 * The function takes values and gives values. A call first hands the buffers of what it will change over to variables
 * `before/…`, then puts its results in their place: no value is copied, and undo() only hands the buffers back.
 *
 * Throws for an op without an emitter, naming it.
 */
export function emitSavedModel(
  name: string,
  graph: Graph,
  { xla, precision = 'float32' }: SavedModelOptions,
): Uint8Array {
  const writer = new Writer();
  const functionName = name.replace(/\W+/g, '_');
  const compiled = { _XlaMustCompile: { bool: xla } };

  const variables = new Map<string, string>();
  const reads = new Map<string, string>();
  for (const [key, value] of graph.state) {
    const variable = writer.variable(`state/${key}`, value);
    variables.set(key, variable);
    reads.set(key, writer.read(nodeName(tensorFlowNames.state(key)), variable, value));
    writer.signal(tensorFlowNames.written(key), [
      writer.assign(`${variable}/write`, variable, writer.fed(tensorFlowNames.value(key), value), value),
    ]);
  }
  const stateOf = (key: string) => {
    const [value, variable, read] = [graph.state.get(key), variables.get(key), reads.get(key)];
    if (value === undefined || variable === undefined || read === undefined) {
      throw new Error(`${name} gives a new ${key}, which is no part of its state.`);
    }
    return { value, variable, read };
  };

  const kept: string[] = [];
  const undone: string[] = [];
  for (const key of graph.newState.keys()) {
    const { value, variable, read } = stateOf(key);
    const before = writer.variable(`before/${key}`, value);
    kept.push(writer.assign(`${before}/keep`, before, read, value));
    const back = writer.read(`${before}/read`, before, value);
    undone.push(writer.assign(`${variable}/undo`, variable, back, value));
  }
  writer.signal(tensorFlowNames.undone, undone);

  const inputs = [...graph.inputs].map(([key, value]) => writer.fed(tensorFlowNames.input(key), value));
  const types = (values: Iterable<Value>) => Array.from(values, ({ type }) => type);
  const call = writer.add('call', 'PartitionedCall', [...reads.values(), ...inputs, ...after(kept)], {
    Tin: { types: types([...graph.state.values(), ...graph.inputs.values()]) },
    Tout: { types: types([...graph.newState.values(), ...graph.outputs.values()]) },
    f: { function: functionName },
    ...compiled,
  });
  const result = (index: number) => `${call}:${index}`;
  const changed = [...graph.newState.keys()].map((key, index) => {
    const { value, variable } = stateOf(key);
    return writer.assign(`${variable}/replace`, variable, result(index), value);
  });
  [...graph.outputs].forEach(([key, { type }], index) => {
    const value = result(graph.newState.size + index);
    writer.add(nodeName(tensorFlowNames.output(key)), 'Identity', [value, ...after(changed)], { T: { type } });
  });
  writer.signal(tensorFlowNames.called, [...changed, call]);

  const named = (values: ReadonlyMap<string, Value>, title: (key: string) => string) =>
    Object.fromEntries([...values].map(([key, value]) => [key, signatureValue(title(key), value)]));
  const signatures: Record<string, TensorFlowSignature> = {
    call: {
      inputs: named(graph.inputs, tensorFlowNames.input),
      outputs: {
        ...named(graph.outputs, tensorFlowNames.output),
        called: signatureValue(tensorFlowNames.called, SIGNAL),
      },
    },
    read: { inputs: {}, outputs: named(graph.state, tensorFlowNames.state) },
    write: {
      inputs: named(graph.state, tensorFlowNames.value),
      outputs: Object.fromEntries(
        [...graph.state.keys()].map((key) => [key, signatureValue(tensorFlowNames.written(key), SIGNAL)]),
      ),
    },
    undo: { inputs: {}, outputs: { undone: signatureValue(tensorFlowNames.undone, SIGNAL) } },
  };
  return encodeSavedModel({
    nodes: writer.nodes,
    functions: [emitFunction(functionName, graph, { precision, attributes: compiled })],
    signatures,
  });
}
