import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { tinySettings, writeImages } from '../training/images.js';
import { CLI, dino, type Outcome, run, setting } from './dino.js';

const TEACHER = 'test/reference/tiny-vit/teacher_final.safetensors';
const isRoot = process.getuid?.() === 0;
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
let root: string;
let data: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-bad-'));
  data = await writeImages(join(root, 'images'), 8);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const trainTiny = (images: string, out: string, ...more: string[]): Promise<Outcome> =>
  dino('train', images, '--out', join(root, out), ...setting(tinySettings()), ...more);

/** Exit 1, nothing on stdout, and as the last words one sentence: no stack. */
function expectSentence({ code, stdout, stderr }: Outcome, sentence: RegExp): void {
  const last = stderr.trimEnd().split('\n').at(-1);
  expect(last).toMatch(sentence);
  expect(last).toMatch(/^dino: .*\.$/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(code).toBe(1);
}

describe('bad usage', () => {
  it.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['train'], /missing required argument|required option/],
    [['train', 'x', '--out', 'y', '--max-steps', '0'], /whole number, at least 1/],
    [['train', 'x', '--out', 'y', '--set', 'epochs'], /key=value/],
    [['train', 'x', '--out', 'y', '--engine', 'abacus'], /Allowed choices are auto, onnx, tensorflow, eager/],
    [['attention', 'x', '--checkpoint', 'y', '--out', 'z.png', '--threshold', '1.5'], /above 0 and at most 1/],
    [['attention', 'x', '--checkpoint', 'y', '--out', 'z.png', '--query', '3'], /two numbers, such as 120,80/],
  ])('%j exits 2', async (args, message) => {
    const outcome = await dino(...args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(2);
  });
});

describe('bad data', () => {
  it('an empty folder', async () => {
    mkdirSync(join(root, 'empty'));
    expectSentence(await trainTiny(join(root, 'empty'), 'r1'), /The folder .*empty has no images/);
  });

  it('no such folder', async () => {
    expectSentence(await trainTiny(join(root, 'nowhere'), 'r2'), /There is no folder or file .*nowhere/);
  });

  it('a text named .jpg and a truncated JPEG are skipped, 1 x 1 and 20,000 x 10 images used', async () => {
    const mixed = join(root, 'mixed');
    cpSync(data, mixed, { recursive: true });
    const plain = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: '#3a7' } });
    await plain(1, 1).png().toFile(join(mixed, 'dot.png'));
    await plain(20_000, 10).png().toFile(join(mixed, 'line.png'));
    writeFileSync(join(mixed, 'text.jpg'), 'I am not an image');
    await plain(300, 300).jpeg().toFile(join(mixed, 'half.jpg'));
    truncateSync(join(mixed, 'half.jpg'), 500);
    const outcome = await trainTiny(
      mixed,
      'r3',
      '--set',
      'max_unreadable_share=0.2',
      '--set',
      'epochs=1',
      '--set',
      'warmup_epochs=0',
    );
    expect(outcome.stderr).toMatch(/warn: the image text\.jpg is left out: it is not a .* image/);
    expect(outcome.stderr).toMatch(/warn: the image half\.jpg is left out: .*truncated/);
    expect(outcome.stderr).not.toMatch(/dot\.png|line\.png/);
    expect(outcome.code).toBe(0);
  });

  it('nothing but files that are no images', async () => {
    const texts = join(root, 'texts');
    mkdirSync(texts);
    for (let i = 0; i < 8; i++) writeFileSync(join(texts, `${i}.jpg`), 'I am not an image');
    expectSentence(await trainTiny(texts, 'r4'), /Only \d of the 8 images in .* can be read|max_unreadable_share/);
  });

  it('a batch larger than the data set', async () => {
    expectSentence(
      await trainTiny(data, 'r5', '--set', 'batch_size=9'),
      /A batch of 9 images is larger than the data set .*, which has 8; set batch_size to at most that/,
    );
  });

  it('an unlabeled set for k-NN', async () => {
    const flat = join(root, 'images', 'lying');
    expectSentence(
      await dino('eval', 'knn', '--checkpoint', TEACHER, '--heads', '3', '--train', flat, '--test', flat),
      /k-NN needs a class for each image of .*lying/,
    );
  });

  it('nothing readable for k-NN', async () => {
    const classes = join(root, 'classes');
    for (const name of ['a', 'b']) {
      mkdirSync(join(classes, name), { recursive: true });
      writeFileSync(join(classes, name, '0.jpg'), 'I am not an image');
    }
    const outcome = await dino(
      'eval',
      'knn',
      '--checkpoint',
      TEACHER,
      '--heads',
      '3',
      '--train',
      classes,
      '--test',
      classes,
    );
    expect(outcome.stderr).toMatch(/dino: None of the images in .*classes can be read\./);
    expect(outcome.code).toBe(1);
  });

  it('an image that the attention would be drawn over, and a resolution beyond all memory', async () => {
    const image = join(data, 'lying', '0.png');
    const before = readFileSync(image);
    const attention = (...more: string[]) => dino('attention', image, '--checkpoint', TEACHER, '--heads', '3', ...more);
    expectSentence(await attention('--out', image), /0\.png is the image itself: choose another file to write\./);
    expect(readFileSync(image)).toEqual(before);
    expectSentence(
      await attention('--out', join(root, 'a.png'), '--resolution', '100000'),
      /A resolution of 100000 pixels is too high: the most is 8192\./,
    );
  });

  it('an image that patch features would be drawn over, and a network without patches', async () => {
    const image = join(data, 'lying', '0.png');
    const before = readFileSync(image);
    const patches = (checkpoint: string, out: string) =>
      dino('patches', image, '--checkpoint', checkpoint, '--heads', '3', '--out', out);
    expectSentence(await patches(TEACHER, image), /0\.png is one of the images: choose another file to write\./);
    expect(readFileSync(image)).toEqual(before);
    const resnet = 'test/reference/resnet/basic_initial.safetensors';
    expectSentence(
      await patches(resnet, join(root, 'a.png')),
      /is a ResNet, which has no patches: choose the checkpoint/,
    );
  });

  it('an image that is none, for attention', async () => {
    const text = join(root, 'text.jpg');
    writeFileSync(text, 'I am not an image');
    expectSentence(
      await dino('attention', text, '--checkpoint', TEACHER, '--heads', '3', '--out', join(root, 'a.png')),
      /The image text\.jpg cannot be read: it is not a/,
    );
  });
});

describe('bad settings', () => {
  it.each([
    ['epoch=3', /epoch is not a known setting; the nearest is epochs\./],
    ['epochs=0', /epochs is 0, but must be a whole number from 1/],
    ['embed_dim=50', /embed_dim is 50, but must be a multiple of num_heads, which is 3\./],
    ['lr=fast', /lr is "fast", but must be a number/],
    ['patch_size=5', /^dino: image_size is 32, but .* which is 5\. local_size is 16, but .* which is 5\.$/],
  ])('%s', async (pair, message) => {
    expectSentence(await trainTiny(data, 'r6', '--set', pair), message);
  });
});

describe('bad checkpoints', () => {
  const attention = (checkpoint: string): Promise<Outcome> =>
    dino(
      'attention',
      join(data, 'lying', '0.png'),
      '--checkpoint',
      checkpoint,
      '--out',
      join(root, 'b.png'),
      '--heads',
      '3',
    );

  it('none there', async () => {
    expectSentence(await attention(join(root, 'gone')), /The checkpoint .*gone cannot be read: it does not exist/);
  });

  it('a truncated safetensors', async () => {
    const cut = join(root, 'cut.safetensors');
    cpSync(TEACHER, cut);
    truncateSync(cut, 100_000);
    expectSentence(
      await attention(cut),
      /cut\.safetensors is truncated: it has 100000 bytes, but at least \d+ are needed/,
    );
  });

  it('another architecture', async () => {
    const other = join(root, 'other.safetensors');
    await writeSafetensors(other, { 'conv1.weight': { shape: [2, 2], dtype: 'float32', data: new Float32Array(4) } });
    expectSentence(await attention(other), /other\.safetensors holds no Vision Transformer/);
  });

  it('another architecture, in a run to resume', async () => {
    expect((await trainTiny(data, 'r7', '--max-steps', '1')).code).toBe(0);
    const student = join(root, 'r7', 'checkpoints', '00000001', 'student.safetensors');
    const { 'backbone.pos_embed': _, ...rest } = readSafetensors(student);
    await writeSafetensors(student, {
      ...rest,
      'backbone.pos_embed': { shape: [1, 5, 48], dtype: 'float32', data: new Float32Array(240) },
    });
    expectSentence(
      await trainTiny(data, 'r7', '--resume'),
      /is of another architecture: backbone\.pos_embed has the shape \[1, 5, 48\], but \[1, 17, 48\] is needed/,
    );
  });
});

describe('a checkpoint to resume from', () => {
  const checkpoint = (run: string, file: string) => join(root, run, 'checkpoints', '00000001', file);

  it('truncated, or without the moments of the optimizer', async () => {
    expect((await trainTiny(data, 'r11', '--max-steps', '1')).code).toBe(0);
    const optimizer = checkpoint('r11', 'optimizer.safetensors');
    const state = readFileSync(checkpoint('r11', 'state.json'));
    const { 'exp_avg.backbone.cls_token': _, ...rest } = readSafetensors(optimizer);
    await writeSafetensors(optimizer, rest);
    expectSentence(await trainTiny(data, 'r11', '--resume'), /exp_avg\.backbone\.cls_token is missing/);
    writeFileSync(checkpoint('r11', 'state.json'), '{');
    expectSentence(
      await trainTiny(data, 'r11', '--resume'),
      /state\.json cannot be read: it is not JSON\. To go on from step 0 instead, move .*00000001 away\./,
    );
    writeFileSync(checkpoint('r11', 'state.json'), state);
    truncateSync(optimizer, 1000);
    expectSentence(await trainTiny(data, 'r11', '--resume'), /optimizer\.safetensors is truncated/);
  });

  it('with a place that is not one of the run', async () => {
    expect((await trainTiny(data, 'r12', '--max-steps', '1')).code).toBe(0);
    const state = checkpoint('r12', 'state.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace(/"step": ?1\b/, '"step": 3000'));
    expectSentence(
      await trainTiny(data, 'r12', '--resume'),
      /does not belong to its run: its state\.json has step 3000/,
    );
  });
});

describe('bad disks', () => {
  it.skipIf(process.platform === 'win32')('a folder that cannot be written', async () => {
    // Permissions do not bind root, but nobody makes folders in /sys.
    const folder = isRoot ? '/sys' : join(root, 'locked');
    if (!isRoot) {
      mkdirSync(folder);
      chmodSync(folder, 0o555);
    }
    const outcome = await dino('train', data, '--out', join(folder, 'run'), ...setting(tinySettings()));
    expectSentence(
      outcome,
      /The run's folder .*run cannot be made: (permission is denied|the operation is not permitted|the file system is read-only)/,
    );
  });

  it.skipIf(!canMount)('a checkpoint on a full disk, the one before it kept', async () => {
    const disk = join(root, 'disk');
    mkdirSync(disk);
    // 2.5 MB: one checkpoint of the tiny network, and not a second one.
    const script = `mount -t tmpfs -o size=2500k none ${disk} && "$@"; code=$?; ls ${disk}/run/checkpoints; exit $code`;
    const outcome = await run('unshare', [
      ...['-rm', 'sh', '-c', script, 'sh', process.execPath, resolve(CLI), 'train', data, '--out', join(disk, 'run')],
      ...setting(tinySettings()),
    ]);
    expect(outcome.stderr).toMatch(
      /^dino: The checkpoint of step 4 cannot be saved in .*: the disk is full.*; the last good checkpoint is step 0\.$/m,
    );
    expect(outcome.stdout).toBe('00000000\nlatest\n');
    expect(outcome.code).toBe(1);
  });
});

describe('a run that diverges', () => {
  it('says at which step, and where the last good checkpoint is', async () => {
    const nan = ['warmup_teacher_temp=0.04', 'teacher_temp=1e-46', 'warmup_teacher_temp_epochs=1'];
    const outcome = await trainTiny(data, 'r9', ...setting(nan));
    expectSentence(outcome, /The loss is NaN at step 3: .* The last good checkpoint is step 2: .*00000002\.$/);
  });

  it('with --json still answers, and with --verbose shows the stack', async () => {
    const outcome = await trainTiny(
      data,
      'r10',
      '--set',
      'warmup_teacher_temp=1e-46',
      '--set',
      'teacher_temp=1e-46',
      '--json',
      '--verbose',
    );
    expect(outcome.json()).toMatchObject({ reason: 'failed', step: 0, message: expect.stringContaining('at step 1') });
    expect(outcome.stderr).toMatch(/^\s+at /m);
    expect(outcome.code).toBe(1);
  });
});
