/** Images by the names that other files have for them. */
import { expect, it } from 'vitest';
import { imagesByName, stemOf } from '../../../src/evaluation/namedImages.js';
import { datasetOf } from './surroundings.js';

it('the stem of a path is its last part without the last ending', () => {
  expect(['VOC/2007_000032.jpg', 'a.b.png', 'a', 'x.y/a', '.hidden', 'a.'].map(stemOf)).toEqual([
    ...['2007_000032', 'a.b', 'a', 'a', '', 'a.'],
  ]);
});

it('an image is found by its path or its file’s name, with its ending or without', () => {
  const names = ['cats/1.png', 'cats/2.b.png', 'dogs/1.png', 'rex.jpg', 'rex.png'];
  const find = imagesByName(datasetOf([0, 0, 0, 0, 0], { nameOf: (index) => names[index] ?? '' }));
  expect(['cats/1.png', 'cats/1', 'dogs/1', 'cats/2.b.png', '2.b.png', '2.b', 'rex.jpg'].map(find)).toEqual([
    ...[0, 0, 2, 1, 1, 1, 3],
  ]);
  expect(['1.png', '1', 'rex', 'cats', '2', 'birds/1.png'].map(find)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});

it('a name of three images is none, and one of no folder is its own stem', () => {
  const names = ['a/x.png', 'b/x.png', 'c/x.png', 'y', 'd/e/z.png'];
  const find = imagesByName({
    size: names.length,
    nameOf: (index) => {
      const name = names[index];
      if (name === undefined) throw new Error(`there is no image ${index}`);
      return name;
    },
  });
  expect(['x.png', 'x', 'c/x', 'y', 'd/e/z', 'z.png', 'z', 'e/z.png', 'e', ''].map(find)).toEqual([
    ...[undefined, undefined, 2, 3, 4, 4, 4, undefined, undefined, undefined],
  ]);
});
