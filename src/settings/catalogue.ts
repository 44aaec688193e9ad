/** All settings there are: what the parts say, put together. */
import { z } from 'zod';
import type { SettingsPart, Shape } from './part.js';
import { keyProblems, SettingsError } from './problems.js';

type ShapeOf<Parts extends readonly SettingsPart[]> = Parts extends readonly [
  infer First extends SettingsPart,
  ...infer Rest extends readonly SettingsPart[],
]
  ? First['fixed'] & First['changeable'] & ShapeOf<Rest>
  : unknown;
type Flat<T> = { readonly [Key in keyof T]: T[Key] };

/**
 * The schema of all keys of the parts, in their order.
 * @throws Error when two parts have the same key
 */
export const schemaOf = <const Parts extends readonly SettingsPart[]>(parts: Parts) =>
  z.strictObject(mergedShape(parts) as Flat<ShapeOf<Parts>>);

function mergedShape(parts: readonly SettingsPart[]): Shape {
  const settings = parts.flatMap(({ fixed, changeable }) => [...Object.entries(fixed), ...Object.entries(changeable)]);
  const keys = settings.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) throw new Error(`The setting ${twice} stands in two parts: leave it in one of them.`);
  return Object.fromEntries(settings);
}

/** All settings, every one with its value. */
export type Complete<Schema extends z.ZodType> = {
  readonly [Key in keyof z.output<Schema>]-?: Exclude<z.output<Schema>[Key], undefined>;
};

export interface Catalogue<Values> {
  readonly schema: z.ZodObject;
  readonly keys: readonly (keyof Values & string)[];
  /** The keys that mean something for a run with these settings: those of its own backbone and method, and of no other. */
  keysOf(settings: Values): (keyof Values & string)[];
  /** Whether a setting that is left out follows from others or from the machine. */
  isDerived(key: string): boolean;
  /**
   * All settings, from those that are given.
   * @param where ends the clause about a key's value, e.g. ` in dino.json`; without a key, about all of them
   * @throws SettingsError naming every unknown key, value out of range, and settings that do not go together
   */
  complete(values: unknown, where?: (key?: string) => string): Values;
  /** The keys whose values differ though a resumed run keeps them. */
  keptKeysThatDiffer(run: Values, resumed: Values): (keyof Values & string)[];
}

/** @param parts those that the schema was made of */
export function catalogueOf<Values extends object>(
  parts: readonly SettingsPart<Shape, Shape, Values>[],
  schema: z.ZodObject,
): Catalogue<Values> {
  const keys = Object.keys(schema.shape) as (keyof Values & string)[];
  const fixed = new Set(parts.flatMap((part) => Object.keys(part.fixed)));
  const derived = parts.flatMap((part) => Object.entries(part.derived ?? {}));
  return {
    schema,
    keys,
    keysOf(settings) {
      const others = parts.filter(({ applies }) => applies?.(settings) === false);
      const without = new Set(others.flatMap((part) => [...Object.keys(part.fixed), ...Object.keys(part.changeable)]));
      return keys.filter((key) => !without.has(key));
    },
    isDerived: (key) => derived.some(([other]) => other === key),
    complete(values, where = () => '') {
      const parsed = schema.safeParse(values);
      if (!parsed.success) throw new SettingsError(keyProblems(parsed.error, values, where, keys));
      const given = parsed.data as Values;
      const settings = { ...Object.fromEntries(derived.map(([key, value]) => [key, value(given)])), ...given };
      const problems = parts.flatMap(({ check }) => check?.(settings) ?? []);
      if (problems.length > 0) throw new SettingsError(problems.map((problem) => `${problem}${where()}.`));
      return settings;
    },
    keptKeysThatDiffer: (run, resumed) =>
      keys.filter((key) => fixed.has(key) && JSON.stringify(run[key]) !== JSON.stringify(resumed[key])),
  };
}
