/** What a format of exported networks is to the rest of the program. */
import type { LoadedNetwork } from '../runs/network.js';

/** What is exported. */
export interface Exported {
  readonly network: LoadedNetwork;
  /** Which of a training's networks it is, such as teacher: what nobody has named counts as one. */
  readonly role: string;
  /**
   * All networks of a training with their projection heads, by their roles, such as student and teacher; absent where the checkpoint holds
   * one alone, or a person asked for one.
   */
  readonly roles?: Readonly<Record<string, LoadedNetwork>>;
}

/** What a format makes of a network. */
export interface Written {
  /** What a person should know: one sentence each. */
  readonly notes: readonly string[];
  /** Three lines that load it there. */
  readonly code: readonly [string, string, string];
  /** Of the code. */
  readonly language: 'python';
}

export interface ExportFormat {
  /** As `--format` has it. */
  readonly name: string;
  /** For people: `Hugging Face`. */
  readonly title: string;
  /** What it is for, one clause. */
  readonly purpose: string;
  /** What it writes: a file with this ending, or a folder. */
  readonly ending: string | 'folder';
  /**
   * @param path where to write: nothing is there
   * @param named what the code calls it
   * @throws Error with one sentence that says what of the network this format cannot express, or the file system's own error
   */
  write(exported: Exported, path: string, named: string): Promise<Written>;
}

/** What a format cannot express. @param what a clause that says what the network has */
export const inexpressible = ({ network }: Exported, format: string, what: string): Error =>
  new Error(`${network.name} cannot be exported for ${format}: ${what}.`);

/** Of a format that has features alone. */
export const headNote = ({ network: { head } }: Exported): string[] =>
  head === undefined ? [] : ['The projection head was left out: features come before it.'];

/** A text in Python's and JavaScript's code. */
export const quoted = (text: string): string => JSON.stringify(text);
