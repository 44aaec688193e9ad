/** The kinds of fields that inputs and options of evaluations have. Values come as JSON from VS Code and as text from the command line. */
import { z } from 'zod';

/** What a path leads to: images (a folder or an IDX file), a table of labels, another file, or a folder of files that are no data set. */
const INPUT_KINDS = ['images', 'table', 'file', 'folder'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export const pathInput = (kind: InputKind, description: string) =>
  z
    .string()
    .min(1, 'It must be a path.')
    .meta({ description, input: kind, placeholder: `<${kind}>` });

const described = <Schema extends z.ZodType>(schema: Schema, description: string, placeholder: string): Schema =>
  schema.meta({ description, placeholder });

export function wholeNumber(description: string, least = 1) {
  const error = () => `It must be a whole number, at least ${least}.`;
  return described(z.coerce.number({ error }).int().min(least), description, '<n>');
}

/** Above 0. */
export function positiveNumber(description: string) {
  const error = () => 'It must be a number above 0.';
  return described(z.coerce.number({ error }).gt(0), description, '<x>');
}

/** `10,20` on the command line. */
export function listOf<Element extends z.ZodType>(element: Element, description: string) {
  const split = (given: unknown) => (typeof given === 'string' ? given.split(',') : given);
  return described(z.preprocess(split, z.array(element).min(1)), description, '<list>');
}

/** A flag without a value on the command line. */
export const flag = (description: string) => z.boolean().meta({ description });

/** A field of a schema as the command line and the dialogs of VS Code ask for it. */
export interface Field {
  readonly name: string;
  readonly description: string;
  readonly placeholder?: string;
  /** Of a path. */
  readonly input?: InputKind;
  readonly isOptional: boolean;
  /** @returns a sentence, when it is no such value */
  problemOf(given: unknown): string | undefined;
}

/** The fields of an evaluation's inputs or options, in their order. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description = '', placeholder, input } = metaOf(field);
    return {
      name,
      description,
      ...(typeof placeholder === 'string' && { placeholder }),
      ...(isInputKind(input) && { input }),
      isOptional: z.safeParse(field, undefined).success,
      problemOf: (given) => z.safeParse(field, given).error?.issues[0]?.message,
    };
  });
}

const isInputKind = (value: unknown): value is InputKind => INPUT_KINDS.some((kind) => kind === value);

/** What `optional`, `default` and `required` wrap keeps its description. */
function metaOf(field: unknown): z.GlobalMeta {
  if (!(field instanceof z.ZodType)) return {};
  const own = field.meta();
  if (own !== undefined) return own;
  const isWrapped =
    field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodNonOptional;
  return isWrapped ? metaOf(field.unwrap()) : {};
}
