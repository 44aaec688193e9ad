/** How columns are found by what a person calls them, and how lists are shortened. */
import { expect, it } from 'vitest';
import { columnPlace, listed, separatorName } from '../../../../src/evaluation/tables/tableOptions.js';

it('a column is found by its header first, then by its number from 1', () => {
  const columns = ['a', '1', 'c'];
  expect([columnPlace('c', columns, 'f'), columnPlace('1', columns, 'f'), columnPlace('3', columns, 'f')]).toEqual([
    ...[2, 1, 2],
  ]);
  expect(columnPlace('1', ['a'], 'f')).toBe(0);
});

it('a column that is not there, or there twice, is refused', () => {
  for (const wanted of ['0', '4', '-1', '1.5', 'd', ''])
    expect(() => columnPlace(wanted, ['a', 'b', 'c'], 'f.csv')).toThrow(
      `f.csv has no column “${wanted}”; it has a, b, c.`,
    );
  expect(() => columnPlace('a', ['a', 'b', 'a'], 'f.csv')).toThrow('f.csv has 2 columns named “a”: give its number.');
});

it('a long list says how many more there are', () => {
  const texts = Array.from({ length: 10 }, (_, i) => String(i));
  expect(listed(texts.slice(0, 8))).toBe('0, 1, 2, 3, 4, 5, 6, 7');
  expect(listed(texts.slice(0, 9))).toBe('0, 1, 2, 3, 4, 5, 6, 7 and 1 more');
  expect(listed(texts, 2)).toBe('0, 1 and 8 more');
  expect(listed([])).toBe('');
});

it('separators have names', () => {
  expect(([',', '\t', ';', '|', ' '] as const).map(separatorName)).toEqual([
    ...['commas', 'tabs', 'semicolons', 'pipes', 'spaces'],
  ]);
});
