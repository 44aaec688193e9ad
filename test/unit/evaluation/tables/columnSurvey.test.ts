/** What is known of a column when its cells were seen once. */
import { expect, it } from 'vitest';
import { ColumnSurvey } from '../../../../src/evaluation/tables/columnSurvey.js';
import type { DecimalMark } from '../../../../src/evaluation/tables/tableOptions.js';

function surveyed(cells: readonly string[], decimal: DecimalMark = '.'): ColumnSurvey {
  const survey = new ColumnSurvey(decimal);
  for (const cell of cells) survey.add(cell);
  return survey;
}

it('cells are counted by what they are', () => {
  const { numbers, empty, texts, whole } = surveyed(['1', '2.5', '', 'nan', 'red', '3', '1,5', '']);
  expect({ numbers, empty, texts, whole }).toEqual({ numbers: 3, empty: 2, texts: 2, whole: 2 });
  expect(surveyed(['1,5', '2', '2.5'], ',')).toMatchObject({ numbers: 2, whole: 1, texts: 1 });
});

it('whole numbers ascend where each is above the one before', () => {
  expect(surveyed([])).toMatchObject({ isAscending: true, largestStep: 0, first: undefined });
  expect(surveyed(['7'])).toMatchObject({ isAscending: true, largestStep: 0, first: 7 });
  expect(surveyed(['3', '4', '9', '10'])).toMatchObject({ isAscending: true, largestStep: 5, first: 3 });
  expect(surveyed(['3', '3.5', '', 'x', '5'])).toMatchObject({ isAscending: true, largestStep: 2, first: 3 });
  expect(surveyed(['3', '3'])).toMatchObject({ isAscending: false, largestStep: 0 });
  expect(surveyed(['3', '2', '4', '5'])).toMatchObject({ isAscending: false, largestStep: 2 });
});

it('texts are unique until one comes twice', () => {
  expect(surveyed(['a', 'b', 'c']).isUnique).toBe(true);
  expect(surveyed(['1', '1', '', '', 'nan', 'nan', 'a']).isUnique, 'numbers and stand-ins are no texts').toBe(true);
  expect(surveyed(['a', 'b', 'a']).isUnique).toBe(false);
  expect(surveyed(['a', 'a', 'b', 'c'])).toMatchObject({ isUnique: false, texts: 4 });
});

it('a row may join that stands before the first', () => {
  const below = ['3', '4'];
  const joined = (cell: string, cells = below) => {
    const survey = surveyed(cells);
    survey.addBefore(cell);
    return survey;
  };
  expect(joined('1')).toMatchObject({ numbers: 3, whole: 3, first: 1, isAscending: true, largestStep: 2 });
  expect(joined('2')).toMatchObject({ first: 2, isAscending: true, largestStep: 1 });
  expect(joined('3')).toMatchObject({ first: 3, isAscending: false });
  expect(joined('9')).toMatchObject({ first: 9, isAscending: false, largestStep: 1 });
  for (const cell of ['red', '0.5', ''])
    expect(joined(cell), cell).toMatchObject({ first: 3, isAscending: true, largestStep: 1, whole: 2 });
  expect(joined('1', ['5', '4']).isAscending, 'what did not ascend still does not').toBe(false);
  expect(joined('red', ['red'])).toMatchObject({ texts: 2, isUnique: false });
});

it('rows go on to be added behind one that joined before', () => {
  const survey = surveyed(['3', '4']);
  survey.addBefore('2');
  survey.add('6');
  expect(survey).toMatchObject({ isAscending: true, largestStep: 2, first: 2 });
  const alone = surveyed(['red']);
  alone.addBefore('1');
  alone.add('4');
  expect(alone).toMatchObject({ isAscending: true, largestStep: 3, first: 1 });
});
