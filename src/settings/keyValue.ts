/** Single settings as `key=value`, from `--set` on the command line and from input boxes. */
import { SettingsError, shown } from './problems.js';

/**
 * Pairs become typed values: numbers, true or false, lists of numbers with or without brackets, else text.
 * @throws SettingsError naming what is no pair
 */
export function parseKeyValues(pairs: readonly string[]): Readonly<Record<string, unknown>> {
  const problems = pairs.filter((pair) => !/^[^=]+=/.test(pair));
  if (problems.length > 0)
    throw new SettingsError(problems.map((pair) => `${shown(pair)} is not of the form key=value, such as epochs=20.`));
  return Object.fromEntries(
    pairs.map((pair) => {
      const split = pair.indexOf('=');
      return [keyOfPair(pair), typedValue(pair.slice(split + 1).trim())];
    }),
  );
}

/** Of one pair. */
export const keyOfPair = (pair: string): string => (pair.split('=', 1)[0] ?? '').trim();

function typedValue(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const list = /^\[(.*)\]$/s.exec(text)?.[1] ?? (text.includes(',') ? text : undefined);
  if (list !== undefined) return list.split(',').map((item) => typedValue(item.trim()));
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
