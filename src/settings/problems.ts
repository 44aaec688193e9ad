/** What is wrong with settings, in words. */
import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';

/** The settings cannot be used. `message` has one line a problem, each naming key, value, what is allowed and where it stands. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** A value as a person writes it in a config file. */
export const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

/** @param where ends the clause about the key, e.g. ` in dino.json` */
export function unknownKey(key: string, where: string, known: readonly string[]): string {
  if (key === 'preset') return `preset${where} is no setting: choose it by --preset, or in a config file.`;
  // A key that holds the other (batch, batch_size_per_gpu) is meant rather than one that is only spelled alike.
  const isPart = (other: string) => other.includes(key) || key.includes(other);
  const far = (other: string) => distance(key, other) + (isPart(other) ? 0 : 100);
  const [nearest = ''] = [...known].sort((a, b) => far(a) - far(b));
  // Of so few letters, more than half of them wrong, nothing is meant.
  if (!isPart(nearest) && distance(key, nearest) > key.length / 2) return `${key}${where} is not a known setting.`;
  return `${key}${where} is not a known setting; the nearest is ${nearest}.`;
}

/**
 * One sentence a key: a value's first issue says what is allowed for the whole value.
 * @param where ends the clause about a key; without a key, about all of them
 */
export function keyProblems(
  error: z.ZodError,
  values: unknown,
  where: (key?: string) => string,
  known: readonly string[],
): string[] {
  const given = new Map(typeof values === 'object' && values !== null ? Object.entries(values) : []);
  const byKey = new Map<string, string>();
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) byKey.set(key, unknownKey(key, where(key), known));
    const key = issue.path[0];
    if (typeof key === 'string' && !byKey.has(key))
      byKey.set(key, `${key} is ${shown(given.get(key))}${where(key)}, but must be ${issue.message}.`);
  }
  return byKey.size > 0 ? [...byKey.values()] : [`The settings${where()} must be an object of keys and values.`];
}
