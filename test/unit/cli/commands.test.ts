import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tinySettings, writeImages } from '../training/images.js';
import { CLI, dino, run, setting } from './dino.js';

const REFERENCE = 'test/reference/tiny-vit';
let root: string;
let data: string;
let trained: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-commands-'));
  data = await writeImages(join(root, 'images'), 24);
  trained = join(root, 'run');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const metrics = (dir: string): Record<string, unknown>[] =>
  readFileSync(join(dir, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Step and epoch of each step; what is probed between steps has lines of its own. */
const stepsIn = (dir: string): unknown[] =>
  metrics(dir)
    .filter((line) => 'loss' in line)
    .map(({ step, epoch }) => [step, epoch]);

describe('dino', () => {
  it('trains to --max-steps, and resumes', async () => {
    const config = join(root, 'dino.json');
    writeFileSync(
      config,
      `{ ${tinySettings()
        .map((pair) =>
          pair.replace(
            /^(\w+)=(.*)$/,
            (_, key, value) => `"${key}": ${/^(?:onnx|dino)$/.test(value) ? `"${value}"` : value}`,
          ),
        )
        .join(', ')}, // of the reference\n }`,
    );
    const first = await dino(
      'train',
      data,
      '--out',
      trained,
      '--config',
      config,
      '--set',
      'seed=3',
      '--max-steps',
      '2',
      '--json',
    );
    expect(first.stderr).toContain('step 2/12');
    expect(first.code).toBe(0);
    expect(first.json()).toMatchObject({ run: trained, reason: 'max-steps', step: 2, loss: expect.any(Number) });
    expect(stepsIn(trained)).toEqual([
      [1, 0],
      [2, 0],
    ]);
    const second = await dino('train', data, '--out', trained, '--resume');
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^Finished after step 12, loss \d\.\d{4}: .*00000012\n$/);
    expect(stepsIn(trained)).toEqual(Array.from({ length: 12 }, (_, i) => [i + 1, Math.floor(i / 6)]));
    expect(JSON.parse(readFileSync(join(trained, 'run.json'), 'utf8'))).toMatchObject({
      status: 'finished',
      config: { seed: 3 },
    });
  });

  it('stops on the first SIGINT, with a checkpoint', async () => {
    const out = join(root, 'stopped');
    let sent = false;
    const outcome = await run(
      process.execPath,
      [CLI, 'train', data, '--out', out, '--json', ...setting(tinySettings({ epochs: 10_000 }))],
      (text, kill) => {
        if (sent || !text.includes('loss')) return;
        sent = true;
        kill('SIGINT');
      },
    );
    expect(outcome.stderr).toContain('stopping: the step is finished and saved first');
    expect(outcome.code).toBe(0);
    const { reason, step, checkpoint } = outcome.json();
    expect(reason).toBe('stopped');
    expect(checkpoint).toBe(join(out, 'checkpoints', String(step).padStart(8, '0')));
    expect(JSON.parse(readFileSync(join(String(checkpoint), 'state.json'), 'utf8'))).toMatchObject({ step });
  });

  it.each(['run', 'checkpoint folder', 'safetensors', 'pth'])('draws attention by a %s', async (kind) => {
    const checkpoint = {
      run: trained,
      'checkpoint folder': join(trained, 'checkpoints', '00000002'),
      safetensors: `${REFERENCE}/teacher_final.safetensors`,
      pth: `${REFERENCE}/checkpoint.pth`,
    }[kind];
    const out = join(root, `${kind}.png`);
    const heads = kind === 'safetensors' || kind === 'pth' ? ['--heads', '3'] : [];
    const outcome = await dino(
      ...['attention', join(data, 'lying', '0.png'), '--checkpoint', String(checkpoint), '--out', out],
      ...['--threshold', '0.6', '--resolution', '64', '--engine', 'onnx', '--json', ...heads],
    );
    const chosen = /^note: .*checkpoint\.pth holds student, teacher: teacher is used \(--network names another\)\.\n$/;
    expect(outcome.stderr).toMatch(kind === 'pth' ? chosen : /^$/);
    expect(outcome.code).toBe(0);
    expect(outcome.json()).toMatchObject({ out, heads: 3, rows: 8, columns: 8, width: 64, height: 64 });
    const { width, height } = await sharp(out).metadata();
    expect([width, height]).toEqual([5 * 192 + 4 * 6, 2 * 192 + 6]);
  });

  it('draws the attention of a patch, in a block that is asked for', async () => {
    const [image, out] = [join(data, 'lying', '0.png'), join(root, 'patch.png')];
    const draw = (...options: string[]) =>
      dino('attention', image, '--checkpoint', trained, '--out', out, '--engine', 'onnx', '--json', ...options);
    const { width = 0, height = 0 } = await sharp(image).metadata();
    const last = await draw('--query', `${width - 1},0`);
    const { rows, columns, block } = last.json() as Readonly<Record<'rows' | 'columns' | 'block', number>>;
    expect(last.json()).toMatchObject({ query: { row: 0, column: columns - 1 } });
    expect(rows).toBe(columns);
    const drawn = await sharp(out).raw().toBuffer();
    const first = await draw('--query', `${width - 1},0`, '--block', '1');
    expect(first.json()).toMatchObject({ block: 1 });
    expect((await sharp(out).raw().toBuffer()).equals(drawn)).toBe(false);
    const beyond = await draw('--block', `${block + 1}`);
    expect([beyond.code, beyond.stderr]).toEqual([1, expect.stringContaining(`there is no block ${block + 1}`)]);
    const outside = await draw('--query', `0,${height}`);
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringContaining(`there is none at 0,${height}`)]);
  });

  it('draws the patch features of images together, and where the patch under a pixel is found again', async () => {
    const [one, other, out] = [
      join(data, 'lying', '0.png'),
      join(data, 'standing', '1.png'),
      join(root, 'patches.png'),
    ];
    const draw = (...options: string[]) =>
      dino('patches', ...options, '--checkpoint', trained, '--out', out, '--engine', 'onnx', '--json');
    const outcome = await draw(one, other, '--query', '0,0');
    const told = outcome.json() as Readonly<Record<'rows' | 'columns' | 'width' | 'height' | 'dim', number>>;
    expect(outcome.json()).toMatchObject({
      out,
      query: { row: 0, column: 0 },
      images: [
        { image: one, match: { row: 0, column: 0 } },
        { image: other, match: { similarity: expect.any(Number) } },
      ],
    });
    const { rows, columns, width, height, dim } = told;
    expect(rows).toBe(columns);
    expect(dim).toBeGreaterThan(0);
    const factor = Math.ceil(160 / width);
    const size = await sharp(out).metadata();
    expect([size.width, size.height]).toEqual([4 * width * factor + 3 * 6, 2 * height * factor + 6]);
    expect((await draw(one)).json()).toMatchObject({ query: null, images: [{ image: one }] });
  });

  it('evaluates by k-NN: of the training images themselves, the nearest is right', async () => {
    const outcome = await dino(
      'eval',
      'knn',
      '--checkpoint',
      trained,
      '--train',
      data,
      '--test',
      data,
      '--k',
      '1,5',
      '--engine',
      'onnx',
      '--json',
    );
    expect(outcome.code).toBe(0);
    expect(outcome.json()).toMatchObject({
      step: 12,
      engine: 'onnx',
      train: 24,
      test: 24,
      knn: { 1: { top1: 100 }, 5: { top5: 100 } },
    });
  });

  it('lists the engines', async () => {
    const { engines } = (await dino('engines', '--json')).json() as { engines: { name: string; available: boolean }[] };
    expect(engines.find(({ name }) => name === 'onnx')).toMatchObject({
      available: true,
      version: expect.stringContaining('onnxruntime'),
    });
    const { stdout } = await dino('engines');
    expect(stdout).toMatch(/^onnx +onnxruntime-node \d/m);
    expect(stdout).toMatch(/^processor +.+\(.+\), \d+ cores?$/m);
  });

  it('times a step and the input pipeline', async () => {
    const outcome = await dino('bench', '--json', '--steps', '3', '--warmup', '1', ...setting(tinySettings()));
    expect(outcome.code).toBe(0);
    const { ms_per_step, images_per_s, peak_rss_mb, engine, crops_per_s, crops_ratio, processor } = outcome.json();
    expect(engine).toBe('onnx');
    expect(processor).toMatchObject({ model: expect.any(String), cores: expect.any(Number) });
    expect(Number(images_per_s)).toBeCloseTo(4000 / Number(ms_per_step), 6);
    expect(Number(peak_rss_mb)).toBeGreaterThan(20);
    expect(Number(crops_per_s)).toBeGreaterThan(0);
    expect(Number(crops_ratio)).toBeGreaterThan(0);
  });

  it('writes a Chrome trace of its steps and of the ops in them, and names the dearest ops', async () => {
    const file = join(root, 'trace.json');
    const options = ['--json', '--steps', '2', '--warmup', '1', '--no-pipeline', '--profile', file];
    // Where no step was kept that has been compiled before.
    vi.stubEnv('DINO_STORAGE', join(root, 'storage'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const outcome = await dino('bench', ...options, ...setting(tinySettings()));
    expect(outcome.code).toBe(0);
    const { top_ops, crops_per_s } = outcome.json();
    expect(crops_per_s).toBeUndefined();
    const [dearest] = top_ops as { op: string; share: number }[];
    expect(dearest?.share).toBeGreaterThan(0);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { name: string; ph: string }[] };
    const names = traceEvents.filter(({ ph }) => ph === 'X').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['compile', 'trace', 'step 1', 'step 3', dearest?.op]));
  });

  it("times the backbone's features of a batch", async () => {
    const options = ['--json', '--features', '--steps', '2', '--warmup', '1'];
    const outcome = await dino('bench', ...options, ...setting(tinySettings()));
    expect(outcome.code).toBe(0);
    const { ms_per_step, images_per_s, first_step_ms } = outcome.json();
    expect(Number(images_per_s)).toBeCloseTo(4000 / Number(ms_per_step), 6);
    expect(Number(first_step_ms)).toBeGreaterThan(Number(ms_per_step));
  });
});
