import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { embeddingOf } from '../../../src/evaluation/embedding.js';
import { EmbeddingFiles, embeddingFilesIn, layoutKey } from '../../../src/evaluation/embeddingFiles.js';
import { datasetOf } from './surroundings.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dino-embeddings-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const dataset = datasetOf([1, 2, undefined]);
const embedding = embeddingOf(dataset, {
  features: { rows: 2, dim: 2, data: Float32Array.of(1, 0, 0, 1) },
  images: Int32Array.of(0, 1),
  unreadable: ['image 2'],
});

describe('Kept embeddings', () => {
  it('are found again, with what the data set tells now', async () => {
    const folder = temporaryFolder();
    await new EmbeddingFiles(folder, 'build').keep(
      'key',
      { embedding, checkpointName: 'run, step 3', step: 3 },
      dataset,
    );
    const files = new EmbeddingFiles(folder, 'build');
    expect(await files.find('key', dataset)).toEqual({ embedding, checkpointName: 'run, step 3', step: 3 });
    const renamed = datasetOf([1, 2, undefined], { nameOf: (index) => `renamed ${index}` });
    expect((await files.find('key', renamed))?.embedding.names).toEqual(['renamed 0', 'renamed 1']);
  });

  it('are not those of another key, another build, or other images', async () => {
    const folder = temporaryFolder();
    const files = new EmbeddingFiles(folder, 'build');
    await files.keep('key', { embedding, checkpointName: 'run' }, dataset);
    expect(await files.find('other', dataset)).toBeUndefined();
    expect(await new EmbeddingFiles(folder, 'other build').find('key', dataset)).toBeUndefined();
    expect(await files.find('key', datasetOf([1, 2]))).toBeUndefined();
    expect(await files.findLayout('key', 2)).toBeUndefined();
  });

  it('give way to newer ones when there are too many', async () => {
    const files = new EmbeddingFiles(temporaryFolder(), 'build', 10);
    await files.keep('key', { embedding, checkpointName: 'run' }, dataset);
    expect(await files.find('key', dataset)).toBeUndefined();
  });
});

describe('Kept layouts', () => {
  it('are found again for as many images', async () => {
    const files = new EmbeddingFiles(temporaryFolder(), 'build');
    const layout = Float32Array.of(1, 2, 3, 4);
    await files.keepLayout('key', layout);
    expect(await files.findLayout('key', 2)).toEqual(layout);
    expect(await files.findLayout('key', 4)).toBeUndefined();
    expect(await files.findLayout('other', 2)).toBeUndefined();
  });

  it('have a key of all that they depend on', () => {
    const umap = { kind: 'umap', neighbors: 15, minDist: 0.1, iterations: 100 } as const;
    const tsne = { kind: 'tsne', perplexity: 30, iterations: 100 } as const;
    const keys = [
      layoutKey(['features', umap, 1, undefined]),
      layoutKey(['others', umap, 1, undefined]),
      layoutKey(['features', tsne, 1, undefined]),
      layoutKey(['features', umap, 2, undefined]),
      layoutKey(['features', umap, 1, Float32Array.of(1)]),
      layoutKey(['features', umap, 1, Float32Array.of(2)]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(layoutKey(['features', umap, 1, Float32Array.of(1)])).toBe(keys[4]);
  });
});

it('nothing is kept where one build cannot be told from another, as in tests', () => {
  expect(embeddingFilesIn(temporaryFolder())).toBeUndefined();
});
