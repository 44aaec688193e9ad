/** A run that is distilled from a frozen network: how it finds it, goes on bit for bit, and what cannot teach. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolesOf, savedRolesOf } from '../../../src/method/method.js';
import { latestCheckpoint, loadCheckpoint } from '../../../src/runs/checkpoint.js';
import { importWeights } from '../../../src/runs/importWeights.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { openRun } from '../../../src/runs/run.js';
import { trainedMethodOf } from '../../../src/training/methods/index.js';
import type { TrainRun } from '../../../src/training/prepare.js';
import { stepProgram } from '../../../src/training/step.js';
import { readTeacher } from '../../../src/training/teacher.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { distilled, lossesOf, REFERENCE, STUDENT, TEACHER } from './distilled.js';
import { writeImages } from './images.js';

let root: string;
let data: string;
const at = (name: string) => join(root, name);
const imported = (path: string, out: string, numHeads: number) =>
  importWeights({ path, out: at(out), numHeads, versions: {} });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-distillation-'));
  data = await writeImages(at('images'), 16);
  await imported(TEACHER, 'teacher', 4);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const trained = (run: string, changes: Partial<TrainRun>) => distilled({ data, run: at(run), ...changes });

const losses = (run: string) => lossesOf(at(run));

async function checkpointOf(run: string) {
  const method = trainedMethodOf((await openRun(at(run))).record.config).method((await openRun(at(run))).record.config);
  return loadCheckpoint(at(run), { ...method, roles: Object.fromEntries(savedRolesOf(method)) });
}

describe('a teacher from elsewhere', () => {
  it('teaches a run that goes on bit for bit, wherever the teacher lies then', async () => {
    const settings = { ...STUDENT, distill_from: at('teacher') };
    const log = await trained('straight', { settings, maxSteps: 4 });
    expect(log.join('\n')).toContain(`the teacher is ${at('teacher')} (teacher), which stays as it is`);
    await trained('interrupted', { settings, maxSteps: 2 });
    renameSync(at('teacher'), at('moved'));
    await expect(trained('interrupted', { resume: true, maxSteps: 4 })).rejects.toThrow(
      'The run is resumed with the teacher that it was started with: say by --set distill_from=PATH where it is now.',
    );
    await trained('interrupted', { resume: true, maxSteps: 4, settings: { distill_from: at('moved') } });
    renameSync(at('moved'), at('teacher'));
    expect(losses('straight')).toHaveLength(4);
    expect(losses('interrupted')).toEqual(losses('straight'));
    expect(await checkpointOf('interrupted')).toEqual(await checkpointOf('straight'));
  });

  it('is in the record, by its file and checksum, and in no checkpoint', async () => {
    const { record } = await openRun(at('straight'));
    const { sha256 } = (await readTeacher(at('teacher'))).recorded.files[0] ?? {};
    expect(record.teacher).toMatchObject({ file: at('teacher'), files: [{ name: 'teacher.safetensors', sha256 }] });
    expect(record.config).toMatchObject({
      ...{ distill_from: at('teacher'), patch_size: 4, out_dim: 40, ibot_separate_head: true },
      ...{
        ibot_head_n_prototypes: 56,
        centering: 'sinkhorn_knopp',
        drop_path_rate: 0,
        teacher_network: { head: { outDim: 40 } },
      },
    });
    const { path = '' } = latestCheckpoint(at('straight')) ?? {};
    const files = ['ema.safetensors', 'optimizer.safetensors', 'state.json', 'student.safetensors'];
    expect(readdirSync(path).sort()).toEqual(files);
  });

  it('has no moments, and the student no mask token', async () => {
    const { config } = (await openRun(at('straight'))).record;
    const state = Object.keys(stepProgram(config).state);
    expect(rolesOf(trainedMethodOf(config).method(config)).map(([role]) => role)).toEqual([
      'student',
      'ema',
      'teacher',
    ]);
    expect(state).toContain('teacher.ibot_head.mlp.0.weight');
    const moments = state.filter((name) => name.startsWith('exp_avg.'));
    expect(moments).toHaveLength(state.filter((name) => name.startsWith('student.')).length);
    expect(state.filter((name) => name.endsWith('mask_token'))).toEqual([]);
  });

  it('leaves the average of the student to be looked at, which can teach itself', async () => {
    const network = await loadNetwork(at('straight'));
    expect(network).toMatchObject({ network: 'ema', step: 4, backbone: { embedDim: 20, depth: 2, maskToken: false } });
    expect(network.backbone).toMatchObject({ layerScale: true, numHeads: 2, imageSize: 20 });
    const { name, recorded, shape } = await readTeacher(at('straight'));
    expect(name).toBe('images, step 4 (ema)');
    expect(recorded.file).toBe(join(latestCheckpoint(at('straight'))?.path ?? '', 'ema.safetensors'));
    expect(shape).toMatchObject({ backbone: { embedDim: 20 }, patchHead: { outDim: 56 } });
  });

  it('is refused where it is another one than at the start', async () => {
    const tensors = readSafetensors(TEACHER);
    const other = Object.entries(tensors).map(([name, tensor], i) => [
      name,
      i === 0 ? { ...tensor, data: tensor.data.map((value) => value + 1) } : tensor,
    ]);
    await writeSafetensors(at('other.safetensors'), Object.fromEntries(other));
    await imported(at('other.safetensors'), 'other', 4);
    await expect(trained('straight', { resume: true, settings: { distill_from: at('other') } })).rejects.toThrow(
      `${at('other')} is not the teacher that the run was started with: its SHA-256 is `,
    );
    await expect(trained('straight', { resume: true, settings: { distill_from: '' } })).rejects.toThrow(
      'distill_from is empty, but must name the file of the teacher',
    );
  });
});

it('a run of DINOv2 that was trained here teaches one of another width, depth and length, through the head that it has', async () => {
  const teacher = { ...STUDENT, embed_dim: 24, depth: 3, patch_size: 5, image_size: 25, local_size: 10, out_dim: 18 };
  await trained('taught', { settings: teacher, maxSteps: 1 });
  const log = await trained('pupil', {
    settings: { ...STUDENT, distill_from: at('taught'), image_size: 20, local_size: 10 },
    maxSteps: 1,
  });
  expect(log.join('\n')).toContain('has no head of its own for patches');
  const { record } = await openRun(at('pupil'));
  expect(record.config).toMatchObject({ patch_size: 5, out_dim: 18, ibot_separate_head: false, image_size: 20 });
  expect(record.teacher).toMatchObject({ file: join(at('taught'), 'checkpoints/00000001/teacher.safetensors') });
  expect(losses('pupil').every(Number.isFinite)).toBe(true);
});

describe('what cannot teach is refused in a sentence', () => {
  const refusal = (settings: Readonly<Record<string, unknown>>) =>
    expect(trained('refused', { settings: { ...STUDENT, ...settings } })).rejects;

  it('a network without heads, or whose head knows no patches', async () => {
    await refusal({ distill_from: join(REFERENCE, 'weights/hf-dinov2') }).toThrow(
      'hf-dinov2 cannot teach: it has no projection head, and the student learns what that gives.',
    );
    await imported(join(REFERENCE, 'tiny-vit/checkpoint.pth'), 'dino', 3);
    await refusal({ distill_from: at('dino') }).toThrow(
      'dino cannot teach: no head of it was trained on patches, as DINOv2 trains them.',
    );
    await refusal({ distill_from: at('nowhere') }).toThrow('nowhere cannot be read');
  });

  it('one of other patches or prototypes than were asked for', async () => {
    await refusal({ distill_from: at('teacher'), patch_size: 5, local_size: 10, ibot_head_n_prototypes: 8 }).toThrow(
      `A run that ${at('teacher')} teaches cannot have patch_size 5 (it has 4), ibot_head_n_prototypes 8 (it has 56): leave these settings out.`,
    );
  });

  it('by another method, or with a center', async () => {
    await refusal({ distill_from: at('teacher'), method: 'dino' }).toThrow(
      'but must be empty for the method dino: set method to dinov2.',
    );
    await refusal({ distill_from: at('teacher'), centering: 'centering' }).toThrow(
      'centering is "centering", but must be "sinkhorn_knopp" with a teacher (distill_from).',
    );
  });
});
