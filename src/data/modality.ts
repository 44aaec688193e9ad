/** A kind of data that networks are trained on: how a data set of it is opened, and how its items are cut into the views of a batch. */
import { CodedError } from '../errors/codedError.js';
import type { LeftOut } from './leftOut.js';

/** The types of one kind of data. All but `item` and `settings` are sent to threads. */
export interface ModalityTypes {
  /** Where its items come from: all that a thread needs to read them, cheap to send. */
  readonly source: unknown;
  /** One of them, read: an image, a spectrum. */
  readonly item: unknown;
  /** How an item is cut. */
  readonly spec: unknown;
  /** The settings of a run that say so. */
  readonly settings: unknown;
  /** Where all threads keep the items that were read. */
  readonly kept: unknown;
}

/** A data set of any kind: its items by index, with their names and, where they are known, their classes. */
export interface Dataset<Source = unknown> {
  /** Name of its {@link Modality}. */
  readonly modality: string;
  /** The folder or file that it was opened from, absolute. */
  readonly path: string;
  /** Number of items. */
  readonly size: number;
  /** Names of the classes; absent when the items have none. */
  readonly classes: readonly string[] | undefined;
  /** Index of the item's class in `classes`. */
  labelOf(index: number): number | undefined;
  /** The item's name for people: its path below the folder, or its place in a file. */
  nameOf(index: number): string;
  /** Changes when items are added, removed, renamed or change size; not with where the folder lies. */
  readonly fingerprint: string;
  /** Changes, beyond that, when a file is written again or another one takes its place: tells whether what was computed from the items still holds. */
  readonly stamp: string;
  /** What lies in the folder and is not read; empty for a file. */
  readonly leftOut: LeftOut;
  readonly source: Source;
  /** What was decided to open it, such as which of several files is read; sentences without their full stops. */
  readonly notes: readonly string[];
  /** Which folders are the classes, where they are not those of the first level. */
  readonly classNote: string | undefined;
}

/** One array of a batch, [views, batch, ...]. */
interface ViewArray {
  /** Views of each item. */
  readonly views: number;
  /** Numbers in one view. */
  readonly length: number;
}

/** What is cut from each item. */
export interface ViewPlan<Spec = unknown> {
  readonly spec: Spec;
  /** The arrays of a batch by name; a method takes them as its inputs by these names. */
  readonly arrays: Readonly<Record<string, ViewArray>>;
}

/** Whose views: a run draws those of each item anew in each epoch. */
interface ViewDraw {
  readonly seed: number;
  readonly epoch: number;
  /** Of the item in the data set. */
  readonly index: number;
}

export interface Modality<T extends ModalityTypes = ModalityTypes> {
  /** Its items in the plural, e.g. `images`. */
  readonly name: string;
  /** One of them, e.g. `image`. */
  readonly item: string;
  /** Whether the folder or file holds such data. It decides in milliseconds, without reading them. */
  recognizes(path: string): Promise<boolean>;
  /** @throws Error in one sentence when there is nothing to read; the reason of `stop` when it aborts */
  open(path: string, stop?: AbortSignal): Promise<Dataset<T['source']>>;
  /** @throws Error in one sentence when the settings do not fit this kind of data */
  views(settings: T['settings']): ViewPlan<T['spec']>;
  /**
   * Memory in which the threads keep the items that they have read; undefined: none is worth it for this data set.
   * @throws Error when there is not so much memory
   */
  reserve?(dataset: Dataset<T['source']>, spec: T['spec'], bytes: number): T['kept'] | undefined;
  /** Runs in a thread. The function reads an item by index. It throws {@link UnreadableItemError} where another item can stand in. */
  reader(source: T['source'], spec: T['spec'], kept: T['kept'] | undefined): (index: number) => Promise<T['item']>;
  /**
   * Runs in a thread. Writes every view of an item; equal draws make equal views, whoever makes them.
   * @param viewOf where a view goes, by the name of its array and its number
   */
  cut(item: T['item'], spec: T['spec'], draw: ViewDraw, viewOf: (array: string, view: number) => Float32Array): void;
}

/** An item that cannot be read: training skips it and continues, a command about it says so. */
export class UnreadableItemError extends CodedError {
  /** @param item its name for people */
  constructor(
    readonly item: string,
    readonly reason: string,
    message = `${item} cannot be read: ${reason}.`,
  ) {
    super(message, 'item-unreadable');
  }
}
