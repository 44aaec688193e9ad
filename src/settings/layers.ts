import type { Catalogue } from './catalogue.js';
import { SettingsError, unknownKey } from './problems.js';

/** Values of one origin. */
export interface Layer<Origin extends string = string> {
  readonly origin: Origin;
  /** Ends the clause about a value, e.g. ` in dino.json`. */
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Puts settings together.
 * @param layers each wins over those before it
 * @param found problems that were found before
 * @returns all settings, and the origin of those that a layer has
 * @throws SettingsError with every problem of keys and values, each saying where it stands
 */
export function mergeLayers<Values, Origin extends string>(
  catalogue: Catalogue<Values>,
  layers: readonly Layer<Origin>[],
  found: readonly string[] = [],
): { readonly settings: Values; readonly given: ReadonlyMap<string, Origin> } {
  const problems: string[] = [...found];
  const values = new Map<string, unknown>();
  const given = new Map<string, Layer<Origin>>();
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      if (!Object.hasOwn(catalogue.schema.shape, key)) problems.push(unknownKey(key, layer.where, catalogue.keys));
      else if (value !== undefined) {
        values.set(key, value);
        given.set(key, layer);
      }
    }
  }
  const where = (key?: string) => (key === undefined ? '' : (given.get(key)?.where ?? ''));
  const settings = completed(catalogue, Object.fromEntries(values), where, problems);
  return { settings, given: new Map([...given].map(([key, { origin }]) => [key, origin])) };
}

/** @param found what is wrong besides */
function completed<Values>(
  catalogue: Catalogue<Values>,
  values: unknown,
  where: (key?: string) => string,
  found: readonly string[],
): Values {
  let settings: Values;
  try {
    settings = catalogue.complete(values, where);
  } catch (error) {
    throw error instanceof SettingsError ? new SettingsError([...found, ...error.problems]) : error;
  }
  if (found.length > 0) throw new SettingsError(found);
  return settings;
}
