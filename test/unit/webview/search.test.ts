import { expect, it } from 'vitest';
import { matchesOf } from '../../../webview/embedding/search.js';

const names = ['cats/tom.png', 'cats/Felix.png', 'dogs/tom.png', 'Łódź.png'];
const labelOf = (image: number) => ['black', 'white', 'black', ''][image] ?? '';
const found = (searched: string) => [...(matchesOf(names, labelOf, searched) ?? [])];

it('A search finds names and labels, by each of its words, in any case of letters', () => {
  expect(found('felix')).toEqual([1]);
  expect(found('BLACK')).toEqual([0, 2]);
  expect(found('tom cats')).toEqual([0]);
  expect(found('  tom\tblack ')).toEqual([0, 2]);
  expect(found('łódź')).toEqual([3]);
  expect(found('cow')).toEqual([]);
});

it('An empty search is none', () => {
  expect(matchesOf(names, labelOf, '  ')).toBeUndefined();
});
