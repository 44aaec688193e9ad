/** Runs that share what their teacher computes, on disk: equal to runs that compute it in each step, and refused where it is not theirs. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importWeights } from '../../../src/runs/importWeights.js';
import { openRun } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { prepare, type TrainRun } from '../../../src/training/prepare.js';
import { stepProgram } from '../../../src/training/step.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { NO_SMALL_DISK, smallDisk } from '../runs/smallDisk.js';
import { distilled, lossesOf, STUDENT, TEACHER } from './distilled.js';
import { writeImages } from './images.js';

let root: string;
let data: string;
const at = (name: string) => join(root, name);
const losses = (run: string) => lossesOf(at(run));
const filesIn = (folder: string) => readdirSync(at(folder)).sort();
const outputs = (...steps: number[]) => [...steps.map((step) => `0000000${step}.safetensors`), 'outputs.json'];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-outputs-'));
  data = await writeImages(at('images'), 16);
  await importWeights({ path: TEACHER, out: at('teacher'), numHeads: 4, versions: {} });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Given = Readonly<Record<string, unknown>>;
const request = (run: string, settings: Given, changes: Partial<TrainRun> = {}) => ({
  ...{ data, run: at(run), maxSteps: 2 },
  settings: { ...STUDENT, tensorboard: false, distill_from: at('teacher'), ...settings },
  ...changes,
});
const trained = (...given: Parameters<typeof request>) => distilled(request(...given));
const resumed = (run: string, maxSteps: number, settings: Given = {}) =>
  distilled({ data, run: at(run), resume: true, maxSteps, settings });

describe('losses are the same, bit for bit, whether the teacher is computed in each step, before all, or was before', () => {
  it('by onnx, and in a run that is resumed and goes on for longer', async () => {
    const shared = { distill_outputs: at('outputs') };
    await trained('each', {}, { maxSteps: 5 });
    const first = await trained('first', shared, { maxSteps: 3 });
    expect(first.join('\n')).toMatch(
      /outputs of 3 steps take 0\.\d\d MB in .*: 3 \(.* MB\) are computed before the first step/,
    );
    expect(filesIn('outputs')).toEqual(outputs(1, 2, 3));
    const longer = await resumed('first', 5);
    expect(longer.join('\n')).toMatch(/outputs of 2 steps take .*: 2 \(.*\) are computed before the first step/);
    expect(filesIn('outputs')).toEqual(outputs(1, 2, 3, 4, 5));
    const again = await trained('again', shared, { maxSteps: 5 });
    expect(again.join('\n')).toContain(`in ${at('outputs')}: all are there, and the teacher is not computed`);
    expect(losses('each')).toHaveLength(5);
    for (const run of ['first', 'again']) expect(losses(run)).toEqual(losses('each'));
    // Where they are is no part of what a run is.
    await resumed('again', 6, { distill_outputs: '' });
    await resumed('each', 6, shared);
    expect(losses('again')).toEqual(losses('each'));
  });

  it.each([
    ['by eager', { engine: 'eager' }],
    ['of a batch in parts', { gradient_accumulation_steps: 2 }],
    ['without an iBOT loss', { ibot_loss_weight: 0 }],
  ])('%s', async (name, settings) => {
    await trained(`each ${name}`, settings, { maxSteps: 3 });
    await trained(`first ${name}`, { ...settings, distill_outputs: at(`outputs ${name}`) }, { maxSteps: 3 });
    expect(losses(`each ${name}`)).toHaveLength(3);
    expect(losses(`first ${name}`)).toEqual(losses(`each ${name}`));
  });
});

describe('the outputs of a run', () => {
  it('are those of another student, that sees other local crops', async () => {
    const before = statSync(join(at('outputs'), '00000001.safetensors')).mtimeMs;
    const student = { embed_dim: 24, depth: 1, lr: 0.01, local_crops_number: 1, local_size: 12, drop_path_rate: 0.1 };
    const log = await trained('other', { ...student, distill_outputs: at('outputs') });
    expect(log.join('\n')).toContain('all are there, and the teacher is not computed');
    expect(statSync(join(at('outputs'), '00000001.safetensors')).mtimeMs).toBe(before);
    expect(losses('other').every(Number.isFinite)).toBe(true);
  });

  it('take the place of the backbone of its teacher, of which the step has the heads alone', async () => {
    const { config } = (await openRun(at('first'))).record;
    const { state, inputs } = stepProgram(config);
    const ofTeacher = Object.keys(state).filter((name) => name.startsWith('teacher.'));
    expect(ofTeacher).toContain('teacher.ibot_head.mlp.0.weight');
    expect(ofTeacher.filter((name) => name.includes('backbone'))).toEqual([]);
    expect(inputs).toMatchObject({ teacher_cls: { shape: [8, 32] }, teacher_patches: { shape: [36, 32] } });
    const whole = stepProgram({ ...config, distill_outputs: '' });
    expect(Object.keys(whole.state)).toContain('teacher.backbone.cls_token');
  });

  it('stay when it is stopped before its first step, and are gone on with', async () => {
    const stop = new AbortController();
    const onProgress = ({ teacher }: { readonly teacher?: { readonly computed: number } }) => {
      if (teacher?.computed === 1) stop.abort();
    };
    const given = request('stopped', { distill_outputs: at('stopped outputs') }, { maxSteps: 3 });
    await distilled(given, { stop: stop.signal, onProgress });
    expect(filesIn('stopped outputs')).toEqual(outputs(1));
    expect(losses('stopped')).toEqual([]);
    const log = await resumed('stopped', 3);
    expect(log.join('\n')).toMatch(/: 1 are there, and 2 \(.*\) are computed before the first step/);
    expect(losses('stopped')).toEqual(losses('each').slice(0, 3));
  });

  it('are computed again where a file is cut off', async () => {
    const file = join(at('outputs'), '00000002.safetensors');
    const before = readFileSync(file);
    truncateSync(file, 100);
    const log = await trained('cut', { distill_outputs: at('outputs') }, { maxSteps: 3 });
    expect(log).toContain(`${file} is cut off, and is computed again`);
    expect(readFileSync(file)).toEqual(before);
    expect(losses('cut')).toEqual(losses('each').slice(0, 3));
  });

  it('are found to be of other images at the step that sees them, where neither name nor size tells', async () => {
    const [pixels, images] = [28 * 28, 8];
    const header = Buffer.alloc(16);
    [0x803, images, 28, 28].forEach((value, place) => {
      header.writeUInt32BE(value, 4 * place);
    });
    const idx = at('train-images-idx3-ubyte');
    const write = (shift: number) =>
      writeFileSync(
        idx,
        Buffer.concat([header, Buffer.from(Array.from({ length: images * pixels }, (_, i) => (i * 7 + shift) % 251))]),
      );
    write(0);
    const shared = { distill_outputs: at('idx outputs') };
    await trained('idx', shared, { data: idx, maxSteps: 1 });
    write(1);
    await expect(trained('idx changed', shared, { data: idx, maxSteps: 1 })).rejects.toThrow(
      '00000001.safetensors were computed from other crops or masks than those of step 1 now: an image has changed since',
    );
  });
});

describe('a run is refused, and leaves nothing', () => {
  const refused = async (settings: Given, sentence: string, changes: Partial<TrainRun> = {}) => {
    await expect(trained('refused', { distill_outputs: at('outputs'), ...settings }, changes)).rejects.toThrow(
      sentence,
    );
    expect(existsSync(at('refused'))).toBe(false);
  };

  it('with the outputs of another seed, batch, data set or teacher', async () => {
    await refused(
      { seed: 1, batch_size: 8 },
      `in ${at('outputs')} were computed with seed 0 (here 1), batch_size 4 (here 8): set the same`,
    );
    await refused({}, `in ${at('outputs')} were computed from the images of ${data}, 16 of them`, {
      data: await writeImages(at('more images'), 18),
    });
    const tensors = readSafetensors(TEACHER);
    const [[name = '', first] = []] = Object.entries(tensors);
    const other = { ...tensors, [name]: { ...first, data: first?.data.map((value) => value + 1) } };
    await writeSafetensors(at('other.safetensors'), other as typeof tensors);
    await importWeights({ path: at('other.safetensors'), out: at('another'), numHeads: 4, versions: {} });
    await refused({ distill_from: at('another') }, `in ${at('outputs')} are those of another teacher`);
  });

  it('with a folder that is something else, or cannot be written', async () => {
    await refused({ distill_outputs: data }, `${data} is not empty: choose a new folder for the outputs of a teacher`);
    writeFileSync(at('file'), '');
    await refused({ distill_outputs: at('file/outputs') }, 'a part of its path is a file, not a folder');
  });

  it('with too little room, of which it says how much it needs', async (context) => {
    const disk = smallDisk(2 ** 16);
    if (disk === undefined) return context.skip(NO_SMALL_DISK);
    await refused(
      { distill_outputs: join(disk.path, 'outputs'), epochs: 100 },
      `The teacher's outputs take 2.42 MB more in ${join(disk.path, 'outputs')}, but only 0.07 MB are free there: choose a folder on another disk`,
      { maxSteps: 400 },
    );
  });

  it('without a teacher', () => {
    const set = { method: 'dinov2', distill_outputs: 'here' };
    expect(() => resolveSettings({ set })).toThrow(
      'distill_outputs is "here", but must be empty without a teacher (distill_from).',
    );
  });

  it('by several GPUs, which share no batch of DINOv2', async () => {
    const settings = { gpus: 2, engine: 'tensorflow' };
    await refused(settings, 'gpus is 2, but must be 1 for the method dinov2');
  });
});

it('a run that is looked at before it starts says where its outputs are, whatever folder it was started in', async () => {
  const given = request('looked at', { distill_outputs: at('images/../outputs') });
  const { settings, outputs: planned } = await prepare({ ...given, resume: false }, new AbortController().signal);
  expect(settings.distill_outputs).toBe(at('outputs'));
  expect(planned?.missing).toEqual([]);
});
