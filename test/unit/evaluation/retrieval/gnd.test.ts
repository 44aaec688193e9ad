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
