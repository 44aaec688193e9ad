/**
 * What a pickle is read as. Lists, tuples and sets become arrays, dictionaries maps, bytes Uint8Array, integers beyond 2^53
 * bigint. What Python would make by a call stays a record of that call, which whoever needs it interprets: nothing is ever
 * called, and what nobody needs costs nothing.
 */

/** A class or function that a pickle names. */
export class PickledGlobal {
  constructor(
    readonly module: string,
    readonly attribute: string,
  ) {}

  get name(): string {
    return `${this.module}.${this.attribute}`;
  }
}

/** What Python would make by calling a global. */
export class PickledObject {
  /** What Python would give to `__setstate__`, or put into `__dict__`. */
  state: unknown;
  /** What is appended to it, where it is some kind of list. */
  items?: unknown[];
  /** What is set in it, where it is some kind of dictionary. */
  entries?: Map<unknown, unknown>;

  constructor(
    readonly maker: PickledGlobal,
    readonly args: readonly unknown[],
  ) {}
}

/** Something that lies outside the pickle; what, its id says. */
export class PersistentObject {
  constructor(readonly id: unknown) {}
}

/**
 * The entries of a dictionary of any class, or the attributes of an object; undefined for everything else.
 * An `OrderedDict` of Python 2 has its entries as a list of pairs in its arguments.
 */
export function entriesOf(value: unknown): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  if (!(value instanceof PickledObject)) return undefined;
  if (value.entries) return value.entries;
  const [pairs] = value.args;
  if (value.maker.name === 'collections.OrderedDict' && Array.isArray(pairs)) return new Map(pairs.filter(isPair));
  return value.state instanceof Map ? value.state : undefined;
}

const isPair = (value: unknown): value is [unknown, unknown] => Array.isArray(value) && value.length === 2;
