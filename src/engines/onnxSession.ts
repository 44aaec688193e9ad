/** A program that ONNX Runtime runs, and its state. */
import { onnxNames, resultNames } from '../compile/onnx/emit.js';
import { type HostTensor, type NamedHostTensors, type Program, sizeOf, type TensorSpec } from '../program/program.js';
import type { Session } from './engine.js';
import type { OnnxModel } from './onnxModel.js';
import type { OnnxProfile } from './onnxProfile.js';
import type { OnnxRunner, OnnxTensor } from './onnxRunner.js';
import type { Span } from './profile.js';
import type { Waiting, WaitingChoice } from './threadWaiting.js';
import { Turns } from './turns.js';
import { StateUpdater } from './updates/stateUpdater.js';

const zeros = ({ shape, dtype }: TensorSpec): HostTensor => {
  const size = sizeOf(shape);
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(size) : new Int32Array(size) };
};

const WAITING_WORDS: Readonly<Record<Waiting, string>> = {
  asleep: 'threads sleep while they wait',
  spinning: 'threads spin while they wait',
};

const UPDATE = { name: 'state', op: 'Update of the state', thread: 'updates' } as const;

export interface OnnxSessionParts {
  readonly model: OnnxModel;
  /** Of that model, its threads asleep while they wait. */
  readonly runner: OnnxRunner;
  readonly profile: OnnxProfile | undefined;
  /** Finds out, from what calls take, how threads wait best; absent: they sleep. */
  readonly choice?: Pick<WaitingChoice, 'next' | 'chosen' | 'isTrying' | 'isDecided' | 'note' | 'giveUp'> | undefined;
  /** Whether calls may overlap: for a program that does not change its state. */
  readonly overlaps?: boolean;
}

/**
 * What of the state is updated element by element is updated in place, and not before it is asked for again: until then undo() has
 * nothing more to do than to forget the update. The rest of the state, which the runtime writes, lies in two sets of buffers: a call
 * reads one and writes the other, then they change places. The runtime may write a new value before it has read the old one for the last
 * time, so it must not write in place; and the set left behind is what undo() goes back to.
 */
export class OnnxSession implements Session {
  readonly #program: Program;
  readonly #model: OnnxModel;
  /** The one that runs, and by the way they wait, those that are open. */
  #runner: OnnxRunner;
  readonly #open: Map<Waiting, OnnxRunner>;
  readonly #changed: readonly string[];
  readonly #outputs: readonly (TensorSpec & { readonly name: string })[];
  readonly #profile: OnnxProfile | undefined;
  readonly #current = new Map<string, OnnxTensor>();
  readonly #other = new Map<string, OnnxTensor>();
  readonly #handedOn = new Map<string, OnnxTensor>();
  /** What the model takes that is computed of the state, until the state is replaced. */
  #prepared: Promise<ReadonlyMap<string, OnnxTensor>> | undefined;
  readonly #updater: StateUpdater;
  readonly #spans: Span[] = [];
  #undoable = false;
  /** The runtime computes on another thread, where it reads and writes the state: what is asked for meanwhile waits. */
  readonly #turns = new Turns();
  readonly #choice: OnnxSessionParts['choice'];
  readonly #overlaps: boolean;
  #isDisposed = false;

  constructor(program: Program, { model, runner, profile, choice, overlaps = false }: OnnxSessionParts) {
    this.#program = program;
    this.#model = model;
    this.#runner = runner;
    this.#open = new Map([['asleep', runner]]);
    const { changed, outputs, handedOn } = resultNames(runner.outputs.map(({ name }) => name));
    this.#changed = changed;
    const specs = new Map(runner.outputs.map((output) => [output.name, output]));
    this.#outputs = outputs.map((name) => ({ ...(specs.get(onnxNames.output(name)) as TensorSpec), name }));
    this.#profile = profile;
    this.#choice = choice;
    this.#overlaps = overlaps;
    if (overlaps && (changed.length > 0 || model.updates.updates.length > 0))
      throw new Error(`Calls of ${program.name} cannot overlap: each changes the state.`);
    this.#updater = new StateUpdater(model.updates);
    const { library } = model;
    for (const [name, spec] of Object.entries(program.state)) {
      const data = this.#updater.state.get(name);
      this.#current.set(name, library.tensor(data ? { ...spec, data } : zeros(spec)));
    }
    for (const name of this.#changed) {
      const spec = program.state[name] as TensorSpec;
      this.#other.set(name, library.tensor(zeros(spec)));
    }
    for (const place of handedOn) {
      const name = onnxNames.handedOn(place);
      const { shape, dtype } = specs.get(name) as TensorSpec;
      this.#handedOn.set(name, library.tensor({ shape, dtype, data: this.#updater.handedOn(place) }));
    }
  }

  get runsAs(): string | undefined {
    const waiting = this.#choice?.isDecided ? [WAITING_WORDS[this.#choice.chosen]] : [];
    const words = [this.#model.runsAs ?? [], waiting].flat();
    return words.length > 0 ? words.join(', ') : undefined;
  }

  get isSettling(): boolean {
    return this.#choice?.isDecided === false;
  }

  call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    const call = () => this.#call(inputs);
    return this.#overlaps ? this.#turns.share(call) : this.#turns.take(call);
  }

  undo(): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#undoable) throw new Error('There is no call to take back.');
      this.#swap();
      this.#updater.forget();
      this.#undoable = false;
    });
  }

  readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    return this.#turns.take(async () => {
      await this.#update();
      return Object.fromEntries(
        names.map((name) => {
          const { host } = this.#stateTensor(name);
          return [name, { ...host, data: host.data.slice() }];
        }),
      );
    });
  }

  writeState(values: NamedHostTensors): Promise<void> {
    return this.#turns.take(async () => {
      this.#requireOpen();
      await this.#update();
      const written = Object.entries(values).map(([name, { data, shape }]) => {
        const { host } = this.#stateTensor(name);
        if (host.shape.join() !== shape.join()) {
          throw new Error(`${name} has shape [${shape}] where ${this.#program.name} keeps [${host.shape}].`);
        }
        return { host, data };
      });
      for (const { host, data } of written) host.data.set(data);
      await this.#forgetPrepared();
      this.#undoable = false;
    });
  }

  takeProfile(): Promise<readonly Span[]> {
    return this.#turns.take(async () => {
      if (this.#profile === undefined) return [];
      this.#runner.endProfiling();
      return [...(await this.#profile.take()), ...this.#spans];
    });
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      this.#isDisposed = true;
      for (const runner of this.#open.values()) await runner.release();
      await this.#profile?.dispose();
      await this.#forgetPrepared();
      for (const tensors of [this.#current, this.#other, this.#handedOn]) {
        for (const tensor of tensors.values()) tensor.dispose();
        tensors.clear();
      }
      await this.#updater.dispose();
    });
  }

  async #call(inputs: NamedHostTensors): Promise<NamedHostTensors> {
    this.#requireOpen();
    this.#requireInputs(inputs);
    await this.#update();
    const prepared = await this.#preparedOnce();
    const { library } = this.#model;
    const made: OnnxTensor[] = [];
    const tensorOf = (host: HostTensor): OnnxTensor => {
      const tensor = library.tensor(host);
      made.push(tensor);
      return tensor;
    };
    try {
      const feeds = new Map([...this.#stateFeeds(this.#runner), ...prepared]);
      for (const name of Object.keys(this.#program.inputs))
        feeds.set(onnxNames.input(name), tensorOf(inputs[name] as HostTensor));
      const outputs = this.#outputs.map((spec) => [spec.name, zeros(spec)] as const);
      const fetches = new Map(outputs.map(([name, host]) => [onnxNames.output(name), tensorOf(host)]));
      for (const [name, tensor] of this.#other) fetches.set(onnxNames.newState(name), tensor);
      for (const [name, tensor] of this.#handedOn) fetches.set(name, tensor);
      await this.#waitAsChosen();
      this.#profile?.runBegins();
      const begun = performance.now();
      await this.#runner.run(feeds, fetches);
      const ended = performance.now();
      this.#choice?.note(ended - begun, ended);
      this.#updater.note(inputs);
      this.#swap();
      this.#undoable = true;
      return Object.fromEntries(outputs);
    } finally {
      for (const tensor of made) tensor.dispose();
    }
  }

  /** The state that a model takes, by the model's names of it. */
  #stateFeeds({ inputs }: OnnxRunner): [string, OnnxTensor][] {
    return [...this.#current]
      .map(([name, tensor]): [string, OnnxTensor] => [onnxNames.state(name), tensor])
      .filter(([name]) => inputs.has(name));
  }

  /** What the model takes that is computed of the state alone: once for each state, unless it fails. */
  #preparedOnce(): Promise<ReadonlyMap<string, OnnxTensor>> {
    if (this.#prepared !== undefined) return this.#prepared;
    const preparing = this.#prepare();
    this.#prepared = preparing;
    preparing.catch(() => {
      if (this.#prepared === preparing) this.#prepared = undefined;
    });
    return preparing;
  }

  async #prepare(): Promise<ReadonlyMap<string, OnnxTensor>> {
    const { library, preparation } = this.#model;
    if (preparation === undefined) return new Map();
    // It runs once: to optimize it would take longer.
    const runner = await library.open(preparation, { optimize: false, waiting: 'asleep', sharesMemory: false });
    const outputs = runner.outputs.map((spec) => [spec.name, library.tensor(zeros(spec))] as const);
    try {
      await runner.run(new Map(this.#stateFeeds(runner)), new Map(outputs));
    } catch (error) {
      for (const [, tensor] of outputs) tensor.dispose();
      throw error;
    } finally {
      await runner.release();
    }
    return new Map(
      outputs.map(([name, tensor]) => {
        const [place] = resultNames([name]).outputs;
        return [onnxNames.prepared(Number(place)), tensor];
      }),
    );
  }

  async #forgetPrepared(): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    for (const tensor of (await prepared?.catch(() => undefined))?.values() ?? []) tensor.dispose();
  }

  /** Makes the updates that are due; what has been made cannot be taken back. */
  async #update(): Promise<void> {
    if (!this.#updater.isDue) return;
    const start = performance.now();
    this.#undoable = false;
    await this.#updater.run();
    if (this.#profile) this.#spans.push({ ...UPDATE, start, duration: performance.now() - start });
  }

  #requireOpen(): void {
    if (this.#isDisposed) throw new Error(`The session of ${this.#program.name} has been disposed of.`);
  }

  #requireInputs(inputs: NamedHostTensors): void {
    for (const [name, { shape }] of Object.entries(this.#program.inputs)) {
      const given = inputs[name];
      if (given === undefined) throw new Error(`${this.#program.name} needs the input ${name}.`);
      if (given.shape.join() !== shape.join()) {
        throw new Error(`${this.#program.name} was compiled for ${name} of shape [${shape}] and got [${given.shape}].`);
      }
    }
  }

  /**
   * How threads wait is fixed when a session is made: another way is another session, of the same model and with the same buffers. Both
   * are open only while they take turns; in training they have their memory from one arena, so that two take no more than one.
   */
  async #waitAsChosen(): Promise<void> {
    const choice = this.#choice;
    if (choice === undefined) return;
    if (!choice.isTrying) await this.#releaseAllBut(choice.next);
    try {
      this.#runner = this.#open.get(choice.next) ?? (await this.#model.open(choice.next));
    } catch (error) {
      if (!choice.isTrying) throw error;
      // There may be no memory for a second session: the first one goes on.
      choice.giveUp(performance.now());
      return await this.#waitAsChosen();
    }
    this.#open.set(choice.next, this.#runner);
  }

  async #releaseAllBut(wanted: Waiting): Promise<void> {
    for (const [waiting, runner] of this.#open) {
      if (waiting === wanted) continue;
      this.#open.delete(waiting);
      await runner.release();
    }
  }

  #stateTensor(name: string): OnnxTensor {
    const tensor = this.#current.get(name);
    if (tensor === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
    return tensor;
  }

  #swap(): void {
    for (const name of this.#changed) {
      const [read, written] = [this.#current.get(name) as OnnxTensor, this.#other.get(name) as OnnxTensor];
      this.#current.set(name, written);
      this.#other.set(name, read);
    }
  }
}
