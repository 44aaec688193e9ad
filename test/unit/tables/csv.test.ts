import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { csvLines, unmarked } from '../../../src/tables/csv.js';

it('keeps what is in a cell, and quotes what would end it', () => {
  expect(csvLines([['a,b', 'say "hi"', 'two\nlines', undefined, 1e-9, '']])).toBe(
    '"a,b","say ""hi""","two\nlines",,1e-9,\n',
  );
  expect(csvLines([['a,b', 'a\tb']], '\t')).toBe('a,b\t"a\tb"\n');
  expect(csvLines([])).toBe('');
});

it('has nothing that a spreadsheet would run, and gives it back as it was', () => {
  const formulas = ['=1+1', '@sum', '+1+cmd', '-x.png', '\t=1'];
  const read = Papa.parse<string[]>(csvLines([formulas]).trimEnd()).data[0] ?? [];
  expect(read).toEqual(formulas.map((formula) => `'${formula}`));
  expect(read.map(unmarked)).toEqual(formulas);
  const harmless = ['-3', '+2e-3', '-.5', "'quoted'", 'plain=.png'];
  expect(csvLines([harmless])).toBe(`${harmless.join(',')}\n`);
  expect(harmless.map(unmarked)).toEqual(harmless);
});

it('comes back cell by cell, whatever the text', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((one) => one.trim() === one && !/^'[=+\-@]/.test(one));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constant('row'), text, text), { minLength: 1 }), (rows) => {
      const { data } = Papa.parse<string[]>(csvLines(rows).slice(0, -1), { delimiter: ',', newline: '\n' });
      expect(data.map((row) => row.map(unmarked))).toEqual(rows);
    }),
  );
});
