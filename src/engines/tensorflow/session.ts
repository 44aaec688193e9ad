import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorFlowNames } from '../../compile/tensorflow/names.js';
import { encodeConfig } from '../../compile/tensorflow/schema.js';
import type { HostTensor, NamedHostTensors, NamedSpecs, Program, TensorSpec } from '../../program/program.js';
import type { Session } from '../engine.js';
import { Turns } from '../turns.js';
import { keptTensors, numbersHandedOn, type Outside } from './outside.js';
import type { Feeds, TensorFlowRuntime } from './runtime.js';

/** `sessionConfig.h` looks for it here. The binding that npm installs ignores it and uses all threads. */
const CONFIG_FILE = 'config.pb';

/** Of a state that is written, about this much at once. */
const PART_BYTES = 64 * 2 ** 20;

/** Tensors in the order given, in parts of about {@link PART_BYTES}. */
function partsOf(tensors: readonly [string, HostTensor][]): [string, HostTensor][][] {
  const parts: [string, HostTensor][][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = tensor[1].data.byteLength;
    if (bytes > room) {
      parts.push([]);
      room = PART_BYTES;
    }
    parts.at(-1)?.push(tensor);
    room -= bytes;
  }
  return parts;
}

/** What a session is made from. */
export interface Opened {
  /** Bytes of a `saved_model.pb`. */
  readonly savedModel: Uint8Array;
  /** Names of the program's outputs. */
  readonly outputs: readonly string[];
  readonly runsAs: string;
  /** Inputs that are on the device before a call begins. */
  readonly sentAhead: readonly string[];
  /** Threads for each op. Absent: as many as the processor has. */
  readonly threadsOfOp?: number | undefined;
  /** Absent: the SavedModel makes all of the program. */
  readonly outside?: Outside | undefined;
}

/**
 * A SavedModel that runs. On a GPU the state stays inside TensorFlow; only a call's inputs and outputs come and go.
 *
 * On the processor, what of the state is updated element by element lies outside: TensorFlow reads it where it is, and writes there what the
 * updates take. They are not made before the state is asked for again: until then undo() has only to forget them.
 */
export class TensorFlowSession implements Session {
  readonly #runtime: TensorFlowRuntime;
  readonly #program: Program;
  readonly #session: number;
  readonly #outputs: readonly string[];
  readonly #sentAhead: readonly string[];
  readonly #outside: Outside | undefined;
  readonly runsAs: string;
  /** Updates come between runs: what is asked for meanwhile waits. */
  readonly #turns = new Turns();
  #undoable = false;
  /** Whose inputs lie on the device. */
  #sent: NamedHostTensors | undefined;

  private constructor(
    runtime: TensorFlowRuntime,
    program: Program,
    session: number,
    { outputs, runsAs, sentAhead, outside }: Opened,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#session = session;
    this.#outputs = outputs;
    this.#sentAhead = sentAhead;
    this.#outside = outside;
    this.runsAs = runsAs;
  }

  static async open(runtime: TensorFlowRuntime, program: Program, opened: Opened): Promise<TensorFlowSession> {
    // The file that TensorFlow wants is there while it is read.
    const folder = await mkdtemp(join(tmpdir(), 'dino-tensorflow-'));
    try {
      await writeFile(join(folder, 'saved_model.pb'), opened.savedModel);
      if (opened.threadsOfOp !== undefined)
        await writeFile(join(folder, CONFIG_FILE), encodeConfig(opened.threadsOfOp));
      const session = await runtime.load(folder);
      try {
        if (opened.outside) await runtime.keep(session, keptTensors(program.state, opened.outside));
      } catch (error) {
        await runtime.unload(session);
        throw error;
      }
      return new TensorFlowSession(runtime, program, session, opened);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  call(inputs: NamedHostTensors, upcoming?: NamedHostTensors): Promise<NamedHostTensors> {
    return this.#turns.take(() => this.#call(inputs, upcoming));
  }

  async #call(inputs: NamedHostTensors, upcoming?: NamedHostTensors): Promise<NamedHostTensors> {
    await this.#update();
    const [ahead, atOnce] = [this.#sentAhead, this.#inputNames().filter((name) => !this.#sentAhead.includes(name))];
    const feeds = this.#feeds(inputs, atOnce);
    // TensorFlow prepares itself for each set of names, for seconds: where nothing is known to come, the same inputs are sent again.
    const coming = upcoming ?? inputs;
    const next = this.#feeds(coming, ahead);
    if (ahead.length > 0 && !this.#isSent(inputs)) {
      const own = this.#feeds(inputs, ahead);
      this.#sent = undefined;
      await this.#runtime.run(this.#session, own, [tensorFlowNames.sent]);
    }
    // A call that fails has let go of what the one before it could have been taken back to.
    this.#undoable = false;
    this.#sent = undefined;
    const numbers = this.#outside ? numbersHandedOn(this.#outside) : [];
    const [, ...values] = await this.#runtime.run(
      this.#session,
      [...feeds, ...next],
      [
        tensorFlowNames.called,
        ...this.#outputs.map(tensorFlowNames.output),
        ...numbers.map(tensorFlowNames.handedOn),
        ...(ahead.length > 0 ? [tensorFlowNames.sentMeanwhile] : []),
      ],
      true,
    );
    if (this.#outside) {
      const { updater } = this.#outside;
      numbers.forEach((place, i) => {
        updater.handedOn(place).set((values[this.#outputs.length + i] as HostTensor).data);
      });
      updater.note(inputs);
    }
    this.#undoable = true;
    if (ahead.length > 0) this.#sent = coming;
    return Object.fromEntries(this.#outputs.map((name, i) => [name, values[i] as HostTensor]));
  }

  undo(): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#undoable) throw new Error('There is no call to take back.');
      await this.#runtime.run(this.#session, [], [tensorFlowNames.undone]);
      this.#outside?.updater.forget();
      this.#undoable = false;
    });
  }

  readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    return this.#turns.take(async () => {
      const specs = names.map((name) => this.#stateSpec(name));
      await this.#update();
      const inside = names.filter((name) => this.#stateOutside(name) === undefined);
      const values =
        inside.length === 0 ? [] : await this.#runtime.run(this.#session, [], inside.map(tensorFlowNames.state));
      const read = new Map(inside.map((name, i) => [name, values[i] as HostTensor]));
      return Object.fromEntries(
        names.map((name, i) => {
          const data = this.#stateOutside(name)?.slice();
          return [name, data ? ({ ...specs[i], data } as HostTensor) : (read.get(name) as HostTensor)];
        }),
      );
    });
  }

  writeState(values: NamedHostTensors): Promise<void> {
    return this.#turns.take(async () => {
      const names = Object.keys(values);
      for (const name of names) this.#stateSpec(name);
      const given = this.#checked(this.#program.state, values, names);
      await this.#update();
      this.#undoable = false;
      for (const [name, { data }] of given) this.#stateOutside(name)?.set(data);
      // Part by part: what is fed lies in memory twice more until it is written.
      for (const part of partsOf(given.filter(([name]) => this.#stateOutside(name) === undefined))) {
        const feeds = part.map(([name, value]) => [tensorFlowNames.value(name), value] as const);
        const written = part.map(([name]) => tensorFlowNames.written(name));
        await this.#runtime.run(this.#session, feeds, written);
      }
    });
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      try {
        await this.#runtime.unload(this.#session);
      } finally {
        await this.#outside?.updater.dispose();
      }
    });
  }

  /** Makes the updates that are due; what has been made cannot be taken back. */
  async #update(): Promise<void> {
    if (!this.#outside?.updater.isDue) return;
    this.#undoable = false;
    await this.#outside.updater.run();
  }

  #stateOutside(name: string): Float32Array | undefined {
    return this.#outside?.updater.state.get(name);
  }

  #inputNames(): readonly string[] {
    return Object.keys(this.#program.inputs);
  }

  #feeds(inputs: NamedHostTensors, names: readonly string[]): Feeds {
    return this.#checked(this.#program.inputs, inputs, names).map(([name, value]) => [
      tensorFlowNames.input(name),
      value,
    ]);
  }

  /** Whether the device has these already: the very arrays, which their owner does not change meanwhile. */
  #isSent(inputs: NamedHostTensors): boolean {
    const sent = this.#sent;
    return sent !== undefined && this.#sentAhead.every((name) => sent[name]?.data === inputs[name]?.data);
  }

  #stateSpec(name: string): TensorSpec {
    const spec = this.#program.state[name];
    if (spec === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
    return spec;
  }

  #checked(specs: NamedSpecs, given: NamedHostTensors, names: readonly string[]): [string, HostTensor][] {
    return names.map((name) => {
      const tensor = given[name];
      const wanted = specs[name]?.shape ?? [];
      if (tensor === undefined) throw new Error(`${this.#program.name} needs the input ${name}.`);
      if (tensor.shape.join() !== wanted.join()) {
        throw new Error(
          `${this.#program.name} was compiled for ${name} of shape [${wanted}] and got [${tensor.shape}].`,
        );
      }
      return [name, tensor];
    });
  }
}
