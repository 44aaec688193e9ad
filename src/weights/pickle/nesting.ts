import { entriesOf } from './values.js';

/** Deeper than any program nests what it saves. */
const MAX_DEPTH = 100;

/** What no honest file holds, as a clause: a value that holds itself, or nesting without end; undefined when there is none. */
export function oddNesting(root: unknown): string | undefined {
  const done = new Set<unknown>();
  const around = new Set<unknown>();
  // Of each value on the way down, those in it that are still to be looked at: a stack of calls would be as deep as the file likes.
  const stack = [{ value: root, inner: innerOf(root) }];
  around.add(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.inner.pop();
    if (next === undefined) {
      stack.pop();
      around.delete(top.value);
      done.add(top.value);
    } else if (around.has(next)) return 'it has a value that holds itself';
    else if (!done.has(next)) {
      if (stack.length >= MAX_DEPTH) return `its values are nested more than ${MAX_DEPTH} deep`;
      stack.push({ value: next, inner: innerOf(next) });
      around.add(next);
    }
  }
  return undefined;
}

/** The lists and dictionaries that a value holds. */
const innerOf = (value: unknown): unknown[] =>
  [...(Array.isArray(value) ? (value as unknown[]) : (entriesOf(value)?.values() ?? []))].filter(
    (inner) => typeof inner === 'object' && inner !== null,
  );
