/** What a cell of a table is: a number by either mark, a stand-in for one, or a text. */
import { expect, it } from 'vitest';
import {
  decimalOf,
  isAnyNumber,
  isMissing,
  isNumber,
  isWhole,
  numberIn,
} from '../../../../src/evaluation/tables/numbers.js';

const NUMBERS = [
  '0',
  '7',
  '12',
  '+1',
  '-1',
  '1.',
  '12.',
  '1.25',
  '.5',
  '.25',
  '-.5',
  '1e5',
  '1E-12',
  '2.5e+10',
  '.5e3',
];
const OTHERS = ['', '.', '+', 'e5', '1e', '1e+', ' 1', '1 ', 'x1', '1x', '--1', '1.2.3', '1..2', '1e5.5', '0x1', 'nan'];

it('a number has a sign, digits around one mark, and an exponent, or fewer of these', () => {
  for (const text of NUMBERS) {
    const withComma = text.replace('.', ',');
    expect([text, isNumber(text, '.'), isNumber(withComma, ',')]).toEqual([text, true, true]);
    expect([text, isAnyNumber(text), isAnyNumber(withComma)]).toEqual([text, true, true]);
  }
  for (const text of OTHERS) {
    const withComma = text.replaceAll('.', ',');
    expect([text, isNumber(text, '.'), isNumber(withComma, ',')]).toEqual([text, false, false]);
    expect([text, isAnyNumber(text), isAnyNumber(withComma)]).toEqual([text, false, false]);
  }
});

it('a number has the mark of its table', () => {
  expect([isNumber('1,5', '.'), isNumber('1.5', ',')]).toEqual([false, false]);
  expect([isAnyNumber('1,5'), isAnyNumber('1.5'), isAnyNumber('1.000,5')]).toEqual([true, true, false]);
});

it('stands-in for numbers are known as other programs write them', () => {
  const missing = [
    '',
    'nan',
    'NaN',
    'inf',
    '+inf',
    '-Inf',
    'infinity',
    '-Infinity',
    'NA',
    'n/a',
    'null',
    'None',
    '-',
    '?',
  ];
  expect(missing.filter((text) => !isMissing(text))).toEqual([]);
  const others = [
    '0',
    '-1',
    '--',
    '-nan',
    'nano',
    'banana',
    'in',
    'infi',
    'xinf',
    'infinite',
    'nulls',
    'x?',
    '?x',
    ' ',
  ];
  expect(others.filter(isMissing)).toEqual([]);
});

it('a whole number has digits alone behind its sign', () => {
  expect(['0', '12', '+3', '-40'].filter((text) => !isWhole(text))).toEqual([]);
  expect(['', '-', '1.', '1.0', '1,0', '1e3', 'x1', '1x', '1 2', '--1'].filter(isWhole)).toEqual([]);
});

it('a number is what it says, by the mark of its table', () => {
  expect(numberIn('-1.5', '.')).toBe(-1.5);
  expect(numberIn('1,5e2', ',')).toBe(150);
  expect(numberIn('12', ',')).toBe(12);
  expect([numberIn('1,5', '.'), numberIn('1.5', ','), numberIn('red', '.'), numberIn('', '.')]).toEqual(
    Array.from({ length: 4 }, () => Number.NaN),
  );
});

it('a number that a double does not hold is none, while zero and the smallest double are', () => {
  expect([numberIn('1e308', '.'), numberIn('1e309', '.'), numberIn('-1e309', '.')]).toEqual([
    ...[1e308, Number.NaN, Number.NaN],
  ]);
  expect([numberIn('5e-324', '.'), numberIn('1e-324', '.'), numberIn('0,3E-330', ',')]).toEqual([
    ...[5e-324, Number.NaN, Number.NaN],
  ]);
  expect([numberIn('0', '.'), numberIn('0.0', '.'), numberIn('0e17', '.'), numberIn('0E-17', '.')]).toEqual([
    0, 0, 0, 0,
  ]);
});

it('the mark is a comma where some number has one and none has a point', () => {
  expect([decimalOf([]), decimalOf(['1', '2']), decimalOf(['red', '3,x'])]).toEqual(['.', '.', '.']);
  expect([decimalOf(['1,5']), decimalOf(['1', '1,5', '2']), decimalOf(['a.b', '1,5'])]).toEqual([',', ',', ',']);
  expect([decimalOf(['1,5', '2.5']), decimalOf(['2.5', '1,5'])]).toEqual(['.', '.']);
});
