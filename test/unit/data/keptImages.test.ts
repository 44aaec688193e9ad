import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeptImages } from '../../../src/data/keptImages.js';
import { temporaryFolder, writePngs } from './images.js';

describe('Kept images', () => {
  it('are decoded once, until another one is asked for', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 2);
    const kept = new KeptImages();
    const file = { kind: 'file', path: join(folder, '0.png') } as const;
    const first = await kept.read(file, 3);
    expect(await kept.read(file, 3)).toBe(first);
    expect((await kept.read(file, 1)).channels).toBe(1);
    expect(await kept.read(file, 3)).not.toBe(first);
    const ofDataset = await kept.read({ kind: 'dataset', path: folder, index: 1 }, 3);
    expect(ofDataset).toEqual(await kept.read({ kind: 'file', path: join(folder, '1.png') }, 3));
  });

  it('are another image when their file is written again', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 2);
    const kept = new KeptImages();
    const [zero, one] = [0, 1].map((index) => ({ kind: 'dataset', path: folder, index }) as const);
    const [before, other] = [await kept.identity(zero as never), await kept.identity(one as never)];
    expect(await kept.identity(zero as never)).toBe(before);
    expect(other).not.toBe(before);
    utimesSync(join(folder, '0.png'), 1, 1);
    expect(await kept.identity(zero as never)).not.toBe(before);
  });

  it('come from a data set that stays open, unless it could not be opened', async () => {
    const folder = temporaryFolder();
    const kept = new KeptImages();
    await expect(kept.open(folder)).rejects.toThrow();
    await writePngs(folder, 1);
    const dataset = await kept.open(folder);
    expect(dataset.size).toBe(1);
    expect(await kept.open(folder)).toBe(dataset);
    const second = temporaryFolder();
    await writePngs(second, 2);
    expect((await kept.open(second)).size).toBe(2);
    rmSync(folder, { recursive: true });
    await expect(kept.open(folder)).rejects.toThrow();
  });
});
