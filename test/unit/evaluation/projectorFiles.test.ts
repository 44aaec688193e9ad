/** What the Embedding Projector is given. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { type ProjectorContents, spriteOf, writeProjectorFiles } from '../../../src/evaluation/projectorFiles.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { datasetOf } from './surroundings.js';

const features = { rows: 2, dim: 3, data: Float32Array.of(1, 2.5, 3, 4, 5, -6) };
const NAMES = { name: 'name', values: ['a.png', 'b\t\n1.png'] };

async function written(contents: Omit<ProjectorContents, 'features'>) {
  const folder = join(temporaryFolder(), 'deeper', 'projector');
  const files = await writeProjectorFiles(folder, { features, ...contents });
  return Object.fromEntries(files.map((file) => [basename(file), readFileSync(file, 'utf8')]));
}

it('has the vectors, a table with a head of several columns, and two files that say so', async () => {
  const files = await written({ metadata: [NAMES, { name: 'class\tname', values: ['cat'] }], title: 'my "cats"' });
  expect(Object.keys(files)).toEqual([
    ...['vectors.tsv', 'metadata.tsv', 'projector_config.json', 'projector_config.pbtxt'],
  ]);
  expect(files['vectors.tsv']).toBe('1\t2.5\t3\n4\t5\t-6\n');
  expect(files['metadata.tsv']).toBe('name\tclass name\na.png\tcat\nb 1.png\t\n');
  const shown = { tensorShape: [2, 3], tensorPath: 'vectors.tsv', metadataPath: 'metadata.tsv' };
  expect(JSON.parse(files['projector_config.json'] ?? '')).toEqual({
    embeddings: [{ tensorName: 'my "cats"', ...shown }],
  });
  expect(files['projector_config.pbtxt']).toBe(`embeddings {
  tensor_name: "my \\"cats\\""
  tensor_shape: 2
  tensor_shape: 3
  tensor_path: "vectors.tsv"
  metadata_path: "metadata.tsv"
}
`);
});

it('has names without a head, and the sprite where there is one', async () => {
  const files = await written({ metadata: [NAMES], sprite: { png: Uint8Array.of(1, 2), side: 64 } });
  expect(files['metadata.tsv']).toBe('a.png\nb 1.png\n');
  expect(files['sprite.png']).toBe('\u0001\u0002');
  expect(JSON.parse(files['projector_config.json'] ?? '').embeddings[0]).toMatchObject({
    tensorName: 'DINO features',
    sprite: { imagePath: 'sprite.png', singleImageDim: [64, 64] },
  });
  expect(files['projector_config.pbtxt']).toContain(
    '\n  sprite { image_path: "sprite.png" single_image_dim: 64 single_image_dim: 64 }\n}\n',
  );
});

it('a sprite has the images row by row from the top left', async () => {
  const { png, side } = await spriteOf(datasetOf([0, 50, 100, 150, 200]), [4, 3, 2, 1, 0]);
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([side, info.width, info.height]).toEqual([64, 192, 192]);
  const level = (across: number, down: number) => data[((64 * down + 32) * 192 + 64 * across + 32) * info.channels];
  expect([level(0, 0), level(1, 0), level(2, 0), level(0, 1), level(1, 1)]).toEqual([200, 150, 100, 50, 0]);
});

it('an image keeps its rows of pixels in its place, and places without an image are black', async () => {
  // Red above green, of 64 pixels each way.
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    const [row, channel] = [Math.floor(i / (64 * 3)), i % 3];
    return channel === (row < 32 ? 0 : 1) ? 250 : 0;
  });
  const dataset = { read: async () => ({ width: 64, height: 64, channels: 3, data }) };
  const { png, side } = await spriteOf(dataset, [0, 0]);
  const { data: pixels, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([side, info.width, info.height, info.channels]).toEqual([64, 128, 128, 3]);
  const at = (x: number, y: number) => [...pixels.subarray((128 * y + x) * 3).subarray(0, 3)];
  for (const x of [0, 63, 64, 127])
    expect([at(x, 0), at(x, 63), at(x, 64)]).toEqual([
      [250, 0, 0],
      [0, 250, 0],
      [0, 0, 0],
    ]);
});

it('a folder or a file that cannot be made is named', async () => {
  const folder = temporaryFolder();
  const contents: ProjectorContents = { features, metadata: [NAMES] };
  writeFileSync(join(folder, 'file'), '');
  const below = join(folder, 'file', 'projector');
  await expect(writeProjectorFiles(below, contents)).rejects.toThrow(
    `The folder ${below} cannot be made: a part of its path is a file, not a folder.`,
  );
  mkdirSync(join(folder, 'metadata.tsv'));
  await expect(writeProjectorFiles(folder, contents)).rejects.toThrow(
    `metadata.tsv cannot be written to ${join(folder, 'metadata.tsv')}: it is a folder, not a file.`,
  );
});
