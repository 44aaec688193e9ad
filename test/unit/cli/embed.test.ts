import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeImages } from '../training/images.js';
import { CLI, dino } from './dino.js';

const CHECKPOINT = ['--checkpoint', 'test/reference/tiny-vit/teacher_final.safetensors', '--heads', '3'];
let root: string;
let data: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-embed-'));
  data = await writeImages(join(root, 'images'), 20);
  writeFileSync(join(data, 'standing', 'broken.png'), 'no image');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Images of 8 x 8 pixels in one file, each another. */
function writeIdx(folder: string, count: number): string {
  mkdirSync(folder);
  const header = Buffer.from([0, 0, 8, 3, ...[count, 8, 8].flatMap((size) => [0, 0, size >> 8, size & 255])]);
  const pixels = Uint8Array.from({ length: 64 * count }, (_, i) => (i % 64) * (1 + (i >> 6)));
  const file = join(folder, 'train-images-idx3-ubyte');
  writeFileSync(file, Buffer.concat([header, pixels]));
  return file;
}

const lines = (file: string): string[] => readFileSync(join(root, file), 'utf8').trimEnd().split('\n');

describe('dino embed and dino project', () => {
  it('write features in each form, and the same points from each', async () => {
    for (const form of ['npy', 'csv', 'tsv']) {
      const embedded = await dino('embed', data, ...CHECKPOINT, '--out', join(root, `features.${form}`), '--json');
      expect(embedded.code, embedded.stderr).toBe(0);
      expect(embedded.json()).toMatchObject({ pictures: 20, dim: 48, unreadable: 1 });
      expect(embedded.stderr).toContain('warn: The image standing/broken.png cannot be read');
      const out = join(root, `${form}.csv`);
      const projected = await dino(
        'project',
        join(root, `features.${form}`),
        '--out',
        out,
        '--perplexity',
        '5',
        '--json',
      );
      expect(projected.code, projected.stderr).toBe(0);
      expect(projected.json()).toMatchObject({ files: [out], method: 'tsne', pictures: 20 });
    }
    expect(lines('npy.csv')[0]).toBe('name,class,x,y');
    expect(lines('npy.csv')).toHaveLength(21);
    expect(lines('npy.csv')[1]).toMatch(/^lying\/0\.png,lying,-?[\d.]+,-?[\d.]+$/);
    expect(readFileSync(join(root, 'features.npy')).toString('latin1', 1, 6)).toBe('NUMPY');
    // The numbers are written in full.
    expect(lines('csv.csv')).toEqual(lines('npy.csv'));
    expect(lines('tsv.csv')).toEqual(lines('npy.csv'));
  });

  it('are resumed after a kill, to the same bytes', async () => {
    const images = writeIdx(join(root, 'idx'), 3000);
    const embedding = (out: string) => ['embed', images, ...CHECKPOINT, '--engine', 'onnx', '--out', join(root, out)];
    const state = join(root, 'killed.parquet.part', 'state.json');
    const child = spawn(process.execPath, [CLI, ...embedding('killed.parquet')], { stdio: 'ignore' });
    const ended = new Promise<NodeJS.Signals | null>((done) => child.once('exit', (_, signal) => done(signal)));
    await expect.poll(() => existsSync(state), { interval: 5 }).toBe(true);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const { done } = JSON.parse(readFileSync(state, 'utf8')) as { done: number };
    expect(done).toBeGreaterThan(0);
    const resumed = await dino(...embedding('killed.parquet'));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain(`has the features of ${done} images, which are not computed again`);
    const whole = await dino(...embedding('whole.parquet'));
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stderr).not.toContain('computed again');
    expect(readFileSync(join(root, 'killed.parquet'))).toEqual(readFileSync(join(root, 'whole.parquet')));
    expect(existsSync(join(root, 'killed.parquet.part'))).toBe(false);
  });

  it('say which network of a checkpoint is used, and use another one by its name', async () => {
    const checkpoint = 'test/reference/tiny-vit/checkpoint.pth';
    const embedded = async (...args: string[]) => {
      const out = join(root, 'networks.csv');
      const outcome = await dino(
        ...['embed', data, '--checkpoint', checkpoint, '--heads', '3', '--out', out, '--json', ...args],
      );
      return { ...outcome, features: outcome.code === 0 ? readFileSync(out, 'utf8') : '' };
    };
    const teacher = await embedded();
    const said = `${checkpoint} holds student, teacher: teacher is used (--network names another).`;
    expect(teacher.stderr).toContain(`note: ${said}`);
    expect(teacher.json()).toMatchObject({ network: 'teacher', notes: [said], checkpoint: 'checkpoint.pth (teacher)' });
    const student = await embedded('--network', 'student');
    expect(student.stderr).not.toContain('note:');
    expect(student.json()).toMatchObject({ network: 'student', notes: [], checkpoint: 'checkpoint.pth (student)' });
    expect(student.features).not.toBe(teacher.features);
    const unknown = await embedded('--network', 'ema');
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining(`${checkpoint} has no network ema: it holds student, teacher.`),
    ]);
  });

  it("write the Embedding Projector's files, with a sprite", async () => {
    const folder = join(root, 'projector');
    const { code, stderr } = await dino('project', join(root, 'features.npy'), '--projector', folder, '--images', data);
    expect(code, stderr).toBe(0);
    expect(lines('projector/vectors.tsv')).toHaveLength(20);
    expect(lines('projector/vectors.tsv')[0]?.split('\t')).toHaveLength(48);
    expect(lines('projector/metadata.tsv').slice(0, 2)).toEqual(['name\tclass', 'lying/0.png\tlying']);
    const config: unknown = JSON.parse(readFileSync(join(folder, 'projector_config.json'), 'utf8'));
    expect(config).toMatchObject({
      embeddings: [{ tensorShape: [20, 48], sprite: { imagePath: 'sprite.png', singleImageDim: [64, 64] } }],
    });
    const { width, height } = await sharp(join(folder, 'sprite.png')).metadata();
    expect([width, height]).toEqual([5 * 64, 5 * 64]);
    // The first tile is the first image.
    const first = sharp(join(folder, 'sprite.png')).extract({ left: 0, top: 0, width: 64, height: 64 });
    // Statistics are of what is read, not of what is cut from it.
    const tile = await sharp(await first.png().toBuffer()).stats();
    const image = await sharp(join(data, 'lying', '0.png')).stats();
    for (const [index, channel] of tile.channels.entries())
      expect(Math.abs(channel.mean - (image.channels[index]?.mean ?? 0))).toBeLessThan(4);
  });

  it('say what is wrong with their arguments', async () => {
    const said = async (...args: string[]) => {
      const { code, stderr } = await dino(...args);
      expect(code).toBeGreaterThan(0);
      return stderr;
    };
    expect(await said('embed', data, ...CHECKPOINT, '--out', 'x.txt')).toContain(
      'must end in .npy, .csv, .tsv, .safetensors or .parquet',
    );
    expect(await said('project', join(root, 'none.npy'), '--out', 'x.csv')).toContain('it does not exist');
    expect(await said('project', join(root, 'features.npy'))).toContain('give --out or --projector');
    writeFileSync(join(root, 'words.csv'), 'name,f0,f1\na.png,1,2\nb.png,3,red\n');
    expect(await said('project', join(root, 'words.csv'), '--out', join(root, 'x.csv'))).toContain(
      'has “red” in column f1 of line 3: a number is expected',
    );
    writeFileSync(join(root, 'short.npy'), readFileSync(join(root, 'features.npy')).subarray(0, 300));
    expect(await said('project', join(root, 'short.npy'), '--out', join(root, 'x.csv'))).toContain('is damaged');
  });
});
