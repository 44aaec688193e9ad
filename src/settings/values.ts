/**
 * The kinds of values that settings have. Each kind's error is the text "allowed": what a value must be, as in
 * "epochs is 0, but must be <allowed>".
 */
import { z } from 'zod';

export const whole = (least: number, most: number) =>
  z
    .int({ error: () => `a whole number from ${least} to ${most}` })
    .min(least)
    .max(most);

export const number = (least: number, most: number) =>
  z
    .number({ error: () => `a number from ${least} to ${most}` })
    .min(least)
    .max(most);

export const positive = (most: number) =>
  z
    .number({ error: () => `a number above 0, at most ${most}` })
    .gt(0)
    .max(most);

export const oneOf = <const T extends readonly [string, ...string[]]>(...names: T) =>
  z.enum(names, { error: () => (names.length === 1 ? `"${names[0]}"` : `one of ${names.join(', ')}`) });

export const text = () => z.string({ error: () => 'a text' });

export const flag = () => z.boolean({ error: () => 'true or false' });

/** From least to most, both above 0. */
export const range = (most: number, example: string) => {
  const error = () => `two numbers above 0 and at most ${most}, the smaller first, such as ${example}`;
  const bound = z.number({ error }).gt(0).max(most);
  return z.tuple([bound, bound], { error }).refine(([low, high]) => low <= high, { error });
};
