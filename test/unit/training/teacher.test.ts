/** What a teacher decides of the run that it teaches. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importWeights } from '../../../src/runs/importWeights.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { readTeacher, requireFittingTeacher, teacherRemarks } from '../../../src/training/teacher.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { torchFile } from '../weights/torchFile.js';
import { dict } from '../weights/torchFiles.js';
import { importedTeacher, REFERENCE } from './distilled.js';

/** A network of DINOv2, as its mask token tells, whose patches go through the head of the CLS token. */
async function teacherOfOneHead(): Promise<string> {
  const mask = { shape: [1, 48], dtype: 'float32' as const, data: new Float32Array(48) };
  const weights = readSafetensors(join(REFERENCE, 'tiny-vit/teacher_final.safetensors'));
  const path = torchFile({ ...weights, 'backbone.mask_token': mask }, (teacher) => dict({ teacher }));
  const out = join(temporaryFolder(), 'one-head');
  await importWeights({ path, out, numHeads: 3, versions: {} });
  return out;
}

it('a teacher with a head for patches decides on both heads', async () => {
  const path = await importedTeacher();
  const teacher = await readTeacher(path);
  expect(teacher.settings).toEqual({
    patch_size: 4,
    in_chans: 3,
    out_dim: 40,
    ibot_separate_head: true,
    ibot_head_n_prototypes: 56,
  });
  expect(teacher.notes).toEqual([]);
  expect(teacher.shape).toMatchObject({ backbone: { maskToken: false }, patchHead: { outDim: 56 } });
  expect(teacherRemarks(teacher)).toEqual([
    `the teacher is ${path} (teacher), which stays as it is; what is looked at is ema, the average of the student`,
  ]);
});

it('one without it decides on the one head that it has, and says so', async () => {
  const path = await teacherOfOneHead();
  const { settings, notes, shape } = await readTeacher(path);
  expect(settings).toMatchObject({ patch_size: 8, ibot_separate_head: false });
  expect(settings).not.toHaveProperty('ibot_head_n_prototypes');
  expect(shape.patchHead).toBeNull();
  expect(notes).toEqual([
    `${path} has no head of its own for patches: they go through the one of CLS, as ibot_separate_head false has it`,
  ]);
});

it('what contradicts a teacher is named, and nothing else', async () => {
  const teacher = await readTeacher(await importedTeacher());
  const { settings } = resolveSettings({ set: { method: 'dinov2', ...teacher.settings } });
  requireFittingTeacher(teacher, { ...settings, teacher_network: null });
  requireFittingTeacher(teacher, { ...settings, teacher_network: teacher.shape });
  const other = { ...teacher.shape, patchHead: null };
  expect(() => requireFittingTeacher(teacher, { ...settings, out_dim: 64, teacher_network: other })).toThrow(
    /teaches cannot have out_dim 64 \(it has 40\), the teacher_network of another file: leave these settings out\.$/,
  );
});
