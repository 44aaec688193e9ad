/** Writes a simplified graph as a SavedModel: a session that keeps the state, and the program as a function that it calls. */
import { type NamedSpecs, sizeOf } from '../../program/program.js';
import type { Graph, Value } from '../graph.js';
import { type Stage, type Sum, stagesOf } from '../stages.js';
import { isNumber } from '../stateUpdates.js';
import type { MatrixType } from './body.js';
import { emitFunction } from './function.js';
import { nodeName, tensorFlowNames } from './names.js';
import { callParts, emitPartFunctions, type ModelParts } from './parts.js';
import {
  encodeSavedModel,
  type TensorFlowAttributes,
  type TensorFlowSignature,
  type TensorFlowValue,
} from './schema.js';
import { share, Writer, waitFor } from './writer.js';

/** How the program is run. */
export interface SavedModelOptions {
  /** Compiled as a whole, at the first call. */
  readonly xla: boolean;
  readonly precision?: MatrixType;
  /** E.g. `/device:GPU:0`; several share the program, of which the graph is then one part. When left out, TensorFlow chooses one. */
  readonly devices?: readonly string[];
  /** Of a program whose graph is one device's share or one part: its own inputs, and how devices divide them (see `Sharing`). */
  readonly shared?: { readonly inputs: NamedSpecs; readonly groups?: Readonly<Record<string, number>> };
  /** Of a graph that is what is left beside its parts (see `divide`): they come before it. */
  readonly parts?: ModelParts;
  /** How the devices' vectors are added up: by NVIDIA's library among GPUs, or each device by itself. */
  readonly addBy?: 'nccl' | 'copies';
  /** Of a graph whose updates were split off, on the processor. When left out: nothing lies outside. */
  readonly outside?: OutsideState;
  /** Inputs that a call finds on the device, since they were sent there before: see {@link tensorFlowNames.sent}. */
  readonly sentAhead?: readonly string[];
}

/** State that lies in the host's memory, where it is updated when a call has run (see `splitStateUpdates`). */
export interface OutsideState {
  /** Its names. */
  readonly names: ReadonlySet<string>;
  /** What updates take of a call, by place. */
  readonly handedOn: readonly Value[];
}

const NOTHING_OUTSIDE: OutsideState = { names: new Set(), handedOn: [] };

const signatureValue = (name: string, { shape, type }: Value): TensorFlowValue => ({ name, shape, type });
const SIGNAL: Value = { shape: [], type: 'int32' };

/**
 * The graph as the bytes of a `saved_model.pb`. The state lies in resource variables, which hold nothing until each has
 * been written once, unless it lies outside. Tensors are named by {@link tensorFlowNames}; the signatures `call`, `read`,
 * `write` and `undo` say the same to other programs.
 *
 * The function takes values and gives values. A call first hands the buffers of what it will change over to variables
 * `before/…`, then puts its results in their place: no value is copied, and undo() only hands the buffers back.
 *
 * Several devices have variables of their own, alike. Each computes with its share of the images as far as the first mean over
 * all of them; then they add up what that takes, and go on. Parts, where there are any, are calls of their own, which come first.
 *
 * Throws for an op without an emitter, naming it.
 */
export function emitSavedModel(name: string, graph: Graph, options: SavedModelOptions): Uint8Array {
  const { xla, precision = 'float32', devices = [undefined], shared, addBy = 'nccl', sentAhead = [] } = options;
  const { outside = NOTHING_OUTSIDE, parts } = options;
  if (parts && (xla || options.devices !== undefined || sentAhead.length > 0))
    throw new Error('Parts are computed by a plain graph on the processor.');
  const { inside, replaced } = statesOf(graph, outside);
  const writer = new Writer(options.devices !== undefined);
  const staged = stagesOf(graph, devices.length, outside.handedOn);
  const functionName = name.replace(/\W+/g, '_');
  const compiled = { _XlaMustCompile: { bool: xla } };
  const how = { precision, attributes: compiled, xla };
  const functions = staged.stages.map((stage, i) =>
    emitFunction(i === 0 ? functionName : `${functionName}_${i}`, stage, how),
  );
  const ofParts = parts && emitPartFunctions(functionName, parts, how);

  const wholeInputs = new Map<string, Value>(
    [...graph.inputs].map(([key, value]) => {
      const spec = shared?.inputs[key];
      return [key, spec === undefined ? value : { shape: spec.shape, type: spec.dtype }];
    }),
  );
  const fed = new Map([...wholeInputs].map(([key, value]) => [key, writer.fed(tensorFlowNames.input(key), value)]));
  const written = new Map([...inside].map(([key, value]) => [key, writer.fed(tensorFlowNames.value(key), value)]));
  const replicas = devices.map((device, index) => {
    const given = new Map(
      [...graph.inputs].map(([key, value]) => {
        const groups = shared?.groups?.[key];
        const copy = fed.get(key) as string;
        return [
          key,
          groups === undefined ? copy : share(writer, copy, value, { key, groups, index, of: devices.length }),
        ];
      }),
    );
    return new Replica(writer, { ...graph, newState: replaced }, { device, index, given, written, sentAhead, outside });
  });

  const [first] = replicas as [Replica];
  for (const key of inside.keys()) {
    writer.signal(
      tensorFlowNames.written(key),
      replicas.map((replica) => replica.write(key)),
    );
  }
  for (const key of graph.newState.keys()) {
    if (!graph.state.has(key)) throw new Error(`${name} gives a new ${key}, which is no part of its state.`);
  }
  writer.signal(
    tensorFlowNames.undone,
    replicas.flatMap((replica) => replica.keepAndUndo()),
  );
  if (sentAhead.length > 0) {
    const sends = replicas.flatMap((replica) => replica.send());
    writer.signal(
      tensorFlowNames.sent,
      sends.map(({ alone }) => alone),
    );
    writer.signal(
      tensorFlowNames.sentMeanwhile,
      sends.map(({ meanwhile }) => meanwhile),
    );
  }

  if (parts && ofParts) {
    const sums = callParts(writer, parts, ofParts, fed, (value) => first.reference(value));
    for (const [value, reference] of sums) first.call(value, reference);
  }
  staged.stages.forEach((stage, i) => {
    for (const replica of replicas) replica.run(stage, i, functions[i]?.name as string, compiled);
    const sum = staged.sums[i];
    if (sum !== undefined) addUp(writer, replicas, sum, i, addBy);
  });
  const changed = replicas.flatMap((replica) => replica.replace());
  const handed = handOn(writer, first, outside);
  for (const [key, value] of graph.outputs) {
    const inputs = [first.reference(value), ...waitFor(changed)];
    writer.add(nodeName(tensorFlowNames.output(key)), 'Identity', inputs, { T: { type: value.type } }, first.device);
  }
  writer.signal(tensorFlowNames.called, [...changed, ...handed, ...replicas.map(({ lastCall }) => lastCall)]);

  const signatures = signaturesOf({ ...graph, state: inside }, wholeInputs, sentAhead, outsideOf(graph, outside));
  return encodeSavedModel({
    nodes: writer.nodes,
    functions: [...functions, ...(ofParts ?? [])],
    signatures,
  });
}

/** The state that lies in variables, and what a call replaces of it. */
function statesOf({ state, newState }: Graph, { names }: OutsideState) {
  const isInside = ([key]: [string, Value]): boolean => !names.has(key);
  return { inside: new Map([...state].filter(isInside)), replaced: new Map([...newState].filter(isInside)) };
}

const asRow = ({ shape, type }: Value): Value => ({ shape: [1, sizeOf(shape)], type });

/** What a call is given beside its inputs, and gives beside its outputs, by the tensors' names. */
function outsideOf({ state }: Graph, { names, handedOn }: OutsideState) {
  const states = [...state].filter(([key]) => names.has(key));
  return {
    given: new Map([
      ...states.map(([key, value]) => [tensorFlowNames.outside(key), value] as const),
      ...handedOn.flatMap((value, place) =>
        isNumber(value) ? [] : [[tensorFlowNames.memory(place), asRow(value)] as const],
      ),
    ]),
    handed: new Map(
      handedOn.flatMap((value, place) => (isNumber(value) ? [[tensorFlowNames.handedOn(place), value] as const] : [])),
    ),
  };
}

/** Tensors are written to the caller's memory, by the nodes that are given back; numbers can be asked for. */
function handOn(writer: Writer, replica: Replica, { handedOn }: OutsideState): string[] {
  return handedOn.flatMap((value, place) => {
    const reference = replica.reference(value);
    if (!isNumber(value)) return [writer.writeTo(tensorFlowNames.memory(place), reference, asRow(value))];
    writer.add(nodeName(tensorFlowNames.handedOn(place)), 'Identity', [reference], { T: { type: value.type } });
    return [];
  });
}

/** One device with its variables, and what is known on it of the graph's values. */
class Replica {
  readonly device: string | undefined;
  lastCall = '';
  readonly #references = new Map<Value, string>();
  readonly #prefix: string;
  readonly #kept: string[] = [];

  constructor(
    private readonly writer: Writer,
    private readonly graph: Graph,
    private readonly place: {
      readonly device: string | undefined;
      readonly index: number;
      /** By input: what this device gets of it. */
      readonly given: ReadonlyMap<string, string>;
      /** By state entry: what is to be written there. */
      readonly written: ReadonlyMap<string, string>;
      readonly sentAhead: readonly string[];
      readonly outside: OutsideState;
    },
  ) {
    const { device, index, given, sentAhead, outside } = place;
    this.device = device;
    this.#prefix = index === 0 ? '' : `replica${index}/`;
    for (const [key, value] of graph.state) {
      if (outside.names.has(key)) {
        this.#references.set(value, writer.placeholder(tensorFlowNames.outside(key), value));
        continue;
      }
      const variable = writer.variable(this.#name(`state/${key}`), value, device);
      this.#references.set(value, writer.read(`${variable}/read`, variable, value, device));
    }
    for (const [key, value] of graph.inputs) {
      const isThere = sentAhead.includes(key);
      if (isThere) writer.variable(this.#name(`sent/${key}`), value, device);
      const sent = this.#name(`sent/${key}`);
      this.#references.set(
        value,
        isThere ? writer.read(`${sent}/read`, sent, value, device) : (given.get(key) as string),
      );
    }
  }

  reference(value: Value): string {
    const known = this.#references.get(value);
    if (known === undefined) throw new Error('A value of the graph is used before the stage that gives it.');
    return known;
  }

  call(value: Value, reference: string): void {
    this.#references.set(value, reference);
  }

  write(key: string): string {
    const state = this.#name(`state/${key}`);
    return this.writer.assign(
      `${state}/write`,
      [state, this.place.written.get(key) as string],
      this.graph.state.get(key) as Value,
      this.device,
    );
  }

  /** Hands what a call will change over to variables `before/…`, and back: gives the nodes that hand back. */
  keepAndUndo(): string[] {
    const { writer, device } = this;
    return [...this.graph.newState.keys()].map((key) => {
      const value = this.graph.state.get(key) as Value;
      const before = writer.variable(this.#name(`before/${key}`), value, device);
      this.#kept.push(writer.assign(`${before}/keep`, [before, this.reference(value)], value, device));
      const back = writer.read(`${before}/read`, before, value, device);
      const state = this.#name(`state/${key}`);
      return writer.assign(`${state}/undo`, [state, back], value, device);
    });
  }

  /** The nodes that put inputs in their places for the next call: by themselves, and once a call has taken its own from there. */
  send(): { readonly alone: string; readonly meanwhile: string }[] {
    const { writer, device } = this;
    return this.place.sentAhead.map((key) => {
      const value = this.graph.inputs.get(key) as Value;
      const sent = this.#name(`sent/${key}`);
      const given = this.place.given.get(key) as string;
      return {
        alone: writer.assign(`${sent}/fill`, [sent, given], value, device),
        meanwhile: writer.assign(`${sent}/refill`, [sent, given, ...waitFor([this.reference(value)])], value, device),
      };
    });
  }

  run({ takes, gives }: Stage, index: number, functionName: string, compiled: TensorFlowAttributes): void {
    const types = (values: readonly Value[]) => values.map(({ type }) => type);
    const inputs = takes.map((value) => this.reference(value));
    const first = index === 0 ? waitFor(this.#kept) : [];
    const name = this.#name(index === 0 ? 'call' : `call/${index}`);
    const attributes = {
      Tin: { types: types(takes) },
      Tout: { types: types(gives) },
      f: { function: functionName },
      ...compiled,
    };
    this.lastCall = this.writer.add(name, 'PartitionedCall', [...inputs, ...first], attributes, this.device);
    gives.forEach((value, i) => {
      this.#references.set(value, `${name}:${i}`);
    });
  }

  /** Puts the results in the places of the state. */
  replace(): string[] {
    // What lies outside changes later: no variable may share its memory, as one that takes it over as it is would.
    const isCopied = this.place.outside.names.size > 0;
    return [...this.graph.newState].map(([key, value]) => {
      const state = this.#name(`state/${key}`);
      const made = this.reference(value);
      const own = isCopied ? this.writer.copy(`${state}/own`, made, value) : made;
      return this.writer.assign(`${state}/replace`, [state, own], value, this.device);
    });
  }

  #name(name: string): string {
    return `${this.#prefix}${name}`;
  }
}

/** Gives each device the sum of all devices' vectors. */
function addUp(
  writer: Writer,
  replicas: readonly Replica[],
  { own, sum }: Sum,
  index: number,
  addBy: 'nccl' | 'copies',
): void {
  const vectors = replicas.map((replica) => replica.reference(own));
  const T = { type: own.type };
  replicas.forEach((replica, i) => {
    const name = `sum/${index}/${i}`;
    if (addBy === 'copies') {
      replica.call(sum, writer.add(name, 'AddN', vectors, { T, N: { int: vectors.length } }, replica.device));
      return;
    }
    const attributes = {
      T,
      reduction: { string: 'sum' },
      num_devices: { int: replicas.length },
      shared_name: { string: `sum/${index}` },
    };
    replica.call(sum, writer.add(name, 'NcclAllReduce', [vectors[i] as string], attributes, replica.device));
  });
}

function signaturesOf(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  sentAhead: readonly string[],
  { given, handed }: ReturnType<typeof outsideOf>,
): Record<string, TensorFlowSignature> {
  const named = (values: ReadonlyMap<string, Value>, title: (key: string) => string) =>
    Object.fromEntries([...values].map(([key, value]) => [key, signatureValue(title(key), value)]));
  const ahead = new Map([...inputs].filter(([key]) => sentAhead.includes(key)));
  const atOnce = new Map([...inputs].filter(([key]) => !sentAhead.includes(key)));
  return {
    call: {
      inputs: { ...named(atOnce, tensorFlowNames.input), ...named(given, (tensor) => tensor) },
      outputs: {
        ...named(graph.outputs, tensorFlowNames.output),
        ...named(handed, (tensor) => tensor),
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
    ...(ahead.size > 0 && {
      send: {
        inputs: named(ahead, tensorFlowNames.input),
        outputs: { sent: signatureValue(tensorFlowNames.sent, SIGNAL) },
      },
    }),
  };
}
