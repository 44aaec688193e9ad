/** What the command line and the dialogs of VS Code learn of an evaluation's fields. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { fieldsOf, flag, listOf, pathInput, positiveNumber, wholeNumber } from '../../../src/evaluation/options.js';

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

it('numbers come as numbers and as text, and least and zero are bounds', () => {
  expect([wholeNumber('n').parse('3'), wholeNumber('n').parse(1), wholeNumber('n', 0).parse('0')]).toEqual([3, 1, 0]);
  expect([positiveNumber('x').parse('0.07'), positiveNumber('x').parse(2)]).toEqual([0.07, 2]);
  const { problemOf, said } = only(positiveNumber('temperature'));
  expect(said).toStrictEqual({ name: 'field', description: 'temperature', placeholder: '<x>', isOptional: false });
  for (const wrong of [0, '0', '-1', 'warm']) expect(problemOf(wrong)).toBe('It must be a number above 0.');
  const whole = only(wholeNumber('n'));
  for (const wrong of [0, '0', -1, '1.5', 'x'])
    expect(whole.problemOf(wrong)).toBe('It must be a whole number, at least 1.');
});

it('a list comes as a list, or as text with commas, and has something in it', () => {
  const list = listOf(wholeNumber('n'), 'numbers');
  expect([list.parse('10,20'), list.parse([5, '6']), list.parse('7')]).toEqual([[10, 20], [5, 6], [7]]);
  const { problemOf, said } = only(list);
  expect(said).toStrictEqual({ name: 'field', description: 'numbers', placeholder: '<list>', isOptional: false });
  for (const wrong of [[], 3, '']) expect(problemOf(wrong), JSON.stringify(wrong)).toBeTypeOf('string');
});

it('a flag is true or false, and needs no placeholder', () => {
  const { said, problemOf } = only(flag('all of them').optional());
  expect(said).toStrictEqual({ name: 'field', description: 'all of them', isOptional: true });
  expect([problemOf(true), problemOf(false)]).toEqual([undefined, undefined]);
  expect(problemOf('yes')).toBeTypeOf('string');
});

it('what is required again keeps its description', () => {
  const { said } = only(z.nonoptional(wholeNumber('neighbors').optional()));
  expect(said).toStrictEqual({ name: 'field', description: 'neighbors', placeholder: '<n>', isOptional: false });
});

it('each kind of path is known by its name', () => {
  for (const kind of ['images', 'table', 'file', 'folder'] as const)
    expect(only(pathInput(kind, 'x')).said).toMatchObject({ input: kind, placeholder: `<${kind}>` });
});
