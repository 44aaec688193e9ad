/** What a person says of tables in the settings of VS Code (`dino.tables`), in words. */
import { z } from 'zod';
import { errorMessage } from '../../errors/errorMessage.js';
import { DECIMAL_MARKS, SEPARATORS, type TableOptions } from './tableOptions.js';
import { requireLabel } from './textFile.js';

const SETTING = 'The setting dino.tables';

const nameOf = <Value>(key: string, values: Readonly<Record<string, Value>>) =>
  z
    .string(`${key} must be ${Object.keys(values).join(', ')}`)
    .transform((name, context) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value !== undefined) return value;
      context.addIssue(`${key} must be ${Object.keys(values).join(', ')}, not “${name}”`);
      return z.NEVER;
    })
    .optional();

const column = (key: string) =>
  z.string(`${key} must be a text: a header, or a number from 1`).min(1, `${key} must not be empty`).optional();

const schema = z.strictObject(
  {
    header: z.boolean('header must be true or false').optional(),
    separator: nameOf('separator', SEPARATORS),
    decimal: nameOf('decimal', DECIMAL_MARKS),
    encoding: z.string('encoding must be a text such as windows-1252').optional(),
    nameColumn: column('nameColumn'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `there is no ${issue.keys?.join(', ')}` : 'it must be an object',
  },
);

/** @throws Error with one sentence, which says what is wrong */
export function tableSettings(value: unknown): TableOptions {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new Error(`${SETTING} is wrong: ${error.issues[0]?.message}.`);
  const { header, separator, decimal, encoding, nameColumn } = data;
  return {
    ...(header !== undefined && { header }),
    ...(separator !== undefined && { separator }),
    ...(decimal !== undefined && { decimal }),
    ...(encoding !== undefined && { encoding: knownEncoding(encoding) }),
    ...(nameColumn !== undefined && { nameColumn }),
  };
}

function knownEncoding(label: string): string {
  try {
    return requireLabel(label);
  } catch (error) {
    throw new Error(`${SETTING} is wrong: ${errorMessage(error)}`);
  }
}
