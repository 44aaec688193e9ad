/** Which first lines of tables of numbers have names of columns. */
import { expect, it } from 'vitest';
import { ColumnSurvey } from '../../../../src/evaluation/tables/columnSurvey.js';
import { isHeaderLine, isSequence } from '../../../../src/evaluation/tables/headerLine.js';

/** Whether the first of these lines, which have spaces between their cells and _ for an empty one, has names. */
function hasNames(first: string, ...below: readonly string[]): boolean {
  const cellsOf = (line: string) => line.split(' ').map((cell) => (cell === '_' ? '' : cell));
  const columns = (below[0] === undefined ? [] : cellsOf(below[0])).map(() => new ColumnSurvey('.'));
  for (const line of below) for (const [place, cell] of cellsOf(line).entries()) columns[place]?.add(cell);
  return isHeaderLine(cellsOf(first), columns);
}

it('above nothing, or above texts, all but a line with a number has names', () => {
  expect([hasNames('a b'), hasNames('a 1'), hasNames('a b', 'x y'), hasNames('a 2', 'x y')]).toEqual([
    ...[true, false, true, false],
  ]);
});

it('texts above all numbers are names, and the first name may be lacking', () => {
  expect([hasNames('a b', '1 2'), hasNames('_ b', '1 2'), hasNames('x b', 'text 2')]).toEqual([true, true, true]);
  expect([hasNames('_', '1'), hasNames('a _', '1 2'), hasNames('a nan', '1 2')]).toEqual([false, false, false]);
});

it('what stands above texts does not matter', () => {
  expect([hasNames('1 b', 'text 2'), hasNames('a 0.5', 'text 2')]).toEqual([true, false]);
});

it('more texts than others above numbers are names', () => {
  expect([hasNames('a b 3', '1 2 3'), hasNames('a 3', '1 2'), hasNames('a b 3 7', '1 2 3 4')]).toEqual([
    ...[true, false, false],
  ]);
});

it('0, 1, … or 1, 2, … are names above a column of fractions, and five of them are above any', () => {
  expect([hasNames('0 1', '5 0.5'), hasNames('1 2', '0.5 5'), hasNames('0 1', '5 5', '0.5 5')]).toEqual([
    ...[true, true, true],
  ]);
  expect([hasNames('0 1 2 3', '5 5 5 5'), hasNames('0 1 2 3 4', '5 5 5 5 5')]).toEqual([false, true]);
  expect([hasNames('2 3', '5 0.5'), hasNames('0 2', '5 0.5'), hasNames('0 01', '5 0.5')]).toEqual([
    ...[false, false, false],
  ]);
});

it('behind the name of an index, only the columns of the numbers decide', () => {
  expect([hasNames('id 0 1', '4 0.5 2'), hasNames('id 0 1', '4 2 0.5'), hasNames('id 0 1', '0.5 3 4')]).toEqual([
    ...[true, true, false],
  ]);
  expect([hasNames('id 3 7', '4 0.5 0.25'), hasNames('id 3 7', '4 5 0.25'), hasNames('_ 3 7', '4 0.5 0.25')]).toEqual([
    ...[true, false, true],
  ]);
});

it('whole numbers that ascend are names above fractions alone', () => {
  expect([hasNames('3 7 12', '0.5 0.25 0.5'), hasNames('-5 2', '0.5 0.25')]).toEqual([true, true]);
  for (const [first, below] of [
    ['3', '0.5'],
    ['7 3', '0.5 0.25'],
    ['3 3', '0.5 0.25'],
    ['3 7.5', '0.5 0.25'],
    ['2.5 7', '0.5 0.25'],
    ['3 7', '0.5 2'],
    ['3 7', '2 0.5'],
  ] as const)
    expect([first, hasNames(first, below)]).toEqual([first, false]);
});

it('a sequence begins at 0 or 1 and leaves none out', () => {
  expect([isSequence(['0', '1', '2']), isSequence(['1', '2']), isSequence(['0'])]).toEqual([true, true, true]);
  expect([isSequence([]), isSequence(['2', '3']), isSequence(['1', '3']), isSequence(['1', '1'])]).toEqual(
    Array.from({ length: 4 }, () => false),
  );
});
