import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { pointTable } from '../../../src/host/embedding/pointTable.js';

it('keeps every name and value of an image, whatever is in them', () => {
  const names = ['a,b.png', 'a "quoted" name.png', 'two\nlines.png'];
  const columns = [
    { name: 'name', values: ['Ada', 'Grace', 'Emmy'] },
    { name: '2020', values: ['-1.5', '+2e-3', ''] },
    { name: '__proto__', values: ['x', 'y', 'z'] },
  ];
  const text = pointTable(names, Float32Array.of(0.5, -0.25, 1e-9, 3, -2, 1e9), columns);
  expect(Papa.parse(text.trimEnd()).data).toEqual([
    ['name', 'x', 'y', 'name', '2020', '__proto__'],
    ['a,b.png', '0.5', '-0.25', 'Ada', '-1.5', 'x'],
    ['a "quoted" name.png', String(Math.fround(1e-9)), '3', 'Grace', '+2e-3', 'y'],
    ['two\nlines.png', '-2', '1000000000', 'Emmy', '', 'z'],
  ]);
});

it('has nothing that a spreadsheet would run', () => {
  const names = ['=cmd|" /C calc"!A0.png', '@sum.png', '+1+cmd.png', '-x.png', 'plain=.png'];
  const text = pointTable(names, new Float32Array(10), [{ name: '=1+1', values: ['-3', '-3-3', '\t=1', '=2', ''] }]);
  const fields = (Papa.parse(text.trimEnd()).data as string[][]).map(([name, , , value]) => [name, value]);
  expect(fields).toEqual([
    ['name', "'=1+1"],
    ['\'=cmd|" /C calc"!A0.png', '-3'],
    ["'@sum.png", "'-3-3"],
    ["'+1+cmd.png", "'\t=1"],
    ["'-x.png", "'=2"],
    ['plain=.png', ''],
  ]);
});
