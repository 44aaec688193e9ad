/** What the command line and the dialogs of VS Code learn of an evaluation's fields. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { fieldsOf, listOf, pathInput, wholeNumber } from '../../../src/evaluation/options.js';

const only = (field: z.ZodType) => {
  const [first, ...others] = fieldsOf(z.object({ field }));
  if (first === undefined || others.length > 0) throw new Error('it is one field');
  const { problemOf, ...said } = first;
  return { said, problemOf };
};

it('fields come in their order, with what is said of them, also where they may be left out', () => {
  const schema = z.object({
    train: pathInput('images', 'to learn from'),
    labels: pathInput('table', 'of classes').optional(),
    k: wholeNumber('neighbors').default(20),
    plain: z.string(),
  });
  expect(fieldsOf(schema).map(({ problemOf: _, ...said }) => said)).toStrictEqual([
    { name: 'train', description: 'to learn from', placeholder: '<images>', input: 'images', isOptional: false },
    { name: 'labels', description: 'of classes', placeholder: '<table>', input: 'table', isOptional: true },
    { name: 'k', description: 'neighbors', placeholder: '<n>', isOptional: true },
    { name: 'plain', description: '', isOptional: false },
  ]);
});

it('only a path has a kind of input, and only one that there is', () => {
  expect(only(z.string().meta({ description: 'x', input: 'sounds' })).said).toStrictEqual({
    ...{ name: 'field', description: 'x', isOptional: false },
  });
  expect(only(z.string().meta({ placeholder: 3 })).said).toStrictEqual({
    ...{ name: 'field', description: '', isOptional: false },
  });
});

it('a value that a field does not take has a sentence about what it must be', () => {
  const { problemOf } = only(wholeNumber('neighbors', 2));
  expect([problemOf('2'), problemOf(7)]).toEqual([undefined, undefined]);
  for (const wrong of ['1', 'many', 2.5]) expect(problemOf(wrong)).toBe('It must be a whole number, at least 2.');
  expect(only(pathInput('file', 'x')).problemOf('')).toBe('It must be a path.');
  const list = only(listOf(wholeNumber('neighbors'), 'numbers of neighbors'));
  expect([list.problemOf('10,20'), list.problemOf([5])]).toEqual([undefined, undefined]);
  expect(list.problemOf('10,0')).toBe('It must be a whole number, at least 1.');
});
