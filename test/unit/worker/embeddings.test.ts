import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { EmbeddingFiles } from '../../../src/evaluation/embeddingFiles.js';
import type { EmbeddingProgress } from '../../../src/protocol/embeddingWork.js';
import { Embeddings } from '../../../src/worker/embeddings.js';
import { writeImages } from '../training/images.js';

const CHECKPOINT = 'test/reference/tiny-vit/teacher_final.safetensors';
let root: string;
let data: string;
let said: EmbeddingProgress[];
let embeddings: Embeddings;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-embeddings-'));
  data = await writeImages(join(root, 'images'), 24);
});
beforeEach(() => {
  said = [];
  embeddings = new Embeddings((progress) => said.push(progress));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const reference = (mostImages = 100) => ({ data, checkpoint: CHECKPOINT, numHeads: 3, mostImages });
const known = async () => {
  const { stamp } = await embeddings.embed({ id: 0, of: reference() }, token().token);
  return { ...reference(), stamp };
};
const token = () => new CancellationTokenSource();
const TSNE = { kind: 'tsne', perplexity: 5, iterations: 300 } as const;

describe('embeddings in the worker', () => {
  it('know their images, and some of many when there are many', async () => {
    const all = await embeddings.embed({ id: 1, of: reference() }, token().token);
    expect(all).toMatchObject({ found: 24, dim: 48, folder: data, classes: ['lying', 'standing'], isUniform: false });
    expect(all.names[12]).toMatch(/^standing\//);
    const some = await embeddings.embed({ id: 2, of: reference(6) }, token().token);
    expect([...some.images]).toEqual([0, 4, 8, 12, 16, 20]);
    expect(some.names).toEqual([...some.images].map((image) => all.names[image]));
    expect([...some.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(said.some(({ phase }) => phase === 'features')).toBe(true);
  });

  it('move live, wait when they are held, and can be cancelled meanwhile', async () => {
    const of = await known();
    const { layout } = await embeddings.project({ id: 3, of, method: TSNE, seed: 0 }, token().token);
    expect(layout).toHaveLength(48);
    const frames = said.filter((progress) => progress.phase === 'projecting');
    expect(frames.length).toBeGreaterThan(0);
    expect(frames[0]).toMatchObject({ id: 3, total: 300 });

    // More than it could ever make: it ends because it is cancelled.
    const long = { ...TSNE, iterations: 1_000_000_000 };
    const source = token();
    const projecting = embeddings.project({ id: 4, of, method: long, seed: 0 }, source.token);
    projecting.catch(() => undefined);
    const steps = () =>
      Math.max(0, ...said.filter(({ id, phase }) => id === 4 && phase === 'projecting').map(({ done }) => done));
    await expect.poll(steps).toBeGreaterThan(0);
    embeddings.hold({ id: 4, isHeld: true });
    // Another one takes its turns meanwhile: after the first of them this one has come to rest.
    const another = (id: number) => embeddings.project({ id, of, method: TSNE, seed: 0 }, token().token);
    await another(40);
    const held = steps();
    await another(41);
    expect(steps()).toBe(held);
    embeddings.hold({ id: 4, isHeld: false });
    await expect.poll(steps).toBeGreaterThan(held);
    embeddings.hold({ id: 4, isHeld: true });
    source.cancel();
    await expect(projecting).rejects.toThrow('cancelled');
  });

  it('are made for who asks while another one who asked first cancels', async () => {
    const of = reference();
    const first = token();
    const cancelled = embeddings.embed({ id: 10, of }, first.token);
    cancelled.catch(() => undefined);
    await expect.poll(() => said.some(({ id }) => id === 10), { interval: 1 }).toBe(true);
    const second = embeddings.embed({ id: 11, of }, token().token);
    first.cancel();
    await expect(cancelled).rejects.toThrow('cancelled');
    expect((await second).names).toHaveLength(24);
  });

  it('find neighbors by features, and predict classes', async () => {
    const of = await known();
    const { images, similarities } = await embeddings.nearest({ id: 5, of, image: 3, k: 4 }, token().token);
    expect(images).toHaveLength(4);
    expect(images).not.toContain(3);
    expect([...similarities]).toEqual([...similarities].sort((one, other) => other - one));
    const { labels } = await embeddings.embed({ id: 6, of }, token().token);
    const { predicted } = await embeddings.predict({ id: 7, of, labels }, token().token);
    expect(predicted.every((label) => label === 0 || label === 1)).toBe(true);
  });

  it('say when there is no such checkpoint, or other images were laid out before', async () => {
    const gone = { ...reference(), checkpoint: join(root, 'gone.safetensors') };
    await expect(embeddings.embed({ id: 8, of: gone }, token().token)).rejects.toThrow('gone.safetensors');
    const from = new Float32Array(10);
    await expect(
      embeddings.project({ id: 9, of: await known(), method: TSNE, seed: 0, from }, token().token),
    ).rejects.toThrow('are not those that were laid out before (now 24): start again');
  });

  it('are taken from their files the next time, and made anew for other images, or when those are damaged', async () => {
    const images = await writeImages(join(root, 'kept'), 12);
    const of = { ...reference(), data: images };
    const folder = join(root, 'embeddings');
    const ask = async (build = 'this build') => {
      // A list of its own: what an earlier question said late is not this one's.
      const own: EmbeddingProgress[] = [];
      const fresh = new Embeddings((progress) => own.push(progress), new EmbeddingFiles(folder, build));
      const answer = await fresh.embed({ id: 20, of }, token().token);
      const then = { ...of, stamp: answer.stamp };
      const { layout } = await fresh.project({ id: 21, of: then, method: TSNE, seed: 0 }, token().token);
      const phases = new Set(own.map(({ phase }) => phase));
      // It computes each time, and says so where it takes long.
      const { similarities } = await fresh.nearest({ id: 22, of: then, image: 1, k: 3 }, token().token);
      return { answer, layout, similarities, phases };
    };
    const COMPUTED = new Set(['features', 'neighbors', 'projecting']);
    const first = await ask();
    expect(first.phases).toEqual(COMPUTED);
    expect(await ask()).toEqual({ ...first, phases: new Set() });
    expect((await ask('another build')).phases).toEqual(COMPUTED);
    for (const name of readdirSync(folder)) truncateSync(join(folder, name), 100);
    expect(await ask()).toEqual(first);
    // As large as before, but written again.
    utimesSync(join(images, 'lying', '0.png'), 1000, 1000);
    expect((await ask()).phases).toEqual(COMPUTED);
    rmSync(join(images, 'lying', '0.png'));
    const fewer = await ask();
    expect(fewer.answer.names).toEqual(first.answer.names.slice(1));
    expect(fewer.layout).toHaveLength(22);
  });

  it('are of the images as they are when they are asked for again', async () => {
    const images = await writeImages(join(root, 'changing'), 6);
    const of = { ...reference(), data: images };
    const before = await embeddings.embed({ id: 30, of }, token().token);
    cpSync(join(images, 'lying', '0.png'), join(images, 'lying', 'new.png'));
    const then = { ...of, stamp: before.stamp };
    const { images: nearest } = await embeddings.nearest({ id: 31, of: then, image: 0, k: 10 }, token().token);
    expect(nearest).toHaveLength(before.names.length - 1);
    const after = await embeddings.embed({ id: 32, of }, token().token);
    expect(after.names).toContain('lying/new.png');
    expect(after.names).toHaveLength(before.names.length + 1);
  });

  it('stay those of their own plot when others look at other images, or at the same after they have changed', async () => {
    const of = { ...reference(), data: await writeImages(join(root, 'one'), 6) };
    const other = { ...reference(), data: await writeImages(join(root, 'other'), 4) };
    const { names, stamp } = await embeddings.embed({ id: 40, of }, token().token);
    const seen = async () => {
      const small = await embeddings.thumbnails({ data: of.data, stamp, images: Int32Array.of(0, 5), side: 8 });
      const near = await embeddings.nearest({ id: 41, of: { ...of, stamp }, image: 0, k: 5 }, token().token);
      return { ...small, ...near };
    };
    const before = await seen();
    // Before all others.
    cpSync(join(of.data, 'standing', '1.png'), join(of.data, 'lying', '!first.png'));
    await embeddings.embed({ id: 42, of: other }, token().token);
    expect(await seen()).toEqual(before);
    const now = await embeddings.embed({ id: 43, of }, token().token);
    expect(now.names).toEqual(['lying/!first.png', ...names]);
    expect(await seen()).toEqual(before);
    // What a process knew is lost with it.
    embeddings = new Embeddings(() => undefined);
    await expect(seen()).rejects.toThrow('one have changed since they were laid out: start again');
  });

  it('draw small images, gray where one has gone', async () => {
    const { stamp } = await embeddings.embed({ id: 50, of: reference() }, token().token);
    const wanted = { data, stamp, images: Int32Array.of(0, 1), side: 8 };
    const { pixels, unreadable } = await embeddings.thumbnails(wanted);
    expect(pixels).toHaveLength(2 * 8 * 8 * 3);
    expect(unreadable).toEqual([]);
    rmSync(join(data, 'lying', '0.png'));
    const after = await embeddings.thumbnails(wanted);
    expect(after.unreadable).toEqual([expect.stringContaining('lying/0.png cannot be read')]);
    expect(new Set(after.pixels.subarray(0, 192))).toEqual(new Set([128]));
    expect(after.pixels.subarray(192)).toEqual(pixels.subarray(192));
  });
});
