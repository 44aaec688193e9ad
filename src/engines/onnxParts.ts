/** A step of which each call computes its images in parts, then the rest from their sums: to its session a model like any other. */
import { onnxNames } from '../compile/onnx/emit.js';
import { type HostTensor, sizeOf, type TensorSpec } from '../program/program.js';
import type { CompiledParts } from './compiledProgram.js';
import type { OnnxLibrary, OnnxRunner, OnnxTensor } from './onnxRunner.js';

export interface PartRunners {
  /** Of the first part of a chain. */
  readonly first: OnnxRunner;
  /** Of one that comes after another; absent where none does. */
  readonly after?: OnnxRunner | undefined;
  readonly rest: OnnxRunner;
}

/** The memory of what each chain has summed up: of all runners of a model, which do not run at the same time. */
export class PartSums {
  readonly #chains: HostTensor[][] = [];

  of(chain: number, given: readonly TensorSpec[]): readonly HostTensor[] {
    this.#chains[chain] ??= given.map(empty);
    return this.#chains[chain];
  }
}

type Tensors = ReadonlyMap<string, OnnxTensor>;

/** A later part reads the same memory that it writes: each element is read once, by the sum that replaces it. */
interface Chain {
  readonly given: Tensors;
  readonly before: Tensors;
  readonly forRest: Tensors;
}

export class PartsRunner implements OnnxRunner {
  readonly inputs: OnnxRunner['inputs'];
  readonly outputs: OnnxRunner['outputs'];
  readonly #runners: PartRunners;
  readonly #parts: CompiledParts;
  /** Of each chain: what a part writes, what the part after it reads, which is the same memory, and what the rest reads. */
  readonly #chains: readonly Chain[];
  /** Of each part that is computed at once, the images. */
  readonly #lanes: readonly Tensors[];
  #isRunning = false;

  constructor(library: OnnxLibrary, runners: PartRunners, parts: CompiledParts, sums: PartSums, lanes: number) {
    const { first, after, rest } = runners;
    this.#runners = runners;
    this.#parts = parts;
    this.outputs = rest.outputs;
    this.#chains = Array.from({ length: parts.chains }, (_, chain) => {
      const tensors = sums.of(chain, first.outputs).map((host) => library.tensor(host));
      const named = (name: (place: number) => string) => new Map(tensors.map((tensor, place) => [name(place), tensor]));
      return {
        given: named(onnxNames.ofPart),
        before: named((place) => onnxNames.fromParts(0, place)),
        forRest: named((place) => onnxNames.fromParts(chain, place)),
      };
    });
    const ofParts = new Set(this.#chains.flatMap(({ before, forRest }) => [...before.keys(), ...forRest.keys()]));
    const all = [first, after, rest].flatMap((runner) => [...(runner?.inputs ?? [])]);
    this.inputs = new Set(all.filter((name) => !ofParts.has(name)));
    this.#lanes = Array.from(
      { length: lanes },
      () => new Map(Object.entries(parts.images).map(([name, spec]) => [name, library.tensor(empty(spec))])),
    );
  }

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    if (this.#isRunning) throw new Error('Runs in parts must not overlap: they share memory.');
    this.#isRunning = true;
    try {
      await this.#runParts(inputs);
      await this.#runners.rest.run(
        new Map([...inputs, ...this.#chains.flatMap(({ forRest }) => [...forRest])]),
        outputs,
      );
    } finally {
      this.#isRunning = false;
    }
  }

  async #runParts(inputs: Tensors): Promise<void> {
    const { first, after } = this.#runners;
    const { parts, chains } = this.#parts;
    let next = 0;
    let hasFailed = false;
    const compute = async (images: Tensors): Promise<void> => {
      while (next < chains) {
        const chain = next++;
        const { given, before } = this.#chains[chain] as Chain;
        for (let part = chain; part < parts && !hasFailed; part += chains) {
          this.#take(inputs, part, images);
          const ofPart = new Map([
            ...inputs,
            ...[...images].map(([name, tensor]) => [onnxNames.input(name), tensor] as const),
          ]);
          if (part === chain) await first.run(ofPart, given);
          else if (after !== undefined) await after.run(new Map([...ofPart, ...before]), given);
          else throw new Error('There is no model of a part that comes after another.');
        }
      }
    };
    // What runs when another part fails still has its memory.
    const ended = await Promise.allSettled(
      this.#lanes.map((images) =>
        compute(images).catch((error: unknown) => {
          hasFailed = true;
          throw error;
        }),
      ),
    );
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  /** Writes a part's images where its run reads them: of [groups, images, ...] in row-major order [groups, images / parts, ...]. */
  #take(inputs: Tensors, part: number, images: Tensors): void {
    const { parts, images: specs } = this.#parts;
    for (const [name, tensor] of images) {
      const all = inputs.get(onnxNames.input(name));
      if (all === undefined) throw new Error(`The input ${name} was not given.`);
      const groups = (specs[name] as (typeof specs)[string]).groups;
      const length = tensor.host.data.length / groups;
      for (let group = 0; group < groups; group++) {
        const begin = (group * parts + part) * length;
        tensor.host.data.set(all.host.data.subarray(begin, begin + length), group * length);
      }
    }
  }

  endProfiling(): void {
    throw new Error('Parts of a step are not profiled.');
  }

  async release(): Promise<void> {
    const { first, after, rest } = this.#runners;
    for (const runner of [first, after, rest]) await runner?.release();
    for (const { given } of this.#chains) for (const tensor of given.values()) tensor.dispose();
    for (const images of this.#lanes) for (const tensor of images.values()) tensor.dispose();
  }
}

function empty({ shape, dtype }: TensorSpec): HostTensor {
  const size = sizeOf(shape);
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(size) : new Int32Array(size) };
}
