import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorFlowNames } from '../../compile/tensorflow/emit.js';
import type { HostTensor, NamedHostTensors, NamedSpecs, Program } from '../../program/program.js';
import type { Session } from '../engine.js';
import type { Feeds, TensorFlowRuntime } from './runtime.js';

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
}

/** A SavedModel that runs. The state stays inside TensorFlow; only a call's inputs and outputs come and go. */
export class TensorFlowSession implements Session {
  readonly #runtime: TensorFlowRuntime;
  readonly #program: Program;
  readonly #session: number;
  readonly #outputs: readonly string[];
  readonly #sentAhead: readonly string[];
  readonly runsAs: string;
  #undoable = false;
  /** Whose inputs lie on the device. */
  #sent: NamedHostTensors | undefined;

  private constructor(
    runtime: TensorFlowRuntime,
    program: Program,
    session: number,
    { outputs, runsAs, sentAhead }: Opened,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#session = session;
    this.#outputs = outputs;
    this.#sentAhead = sentAhead;
    this.runsAs = runsAs;
  }

  static async open(runtime: TensorFlowRuntime, program: Program, opened: Opened): Promise<TensorFlowSession> {
    // The file that TensorFlow wants is there while it is read.
    const folder = await mkdtemp(join(tmpdir(), 'dino-tensorflow-'));
    try {
      await writeFile(join(folder, 'saved_model.pb'), opened.savedModel);
      return new TensorFlowSession(runtime, program, await runtime.load(folder), opened);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async call(inputs: NamedHostTensors, upcoming?: NamedHostTensors): Promise<NamedHostTensors> {
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
    const [, ...values] = await this.#runtime.run(
      this.#session,
      [...feeds, ...next],
      [
        tensorFlowNames.called,
        ...this.#outputs.map(tensorFlowNames.output),
        ...(ahead.length > 0 ? [tensorFlowNames.sentMeanwhile] : []),
      ],
    );
    this.#undoable = true;
    if (ahead.length > 0) this.#sent = coming;
    return Object.fromEntries(this.#outputs.map((name, i) => [name, values[i] as HostTensor]));
  }

  async undo(): Promise<void> {
    if (!this.#undoable) throw new Error('There is no call to take back.');
    await this.#runtime.run(this.#session, [], [tensorFlowNames.undone]);
    this.#undoable = false;
  }

  async readState(names = Object.keys(this.#program.state)): Promise<NamedHostTensors> {
    for (const name of names) this.#stateSpec(name);
    if (names.length === 0) return {};
    const values = await this.#runtime.run(this.#session, [], names.map(tensorFlowNames.state));
    return Object.fromEntries(names.map((name, i) => [name, values[i] as HostTensor]));
  }

  async writeState(values: NamedHostTensors): Promise<void> {
    const names = Object.keys(values);
    for (const name of names) this.#stateSpec(name);
    this.#undoable = false;
    // Part by part: what is fed lies in memory twice more until it is written.
    for (const part of partsOf(this.#checked(this.#program.state, values, names))) {
      const feeds = part.map(([name, value]) => [tensorFlowNames.value(name), value] as const);
      const written = part.map(([name]) => tensorFlowNames.written(name));
      await this.#runtime.run(this.#session, feeds, written);
    }
  }

  async dispose(): Promise<void> {
    await this.#runtime.unload(this.#session);
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

  #stateSpec(name: string): void {
    if (this.#program.state[name] === undefined) throw new Error(`${this.#program.name} has no state ${name}.`);
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
