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
 * @returns all settings, and the origin of those that a layer has
 * @throws SettingsError with every problem of keys and values, each saying where it stands
 */
export function mergeLayers<Values, Origin extends string>(
  catalogue: Catalogue<Values>,
  layers: readonly Layer<Origin>[],
): { readonly settings: Values; readonly given: ReadonlyMap<string, Origin> } {
  const unknown: string[] = [];
  const values = new Map<string, unknown>();
  const given = new Map<string, Layer<Origin>>();
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      if (!Object.hasOwn(catalogue.schema.shape, key)) unknown.push(unknownKey(key, layer.where, catalogue.keys));
      else if (value !== undefined) {
        values.set(key, value);
        given.set(key, layer);
      }
    }
  }
  const where = (key?: string) => (key === undefined ? '' : (given.get(key)?.where ?? ''));
  const settings = completed(catalogue, Object.fromEntries(values), where, unknown);
  return { settings, given: new Map([...given].map(([key, { origin }]) => [key, origin])) };
}

/** @param unknown what is said of keys that are no settings, besides what is wrong with the others */
function completed<Values>(
  catalogue: Catalogue<Values>,
  values: unknown,
  where: (key?: string) => string,
  unknown: readonly string[],
): Values {
  let settings: Values;
  try {
    settings = catalogue.complete(values, where);
  } catch (error) {
    throw error instanceof SettingsError ? new SettingsError([...unknown, ...error.problems]) : error;
  }
  if (unknown.length > 0) throw new SettingsError(unknown);
  return settings;
}
