/**
 * The outputs of a teacher's backbone on disk: `outputs.json`, and a safetensors file for each step, named by its number as the curves
 * count it. A file says by checksums which teacher it is of, what that was given, and what it computed. It appears whole or not at all; several runs may
 * read and add at the same time.
 */
import { createHash, randomUUID, webcrypto } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../errors/errorMessage.js';
import { UNFINISHED, writeAside } from '../../files/asideFile.js';
import { namesIn, requireEmpty } from '../../files/emptyFolder.js';
import { fileErrorCode, fileProblem } from '../../files/fileProblem.js';
import { freeSpace } from '../../files/freeSpace.js';
import { type NamedSpecs, sizeOf } from '../../program/program.js';
import { FileFault } from '../../weights/openFile.js';
import { parseSafetensors, safetensorsHeader } from '../../weights/safetensors.js';
import { makeFolder } from '../folder.js';
import {
  createOutputsRecord,
  type OutputsSource,
  readOutputsRecord,
  recordFile,
  requireSameSource,
  teacherChecksum,
} from './outputsRecord.js';

/** Values by name, of one step. */
export type StepValues = Readonly<Record<string, Float32Array>>;

/** Steps, numbered from 0, from the first to below the last. */
export interface Steps {
  readonly first: number;
  readonly end: number;
}

interface FoundSteps {
  readonly missing: readonly number[];
  readonly cut: readonly string[];
}

export class OutputsFolder {
  readonly #source: OutputsSource;
  readonly #specs: NamedSpecs;
  readonly #teacher: string;
  /** Of every step. */
  readonly bytesOfStep: number;

  /**
   * Writes nothing.
   * @param specs of the outputs of a step
   * @throws Error with one sentence, when what is in the folder was computed from anything else, or is something else
   */
  constructor(
    readonly path: string,
    source: OutputsSource,
    specs: NamedSpecs,
  ) {
    this.#source = source;
    this.#specs = specs;
    this.#teacher = teacherChecksum(source);
    const { length } = fileOf(specs, { teacher: this.#teacher, inputs: NO_CHECKSUM, outputs: NO_CHECKSUM }, []);
    this.bytesOfStep = Object.values(specs).reduce((sum, { shape }) => sum + BYTES * sizeOf(shape), length);
    const recorded = readOutputsRecord(path);
    if (recorded === undefined) requireEmpty(path, 'the outputs of a teacher (distill_outputs)');
    else requireSameSource(path, recorded, source);
  }

  /**
   * Which of the steps are not there, and the files that are cut off, which count as if they were not.
   * @param pause is awaited now and then: what it throws ends the look
   */
  async look({ first, end }: Steps, pause: () => Promise<void>): Promise<FoundSteps> {
    const names = new Set(namesIn(this.path));
    const missing: number[] = [];
    const cut: string[] = [];
    for (let from = first; from < end; from += AT_ONCE) {
      await pause();
      const steps = Array.from({ length: Math.min(AT_ONCE, end - from) }, (_, i) => from + i);
      const sizes = await Promise.all(steps.map((step) => (names.has(nameOf(step)) ? this.#sizeOf(step) : undefined)));
      for (const [i, step] of steps.entries()) {
        if (sizes[i] === this.bytesOfStep) continue;
        missing.push(step);
        if (sizes[i] !== undefined) cut.push(this.#fileOf(step));
      }
    }
    return { missing, cut };
  }

  /** Undefined when the file is gone. @throws Error with one sentence */
  async #sizeOf(step: number): Promise<number | undefined> {
    const file = this.#fileOf(step);
    try {
      return (await stat(file)).size;
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return undefined;
      throw cannotRead(file, error);
    }
  }

  /** @returns bytes that are free for more @throws Error with one sentence, when nothing can be written there */
  async room(): Promise<number> {
    return freeSpace(this.path).catch((error: unknown) => {
      throw cannotWrite(this.path, error);
    });
  }

  /**
   * Makes the folder and its record, where they are not there yet.
   * @throws Error with one sentence, also when another run was faster since this one looked, and computes something else
   */
  async begin(): Promise<void> {
    try {
      makeFolder(this.path);
      await this.#removeLeftovers();
      await createOutputsRecord(this.path, this.#source);
    } catch (error) {
      throw cannotWrite(recordFile(this.path), error);
    }
    const recorded = readOutputsRecord(this.path);
    if (recorded === undefined) throw cannotWrite(recordFile(this.path), new Error('it was deleted meanwhile'));
    requireSameSource(this.path, recorded, this.#source);
  }

  /** @param inputs what the teacher was given @throws Error with one sentence */
  async write(step: number, inputs: StepValues, outputs: StepValues): Promise<void> {
    const checksums = {
      teacher: this.#teacher,
      inputs: await checksumOf(inputs),
      outputs: await checksumOf(outputs),
    };
    const values = Object.keys(this.#specs)
      .sort()
      .map((name) => valuesNamed(outputs, name));
    const bytes = fileOf(this.#specs, checksums, values);
    const file = this.#fileOf(step);
    await writeAside(file, (handle) => handle.writeFile(bytes), `${file}.${randomUUID()}${UNFINISHED}`);
  }

  /**
   * @param inputs what the teacher would be given
   * @throws Error with one sentence, when the file is gone or damaged, or what it was computed from, or by, was not this
   */
  async read(step: number, inputs: StepValues): Promise<StepValues> {
    const file = this.#fileOf(step);
    const bytes = await readFile(file).catch((error: unknown) => {
      throw cannotRead(file, error);
    });
    const { tensors, metadata } = this.#parsed(file, bytes);
    const outputs = Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]));
    if (metadata['outputs'] !== (await checksumOf(outputs)))
      throw damaged(file, 'its values are not those that were written');
    if (metadata['teacher'] !== this.#teacher)
      throw new Error(
        `The teacher's outputs ${file} are those of another teacher than this run has: choose another folder for distill_outputs.`,
      );
    if (metadata['inputs'] !== (await checksumOf(inputs)))
      throw new Error(
        `The teacher's outputs ${file} were computed from other crops or masks than those of step ${step + 1} now: an image has changed since, or the version that cuts crops; choose another folder for distill_outputs.`,
      );
    return outputs;
  }

  /** What a killed process left half-written; what is being written is younger. */
  async #removeLeftovers(): Promise<void> {
    for (const name of namesIn(this.path).filter((each) => each.endsWith(UNFINISHED))) {
      const file = join(this.path, name);
      const { mtimeMs = Number.POSITIVE_INFINITY } = (await stat(file).catch(() => undefined)) ?? {};
      if (Date.now() - mtimeMs > LEFT_AFTER_MS) await rm(file, { force: true });
    }
  }

  #parsed(file: string, bytes: Uint8Array): ReturnType<typeof parseSafetensors> {
    try {
      const parsed = parseSafetensors(bytes);
      const shapes = Object.entries(parsed.tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]);
      const wanted = Object.entries(this.#specs).sort(([a], [b]) => (a < b ? -1 : 1));
      if (JSON.stringify(shapes) !== JSON.stringify(wanted)) throw new FileFault('has other shapes than the run needs');
      return parsed;
    } catch (error) {
      throw damaged(file, error instanceof FileFault ? `it ${error.message}` : errorMessage(error));
    }
  }

  #fileOf(step: number): string {
    return join(this.path, nameOf(step));
  }
}

/** Files that are looked at together. */
const AT_ONCE = 256;

const nameOf = (step: number): string => `${String(step + 1).padStart(8, '0')}.safetensors`;

const LEFT_AFTER_MS = 3_600_000;
const BYTES = Float32Array.BYTES_PER_ELEMENT;
const NO_CHECKSUM = '0'.repeat(64);

const cannotRead = (file: string, error: unknown): Error =>
  new Error(`The teacher's outputs ${file} cannot be read: ${fileProblem(error)}; resume the run to go on.`);

const cannotWrite = (file: string, error: unknown): Error =>
  new Error(`The teacher's outputs cannot be written to ${file}: ${fileProblem(error)}.`);

const damaged = (file: string, why: string): Error =>
  new Error(
    `The teacher's outputs ${file} are damaged: ${why}; delete this file and resume the run, which computes it again.`,
  );

/** @param values in order of their names */
function fileOf(
  specs: NamedSpecs,
  checksums: Readonly<Record<string, string>>,
  values: readonly Float32Array[],
): Buffer {
  const parts = values.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return Buffer.concat([safetensorsHeader(specs, checksums), ...parts]);
}

/** Computed beside this thread: the crops of a batch are many. */
async function checksumOf(values: StepValues): Promise<string> {
  const each = Object.entries(values).map(async ([name, data]) => {
    const sha256 = await webcrypto.subtle.digest('SHA-256', data);
    return `${name} ${Buffer.from(sha256).toString('hex')}\n`;
  });
  const lines = (await Promise.all(each)).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function valuesNamed(values: StepValues, name: string): Float32Array {
  const found = values[name];
  if (found === undefined) throw new Error(`The teacher gave no ${name}.`);
  return found;
}
