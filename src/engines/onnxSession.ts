/** A program that ONNX Runtime runs, and its state. */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { onnxNames, resultNames } from '../compile/onnx/emit.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf, type TensorSpec } from '../program/program.js';
import type { Session } from './engine.js';
import type { OnnxModel } from './onnxModel.js';
import type { OnnxProfile } from './onnxProfile.js';
import type { Span } from './profile.js';
import type { Waiting, WaitingChoice } from './threadWaiting.js';

const zeros = ({ shape, dtype }: TensorSpec): Float32Array | Int32Array =>
  dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape));

const toOrt = ({ data, shape }: HostTensor): Tensor =>
  data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int32', data, shape);

function fromOrt(tensor: Tensor): HostTensor {
  const { data } = tensor;
  if (data instanceof Float32Array) return { shape: tensor.dims, dtype: 'float32', data };
  if (data instanceof Int32Array) return { shape: tensor.dims, dtype: 'int32', data };
  throw new Error(`ONNX Runtime returned a tensor of type ${tensor.type}.`);
}

const WAITING_WORDS: Readonly<Record<Waiting, string>> = {
  asleep: 'threads sleep while they wait',
  spinning: 'threads spin while they wait',
};

export interface OnnxSessionParts {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly session: InferenceSession;
  readonly profile: OnnxProfile | undefined;
  /** Finds out, from what calls take, how threads wait best; absent: they sleep. */
  readonly choice?: Pick<WaitingChoice, 'next' | 'isDecided' | 'note'> | undefined;
}

/**
 * The state lies in two sets of buffers: a call reads one and writes the other, then they change places. The runtime may
 * write a new weight before it has read the old one for the last time, so it must not write in place; and the set left
 * behind is what undo() goes back to.
 */
export class OnnxSession implements Session {
  readonly #program: Program;
  readonly #model: OnnxModel;
  #session: InferenceSession;
  readonly #changed: readonly string[];
  readonly #outputs: readonly string[];
  readonly #profile: OnnxProfile | undefined;
  readonly #current = new Map<string, Tensor>();
  readonly #other = new Map<string, Tensor>();
  #undoable = false;
  readonly #choice: OnnxSessionParts['choice'];
  #waiting: Waiting = 'asleep';

  constructor(program: Program, { model, session, profile, choice }: OnnxSessionParts) {
    this.#program = program;
    this.#model = model;
    this.#session = session;
    const { changed, outputs } = resultNames(session.outputNames);
    this.#changed = changed;
    this.#outputs = outputs;
    this.#profile = profile;
    this.#choice = choice;
    for (const [name, spec] of Object.entries(program.state)) {
      this.#current.set(name, toOrt({ ...spec, data: zeros(spec) }));
    }
    for (const name of this.#changed) {
      const spec = program.state[name] as TensorSpec;
      this.#other.set(name, toOrt({ ...spec, data: zeros(spec) }));
    }
  }

  get runsAs(): string | undefined {
    return this.#choice?.isDecided ? WAITING_WORDS[this.#waiting] : undefined;
  }

  get isSettling(): boolean {
    return this.#choice?.isDecided === false;
  }

  async call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, tensor] of this.#current) feeds[onnxNames.state(name)] = tensor;
    for (const [name, spec] of Object.entries(this.#program.inputs)) {
      const given = inputs[name];
      if (given === undefined) throw new Error(`${this.#program.name} needs the input ${name}.`);
      if (given.shape.join() !== spec.shape.join()) {
        throw new Error(
          `${this.#program.name} was compiled for ${name} of shape [${spec.shape}] and got [${given.shape}].`,
        );
      }
      feeds[onnxNames.input(name)] = toOrt(given);
    }
    const fetches: Record<string, Tensor | null> = {};
    for (const [name, tensor] of this.#other) fetches[onnxNames.newState(name)] = tensor;
    for (const name of this.#outputs) fetches[onnxNames.output(name)] = null;
    await this.#waitAsChosen();
    this.#profile?.runBegins();
    const begun = performance.now();
    const results = await this.#session.run(feeds, fetches);
    const ended = performance.now();
    this.#choice?.note(ended - begun, ended);
    this.#swap();
    this.#undoable = true;
    return Object.fromEntries(this.#outputs.map((name) => [name, fromOrt(results[onnxNames.output(name)] as Tensor)]));
  }

  async undo(): Promise<void> {
    if (!this.#undoable) throw new Error('There is no call to take back.');
    this.#swap();
    this.#undoable = false;
  }

  async readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    return Object.fromEntries(
      names.map((name) => {
        const tensor = fromOrt(this.#stateTensor(name));
        return [name, { ...tensor, data: tensor.data.slice() }];
      }),
    );
  }

  async writeState(values: NamedHostTensors): Promise<void> {
    for (const [name, { data, shape }] of Object.entries(values)) {
      const tensor = this.#stateTensor(name);
      if (tensor.dims.join() !== shape.join()) {
        throw new Error(`${name} has shape [${shape}] where ${this.#program.name} keeps [${tensor.dims}].`);
      }
      (tensor.data as Float32Array | Int32Array).set(data);
    }
    this.#undoable = false;
  }

  async takeProfile(): Promise<readonly Span[]> {
    if (this.#profile === undefined) return [];
    this.#session.endProfiling();
    return this.#profile.take();
  }

  async dispose(): Promise<void> {
    await this.#session.release();
    await this.#profile?.dispose();
    this.#current.clear();
    this.#other.clear();
  }

  /** How threads wait is fixed when a session is made: another way is another session, of the same model and with the same buffers. */
  async #waitAsChosen(): Promise<void> {
    const wanted = this.#choice?.next ?? this.#waiting;
    if (wanted === this.#waiting) return;
    // First, so that the memory of two sessions is never held at once.
    await this.#session.release();
    this.#session = await this.#model.open(wanted);
    this.#waiting = wanted;
  }

  #stateTensor(name: string): Tensor {
    const tensor = this.#current.get(name);
    if (tensor === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
    return tensor;
  }

  #swap(): void {
    for (const name of this.#changed) {
      const [read, written] = [this.#current.get(name) as Tensor, this.#other.get(name) as Tensor];
      this.#current.set(name, written);
      this.#other.set(name, read);
    }
  }
}
