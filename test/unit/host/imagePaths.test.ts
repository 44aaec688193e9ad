import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isImageName } from '../../../src/files/imageEndings.js';
import { imagePathsAt } from '../../../src/host/imagePaths.js';

/** What is found at the place that `^` marks. */
const at = (marked: string): string[] => {
  const place = marked.indexOf('^');
  return imagePathsAt(marked.replace('^', ''), place).map(({ path }) => path);
};

describe('imagePathsAt', () => {
  it.each([
    ['a word', 'see images/c^at.png for it', 'images/cat.png'],
    ['its first character', 'see ^cat.png', 'cat.png'],
    ['behind its last character', 'see cat.png^', 'cat.png'],
    ['a sentence that ends', 'That is (./ca^t.PNG).', './cat.PNG'],
    ['a Markdown image', '![a cat](img/ca^t.jpeg)', 'img/cat.jpeg'],
    ["a Markdown link's text", 'A [nice c^at](img/cat.webp "The cat") here', 'img/cat.webp'],
    ['a Markdown link with spaces', '![x](<my images/c^at 1.png>)', 'my images/cat 1.png'],
    ['a Markdown link with percent signs', '[x](my%20images/c^at.png)', 'my images/cat.png'],
    ['a Markdown link with brackets', '![x](img/cat(1)^.png)', 'img/cat(1).png'],
    ['HTML', '<img alt="cat" src="img/c^at.gif">', 'img/cat.gif'],
    ['JSON', '{"image": "my cats/c^at.png", "label": 3}', 'my cats/cat.png'],
    ['JSON with escapes', '{"image": "C:\\\\cats\\\\\\u0063at^.png"}', 'C:\\cats\\cat.png'],
    ['JSON with escaped slashes', '["a\\/b\\/c^at.png"]', 'a/b/cat.png'],
    ['CSV', '3,my cats/c^at.png,dog.png', 'my cats/cat.png'],
    ['CSV in quotes', '3,"cats, mine/c^at ""1"".png",4', 'cats, mine/cat "1".png'],
    ['TSV', 'a\tmy cats/c^at.png\t3', 'my cats/cat.png'],
    ['a table', '| 1 | my cats/c^at.png |', 'my cats/cat.png'],
    ['a Windows path', 'C:\\cats\\c^at.bmp', 'C:\\cats\\cat.bmp'],
    ['a file URL', 'file:///home/me/my%20c^at.tiff', '/home/me/my cat.tiff'],
    ['a query', '<img src="c^at.png?v=3">', 'cat.png'],
    ['a place in it', 'at cat^.png:3', 'cat.png'],
    ['a setting', 'image=c^at.png', 'cat.png'],
    ['other scripts', 'см. картинки/ко^т.png', 'картинки/кот.png'],
  ])('finds %s', (_, marked, path) => {
    expect(at(marked)).toContain(path);
  });

  it.each([
    ['no image', 'read readme^.txt'],
    ['beside one', 'cat.png and mo^re'],
    ['the web', 'https://example.org/c^at.png'],
    ['the web in a link', '![x](https://example.org/c^at.png)'],
    ['an extension alone', 'all .pn^g files'],
    ['a folder', 'cat.png/no^tes'],
  ])('finds nothing in %s', (_, marked) => {
    expect(at(marked)).toEqual([]);
  });

  it.each([
    '\\\\host\\share\\c^at.png',
    '![x](/\\host/share/c^at.png)',
    'file:////host/share/c^at.png',
    '[x](%5C%5Chost%5Cshare%5Cc^at.png)',
    '"//host/c^at.png"',
  ])('does not ask another machine: %s', (marked) => {
    for (const path of at(marked)) expect(path).not.toMatch(/^[\\/]{2}/);
  });

  it('says where it stands', () => {
    const line = 'x,"my cat.png",y';
    expect(imagePathsAt(line, 6).map(({ start, end }) => line.slice(start, end))).toContain('my cat.png');
  });

  const name = fc.stringMatching(/^[\p{L}\d _()'-]{1,12}$/u).map((text) => `a${text.trim()}.png`);
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

  it('finds whatever stands in JSON, in CSV and in a link', () => {
    const around = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(path, around, around, fc.nat(), (written, before, after, where) => {
        const inside = (line: string, quoted: string) => {
          const start = line.indexOf(quoted);
          return imagePathsAt(line, start + 1 + (where % Math.max(1, quoted.length - 1))).map((found) => found.path);
        };
        const json = JSON.stringify({ text: before, image: written, more: after });
        expect(inside(json, JSON.stringify(written))).toContain(written);
        const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const csv = [before, written, after].map(cell).join(',');
        expect(inside(csv, cell(written))).toContain(written);
        const link = `Look: ![it](<${written}>) there`;
        expect(inside(link, `<${written}>`)).toContain(written);
      }),
    );
  });

  it('never fails, and never finds what is no image or is not around the place', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '"',
      "'",
      '`',
      '\\',
      ',',
      '%',
      '%20',
      '.png',
      '!',
      '/',
      ' ',
      'a',
      '\t',
      '|',
      '#',
      '?',
    );
    const tricky = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 60 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(tricky, fc.nat(), (line, where) => {
        const place = where % (line.length + 1);
        for (const found of imagePathsAt(line, place)) {
          expect(isImageName(found.path)).toBe(true);
          expect(found.start).toBeLessThanOrEqual(place);
          expect(found.end).toBeGreaterThanOrEqual(place);
          expect(found.end).toBeLessThanOrEqual(line.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  // What grows with the square of the length would not come to its end.
  it('comes to its end in a line of megabytes', () => {
    for (const filler of ['[', '![a](', '"', 'a,', '((((', '\\']) {
      const line = `${filler.repeat(1_000_000)} "cat.png" ${filler.repeat(1_000_000)}`;
      expect(imagePathsAt(line, line.indexOf('cat')).map((found) => found.path)).toContain('cat.png');
    }
  });
});
