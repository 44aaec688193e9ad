/** Which image a text in a table names, and how exactly. */
import { expect, it } from 'vitest';
import { hasImageEnding, ImageNames } from '../../../../src/evaluation/tables/imageNames.js';

const names = new ImageNames(['cats/1.png', 'cats/2.png', 'dogs/1.png', 'dogs/rex.jpg']);
/** The image, how well it fits, and whether it is in another folder. */
const found = (text: string, among = names) => {
  const match = among.find(text);
  return typeof match === 'object' ? [match.image, match.score, match.isElsewhere] : match;
};

it('each folder that agrees weighs four, the ending two, the case one, and the whole path a half', () => {
  expect(found('cats/1.png')).toEqual([0, 11.5, false]);
  expect(found('cats/1')).toEqual([0, 9.5, false]);
  expect(found('CATS/1.PNG')).toEqual([0, 10.5, false]);
  expect(found('Cats/1')).toEqual([0, 8.5, false]);
  expect(found('/data/cats/1.png')).toEqual([0, 11, false]);
  expect(found('data/cats/1')).toEqual([0, 9, false]);
  expect(found('rex.jpg')).toEqual([3, 7, false]);
  expect(found('rex.png')).toEqual([3, 5, false]);
  expect(found('Rex.JPG')).toEqual([3, 6, false]);
  expect(found('rex')).toEqual([3, 5, false]);
});

it('a folder that is not the image’s is said', () => {
  expect(found('birds/rex.jpg')).toEqual([3, 7, true]);
  expect(found('x/birds/rex.jpg')).toEqual([3, 7, true]);
  expect(found('birds/x.png', new ImageNames(['x.png']))).toEqual([0, 7, false]);
  expect(found('cats/b/x.png', new ImageNames(['cats/a/x.png']))).toEqual([0, 7, true]);
  expect(found('b/x.png', new ImageNames(['a/b/x.png'])), 'a part of its path').toEqual([0, 11, false]);
});

it('folders above the data set’s own help, but need not agree', () => {
  const inCats = new ImageNames(['9.png'], '/data/cats');
  expect(found('/data/cats/9.png', inCats)).toEqual([0, 15, false]);
  expect(found('/other/cats/9.png', inCats)).toEqual([0, 11, false]);
  expect(found('/data/dogs/9.png', inCats)).toEqual([0, 7, false]);
  expect(found('9.png', inCats)).toEqual([0, 7.5, false]);
  expect(found('C:\\data\\cats\\9.png', new ImageNames(['9.png'], 'C:\\data\\cats'))).toEqual([0, 19, false]);
});

it('a text may name several images alike, or none', () => {
  expect([found('1.png'), found('1'), found('birds/1.png')]).toEqual(['several', 'several', 'several']);
  expect([found('3.png'), found(''), found('  '), found('cats'), found('cats/')]).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
});

it('the best of several is found wherever it stands among those that fit alike', () => {
  for (const order of [
    ['b/1.png', 'a/1.png', 'c/1.png'],
    ['a/1.png', 'b/1.png', 'c/1.png'],
    ['a/1.png', 'c/1.png', 'b/1.png'],
  ])
    expect(found('b/1', new ImageNames(order))).toEqual([order.indexOf('b/1.png'), 9.5, false]);
  const endings = new ImageNames(['1.gif', '1.jpg', '1.png']);
  expect([found('1.jpg', endings), found('1.bmp', endings)]).toEqual([[1, 7.5, false], 'several']);
});

it('only the ending of an image is no part of its name', () => {
  const dotted = new ImageNames(['v1.2/a.b.png', 'a.png', 'c.d']);
  expect([found('a.b', dotted), found('a.b.npy', dotted), found('A.B.PNG', dotted)]).toEqual([
    ...[
      [0, 5, false],
      [0, 5, false],
      [0, 6, false],
    ],
  ]);
  expect(found('a.png.jpg', dotted), 'made of it').toEqual([1, 5.5, false]);
  expect(found('a.txt', dotted), 'another file').toBeUndefined();
  expect([found('c.d', dotted), found('c', dotted), found('c.png', dotted)]).toEqual([
    ...[
      [2, 7.5, false],
      [2, 5.5, false],
      [2, 5.5, false],
    ],
  ]);
});

it('texts are trimmed, and may be URLs or have needless parts', () => {
  for (const text of [
    ' cats/1.png\t',
    'cats//1.png',
    './cats/1.png',
    'cats\\1.png',
    'cats/./1.png',
    'FILE://cats/1.png',
  ])
    expect([text, found(text)]).toEqual([text, [0, 11.5, false]]);
  expect(found('file:///x/cats/1.png')).toEqual([0, 11, false]);
});

it('a text of 4096 letters may name an image, a longer one names none', () => {
  const path = `${'a'.repeat(4096 - '/rex.jpg'.length)}/rex.jpg`;
  expect(found(path)).toEqual([3, 7, true]);
  expect(found(`a${path}`)).toBeUndefined();
});

it('the endings of images are known', () => {
  const endings = [
    ...['png', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp', 'gif', 'bmp', 'dib', 'tif', 'tiff', 'pbm', 'pgm', 'pnm', 'ppm'],
    ...['avif', 'heic', 'heif', 'jp2', 'j2k', 'npy', 'pt', 'PNG'],
  ];
  expect(endings.filter((ending) => !hasImageEnding(`a.b.${ending}`))).toEqual([]);
  const others = ['txt', 'png2', 'xpng', 'pngx', 'jpeeg', 'jp', 'tifff', 'pxm', 'pm', 'heix', 'csv', '1', 'png.txt'];
  expect(others.filter((ending) => hasImageEnding(`a.${ending}`))).toEqual([]);
  expect([hasImageEnding('png'), hasImageEnding('apng'), hasImageEnding('.png')]).toEqual([false, false, true]);
});
