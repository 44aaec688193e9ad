/** Writes the nodes of a session's graph. */
import { sizeOf } from '../../program/program.js';
import type { Value } from '../graph.js';
import { nodeName } from './names.js';
import type { TensorFlowAttributes, TensorFlowNode } from './schema.js';

/** Inputs that only say what has to run before. */
export const waitFor = (nodes: readonly string[]): string[] => nodes.map((name) => `^${name}`);

/** Where the host's memory is. */
const HOST = '/device:CPU:0';

/** Collects the nodes of the session's graph. */
export class Writer {
  readonly nodes: TensorFlowNode[] = [];

  /** @param placed whether nodes say which device they are on; else TensorFlow chooses */
  constructor(private readonly placed: boolean) {}

  /** Returns the node's name, which also stands for its first output. */
  add(
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: TensorFlowAttributes,
    device: string | undefined = HOST,
  ): string {
    this.nodes.push({ name, op, inputs, attributes, ...(this.placed && { device }) });
    return name;
  }

  variable(name: string, { shape, type }: Value, device: string | undefined): string {
    const attributes = { dtype: { type }, shape: { shape }, shared_name: { string: name }, container: { string: '' } };
    return this.add(name, 'VarHandleOp', [], attributes, device);
  }

  read(name: string, variable: string, { type }: Value, device: string | undefined): string {
    return this.add(name, 'ReadVariableOp', [variable], { dtype: { type } }, device);
  }

  assign(name: string, [variable, ...value]: string[], { type }: Value, device: string | undefined): string {
    return this.add(name, 'AssignVariableOp', [variable as string, ...value], { dtype: { type } }, device);
  }

  placeholder(tensor: string, { shape, type }: Value): string {
    return this.add(nodeName(tensor), 'Placeholder', [], { dtype: { type }, shape: { shape } });
  }

  /**
   * What the caller gives, copied: the tensors that tfjs-node feeds lie in V8's memory, which must never become a
   * variable's, since V8 is told of its release by whichever thread writes the variable next.
   */
  fed(tensor: string, value: Value): string {
    const name = this.placeholder(tensor, value);
    return this.copy(`${name}/copy`, name, value);
  }

  copy(name: string, x: string, { type }: Value): string {
    return this.add(name, 'DeepCopy', [x], { T: { type } });
  }

  /** Copies a value to where the tensor `memory`, [1, elements], which the caller gives, lies: the op writes to what it is given. */
  writeTo(memory: string, value: string, row: Value): string {
    const given = this.placeholder(memory, row);
    const { type } = row;
    const part = (title: string) => `${given}/${title}`;
    const values = this.add(part('row'), 'Reshape', [value, this.integers(part('shape'), row.shape)], {
      T: { type },
      Tshape: { type: 'int32' },
    });
    return this.add(part('write'), 'InplaceUpdate', [given, this.integers(part('place'), [0]), values], {
      T: { type },
    });
  }

  integers(name: string, values: readonly number[]): string {
    const value = { tensor: { shape: [values.length], data: Int32Array.from(values) } };
    return this.add(name, 'Const', [], { dtype: { type: 'int32' }, value });
  }

  /** A number without meaning that is there when all of `nodes` have run: tfjs-node can only ask for tensors. */
  signal(tensor: string, nodes: readonly string[]): void {
    const value = { tensor: { shape: [], data: Int32Array.of(1) } };
    this.add(nodeName(tensor), 'Const', waitFor(nodes), { dtype: { type: 'int32' }, value });
  }
}

/** One device's share of an input, or one part's: the same range of each of its groups. */
export function share(
  writer: Writer,
  copy: string,
  { shape, type }: Value,
  {
    key,
    groups,
    index,
    of,
  }: { readonly key: string; readonly groups: number; readonly index: number; readonly of: number },
): string {
  const name = `share/${index}/${key}`;
  const length = sizeOf(shape) / groups;
  const reshape = (title: string, x: string, to: readonly number[]) =>
    writer.add(`${name}/${title}`, 'Reshape', [x, writer.integers(`${name}/${title}/shape`, to)], {
      T: { type },
      Tshape: { type: 'int32' },
    });
  const table = reshape('groups', copy, [groups, of * length]);
  const begin = writer.integers(`${name}/begin`, [0, index * length]);
  const size = writer.integers(`${name}/size`, [groups, length]);
  const part = writer.add(`${name}/slice`, 'Slice', [table, begin, size], { T: { type }, Index: { type: 'int32' } });
  return reshape('own', part, shape);
}
