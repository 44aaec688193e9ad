import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readGroundTruth } from '../../../../src/evaluation/retrieval/gnd.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

const truth = { imlist: ['a', 'b'], qimlist: ['q'], gnd: [{ easy: [0], hard: [1], junk: [] }] };
let path: string;
beforeEach(() => {
  path = join(temporaryFolder(), 'gnd');
});

const read = (content: string | Uint8Array) => {
  writeFileSync(path, content);
  return readGroundTruth(path);
};

it('JSON is read; what the protocol has no use for is left', async () => {
  const [first] = truth.gnd;
  expect(await read(JSON.stringify({ ...truth, gnd: [{ ...first, bbx: [1.5, 2, 3, 4] }] }))).toEqual(truth);
});

/** pickle.dumps({'imlist': ['a', 'b'], 'qimlist': ['q'], 'gnd': [{'bbx': [1.5], 'easy': [0], 'hard': <array>, 'junk': []}]}, 2) */
const pickled = (hard: string) =>
  Buffer.from(
    `(dS'imlist'\n(lS'a'\naS'b'\nasS'qimlist'\n(lS'q'\nasS'gnd'\n(l(dS'bbx'\n(lF1.5\nasS'easy'\n(lI0\nasS'hard'\n${hard}sS'junk'\n(lsas.`,
    'latin1',
  );

it('a pickle is read, with lists and with arrays of NumPy', async () => {
  expect(await read(pickled('(lI1\na'))).toEqual(truth);
  const array =
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\ntcnumpy\ndtype\n(S'i8'\nI0\nI1\ntRI00\n" +
    'C\x08\x01\0\0\0\0\0\0\0tb';
  expect(await read(pickled(array))).toEqual(truth);
});

/** As NumPy's pickles have an array of this type: its bytes as they are, or as Python 3 writes them for Python 2. */
const arrayOf = (
  type: string,
  bytes: readonly number[],
  { core = 'core', asText = false, shape = `I${bytes.length}\n` } = {},
) => {
  const letters = Buffer.from(bytes).toString('latin1');
  const data = asText
    ? `c_codecs\nencode\n(U${String.fromCharCode(bytes.length)}${letters}S'latin1'\ntR`
    : `C${String.fromCharCode(bytes.length)}${letters}`;
  return `cnumpy.${core}.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(${shape}tcnumpy\ndtype\n(S'${type}'\nI0\nI1\ntRI00\n${data}tb`;
};
/** What is read of it as the hard images of the query, among 300. */
const hardOf = async (array: string) => {
  const more = pickled(array)
    .toString('latin1')
    .replace("S'b'\nas", `S'b'\na${"S'c'\na".repeat(298)}s`);
  return (await read(Buffer.from(more, 'latin1'))).gnd[0]?.hard;
};

it('lists may be arrays of NumPy, of long or short integers, of any of its versions, and empty', async () => {
  expect(await hardOf(arrayOf('i8', [1, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0]))).toEqual([1, 44]);
  expect(await hardOf(arrayOf('i4', [7, 0, 0, 0, 43, 1, 0, 0, 3, 0, 0, 0]))).toEqual([7, 299, 3]);
  expect(await hardOf(arrayOf('i4', [7, 0, 0, 0], { core: '_core' }))).toEqual([7]);
  expect(await hardOf(arrayOf('i4', [200, 0, 0, 0], { asText: true }))).toEqual([200]);
  expect(await hardOf(arrayOf('f8', [])), 'NumPy’s empty list is of floats').toEqual([]);
});

it('arrays of other numbers, and what else calls itself one, are refused', async () => {
  await expect(read(pickled(arrayOf('f8', [0, 0, 0, 0, 0, 0, 0, 0])))).rejects.toThrow(
    `The ground truth ${path} is neither JSON nor a pickle that can be read: an array of NumPy's type f8 is no list of images.`,
  );
  await expect(read(pickled(arrayOf('i4', [1, 0, 0, 0]).replace(/tb$/, 't0')))).rejects.toThrow(
    "an array of NumPy's type undefined is no list of images",
  );
  await expect(read(pickled(arrayOf('i4', [1, 0, 0, 0]).replace('multiarray', 'multiarrays')))).rejects.toThrow(
    'is wrong: gnd.0.hard is an object, but must be a list.',
  );
});

it('images are counted from 0, and the last of the list is one of them', async () => {
  const of = (lists: object) => read(JSON.stringify({ ...truth, gnd: [{ easy: [], hard: [], junk: [], ...lists }] }));
  for (const list of ['easy', 'hard', 'junk']) {
    expect((await of({ [list]: [0, 1] })).gnd[0]).toMatchObject({ [list]: [0, 1] });
    await expect(of({ [list]: [0, 2] })).rejects.toThrow('names image 2 for the query q, but there are 2 (imlist).');
  }
  await expect(of({ easy: [-1] })).rejects.toThrow('is wrong: gnd.0.easy.0 is -1, but must be at least 0.');
  await expect(of({ easy: [0.5] })).rejects.toThrow('is wrong: gnd.0.easy.0 is 0.5');
});

it('JSON may begin with white space; lists of images and of queries are not empty', async () => {
  expect(await read(`\n  ${JSON.stringify(truth)}`)).toEqual(truth);
  await expect(read(JSON.stringify({ ...truth, qimlist: [], gnd: [] }))).rejects.toThrow('qimlist is 0 long');
  await expect(read(JSON.stringify({ ...truth, imlist: [] }))).rejects.toThrow('imlist is 0 long');
  await expect(read('{"imlist": [')).rejects.toThrow('is neither JSON nor a pickle that can be read');
});

it('a table is told by separators in its first line, and by being text', async () => {
  for (const text of ['image;easy\r\na;b', 'my image\teasy', 'a,b', 'a,{b'])
    await expect(read(text), JSON.stringify(text)).rejects.toThrow('is a table, which does not say');
  for (const text of ['image easy\na,b', 'a,b\x01', 'a,b\x1f', '{"a",b'])
    await expect(read(text), JSON.stringify(text)).rejects.toThrow('is neither JSON nor a pickle');
});

it.each<[string, string | Uint8Array, string]>([
  ['a pickle that could run a program', "cos\nsystem\n(S'true'\ntR.", 'it names os.system'],
  ['another file', 'hello', 'is neither JSON nor a pickle that can be read'],
  ['a list that is missing', JSON.stringify({ ...truth, imlist: undefined }), 'is wrong: imlist is missing.'],
  ['a table', 'image,easy\na,b\n', 'is a table, which does not say what is easy, hard and junk: give'],
  ['lists for other queries', JSON.stringify({ ...truth, gnd: [] }), 'has 1 query (qimlist), but says of 0 (gnd).'],
  [
    'an image beyond the list',
    JSON.stringify({ ...truth, gnd: [{ easy: [2], hard: [], junk: [] }] }),
    'names image 2 for the query q, but there are 2 (imlist).',
  ],
])('%s is refused in a sentence', async (_, content, sentence) => {
  await expect(read(content)).rejects.toThrow(sentence);
});

it('a file that is not there is named', async () => {
  await expect(readGroundTruth(path)).rejects.toThrow(`The ground truth ${path} cannot be read: it does not exist.`);
});
