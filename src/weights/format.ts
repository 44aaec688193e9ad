/** What a format of files of weights is to the rest of the program. */
import type { OpenFile } from './openFile.js';
import type { StoredTensor } from './storedTensor.js';

/** What was saved in a file, as a tree of dictionaries. */
export interface WeightsTree {
  /** See pickle/values.ts. */
  readonly root: unknown;
  /** What the file says of itself, by key; absent: its format says nothing. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Classes and functions of somebody else's code that the file names: what was made of them stays unread. */
  readonly foreign: readonly string[];
  /**
   * The tensor that a value of the tree stands for; undefined when it stands for something else.
   * @throws Error that says what is wrong with it
   */
  tensor(value: unknown): StoredTensor | undefined;
  /** The files that the values lie in, and their size in bytes together; absent: the file itself. */
  readonly parts?: { readonly paths: readonly string[]; readonly size: number };
  /** Closes what the format opened besides the file. */
  close?(): void;
}

export interface WeightFormat {
  /** With its article, for a sentence: `a PyTorch checkpoint`. */
  readonly name: string;
  /** Endings that such files have, without the dot, for a dialog that asks for one: what a file is, its first bytes tell. */
  readonly endings: readonly string[];
  /** Whether a file begins like this. `head`: its first bytes, 512 of them where the file has as many, 4 at least. */
  recognizes(head: Buffer): boolean;
  /**
   * Reads the structure of a file that begins so. Values are read from `file` when a tensor is asked for.
   * @throws FileFault, or Error that says why the file cannot be read
   */
  open(file: OpenFile): WeightsTree | Promise<WeightsTree>;
}
