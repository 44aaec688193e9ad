/** What is wrong with a value that does not fit its schema, in plain words. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/**
 * The first problem, as a clause: `totals.steps is missing`, `status is "odd", but must be one of "created", "running"`.
 * @param value that was checked @param whole what the value itself is called
 */
export function schemaProblem({ issues: [issue] }: Pick<z.ZodError, 'issues'>, value: unknown, whole = 'it'): string {
  if (issue === undefined) return `${whole} is not valid`;
  const place = issue.path.length === 0 ? whole : issue.path.join('.');
  const found = issue.path.reduce<unknown>(inside, value);
  if (found === undefined) return `${place} is missing`;
  return `${place} ${problemOf(issue, found)}`;
}

const inside = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;

function problemOf(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `is ${shown(found)}, but must be ${TYPES[issue.expected] ?? 'something else'}`;
    case 'invalid_value':
      return `is ${shown(found)}, but must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((one) => JSON.stringify(one)).join(', ')}`;
    case 'too_small':
      return `is ${sized(issue.origin, found)}, but must be ${atLeast(issue)}${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `is ${sized(issue.origin, found)}, but must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'unrecognized_keys':
      return `has ${issue.keys.join(', ')}, which is not known`;
    case 'custom':
      return `is ${shown(found)}: ${issue.message}`;
    default:
      return `is ${shown(found)}, which is not what must be there`;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', null: 'null' },
  ...{ array: 'a list', tuple: 'a list', object: 'an object', record: 'an object' },
};

const atLeast = ({ inclusive }: { readonly inclusive?: boolean | undefined }): string =>
  inclusive === false ? 'more than ' : 'at least ';

const isCounted = (origin: string): boolean => origin === 'array' || origin === 'string';
const unitOf = (origin: string): string => (isCounted(origin) ? ' long' : '');
const sized = (origin: string, found: unknown): string =>
  isCounted(origin) && (Array.isArray(found) || typeof found === 'string') ? `${found.length} long` : shown(found);

/** Short enough for a sentence. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const MOST_SHOWN = 40;
