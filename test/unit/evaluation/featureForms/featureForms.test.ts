/** Forms that features are written in: which file's name means which, and what is in each, block by block. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import type { FeatureRows } from '../../../../src/evaluation/featureForms/form.js';
import { FEATURE_FORMS, featureFormOf } from '../../../../src/evaluation/featureForms/index.js';
import { npyLead } from '../../../../src/evaluation/npy.js';
import { readSafetensors } from '../../../../src/weights/safetensors.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

/** Three rows of two numbers, in blocks of two and one; each block is a view into more numbers. */
const features: FeatureRows = {
  ...{ count: 3, dim: 2 },
  async *blocks() {
    yield { names: ['a.png', 'b\t.png'], classes: ['x', ''], rows: Float32Array.of(9, 1, 2, 3, 4, 9).subarray(1, 5) };
    yield { names: ['=c.png'], classes: ['y'], rows: Float32Array.of(9, 0.5, -6).subarray(1) };
  },
};
const NUMBERS = [1, 2, 3, 4, 0.5, -6];

async function written(name: string, rows = features) {
  const file = join(temporaryFolder(), name);
  const files = await featureFormOf(file).write(file, rows);
  return { file, files: files.map((each) => each.slice(each.lastIndexOf('/') + 1)), bytes: readFileSync(file) };
}

it('the form is told by the ending, in either case', () => {
  expect(FEATURE_FORMS.map(({ ending }) => featureFormOf(`/x.csv.d/a${ending.toUpperCase()}`).ending)).toEqual([
    ...['.npy', '.csv', '.tsv', '.safetensors', '.parquet'],
  ]);
  for (const file of ['a.txt', 'a.npy.gz', 'npy', 'a.csv.'])
    expect(() => featureFormOf(file)).toThrow(
      `${file} must end in .npy, .csv, .tsv, .safetensors or .parquet, which says in which form features are written.`,
    );
});

it('a table has a line an image, a column a number', async () => {
  const csv = await written('a.csv');
  expect(csv.files).toEqual(['a.csv']);
  expect(csv.bytes.toString()).toBe('name,class,f0,f1\na.png,x,1,2\nb\t.png,,3,4\n"\'=c.png",y,0.5,-6\n');
  expect((await written('a.tsv')).bytes.toString()).toBe(
    'name\tclass\tf0\tf1\na.png\tx\t1\t2\n"b\t.png"\t\t3\t4\n"\'=c.png"\ty\t0.5\t-6\n',
  );
});

it('numbers alone have their names in a table beside them', async () => {
  const { file, files, bytes } = await written('a.npy');
  expect(files).toEqual(['a.npy', 'a.names.tsv']);
  const lead = npyLead(3, 2);
  expect(bytes.subarray(0, lead.length)).toEqual(lead);
  expect(bytes.subarray(lead.length)).toEqual(Buffer.from(Float32Array.from(NUMBERS).buffer));
  expect(readFileSync(file.replace('.npy', '.names.tsv'), 'utf8')).toBe(
    'name\tclass\na.png\tx\n"b\t.png"\t\n"\'=c.png"\ty\n',
  );
});

it('safetensors have one tensor', async () => {
  const { file, files } = await written('a.safetensors');
  expect(files).toEqual(['a.safetensors', 'a.names.tsv']);
  expect(readSafetensors(file)).toEqual({
    features: { shape: [3, 2], dtype: 'float32', data: Float32Array.from(NUMBERS) },
  });
});

it('Parquet has a row group a block, and lists of numbers', async () => {
  const { file, files } = await written('a.parquet');
  expect(files).toEqual(['a.parquet']);
  const buffer = await asyncBufferFromFile(file);
  const rows = await parquetReadObjects({ file: buffer });
  expect(rows.map((row) => [row['name'], row['class'], Array.from(row['features'] as number[])])).toEqual([
    ['a.png', 'x', [1, 2]],
    ['b\t.png', '', [3, 4]],
    ['=c.png', 'y', [0.5, -6]],
  ]);
  const { row_groups } = await parquetMetadataAsync(buffer);
  expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([2, 1]);
});

it.each(FEATURE_FORMS.map(({ ending }) => ending))(
  'of %s nothing is left where the rows cannot be had',
  async (ending) => {
    const file = join(temporaryFolder(), `a${ending}`);
    const failing: FeatureRows = {
      ...features,
      async *blocks() {
        yield { names: ['a'], classes: [''], rows: Float32Array.of(1, 2) };
        throw new Error('the disk is gone');
      },
    };
    await expect(featureFormOf(file).write(file, failing)).rejects.toThrow('the disk is gone');
    expect(existsSync(file)).toBe(false);
  },
);
