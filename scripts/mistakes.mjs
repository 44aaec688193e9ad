// Ways in which people get a run wrong, one each, for scripts/provokeMistakes.mjs.
import { copyFile, cp, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/**
 * @typedef {object} Provoked
 * @property {string} name
 * @property {Record<string, unknown>} set settings that differ from a run that learns
 * @property {string[]} kinds what the diagnosis is to call it, any of them
 * @property {RegExp} [remedies] what it is to advise
 * @property {string} [data] the images, a name of `dataSets`
 */

/** @returns {Promise<string[]>} The files of all classes, in an order that mixes them. */
async function filesIn(/** @type {string} */ folder) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.png'));
  return names.sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1)).map((name) => path.join(folder, name));
}

/** Copies the file at `of(i)` for each i below `count`. */
async function copies(
  /** @type {string} */ emoji,
  /** @type {string} */ folder,
  /** @type {number} */ count,
  of = (/** @type {number} */ i) => i,
) {
  const files = await filesIn(emoji);
  for (let i = 0; i < count; i++) await copyFile(files[of(i)] ?? '', path.join(folder, `${i}.png`));
}

/** Makes the images of a data set in a folder, from the emoji. @type {Record<string, (emoji: string, folder: string) => Promise<void>>} */
export const dataSets = {
  emoji: (emoji, folder) => cp(emoji, folder, { recursive: true }),
  'without classes': (emoji, folder) => copies(emoji, folder, 480),
  'one image many times': (emoji, folder) => copies(emoji, folder, 160, () => 0),
  'every image four times': (emoji, folder) => copies(emoji, folder, 480, (i) => i >> 2),
  'one image': (emoji, folder) => copies(emoji, folder, 1),
  '12 images': (emoji, folder) => copies(emoji, folder, 12),
  '40 images': (emoji, folder) => copies(emoji, folder, 40),
  async black(_, folder) {
    const black = { width: 64, height: 64, channels: /** @type {const} */ (3), background: '#000' };
    for (let i = 0; i < 160; i++)
      await sharp({ create: black })
        .png()
        .toFile(path.join(folder, `${i}.png`));
  },
  async 'a third blank'(emoji, folder) {
    await copies(emoji, folder, 320);
    const white = { width: 64, height: 64, channels: /** @type {const} */ (3), background: '#fff' };
    for (let i = 0; i < 160; i++)
      await sharp({ create: white })
        .png()
        .toFile(path.join(folder, `blank ${i}.png`));
  },
  async 'a tenth unreadable'(emoji, folder) {
    await copies(emoji, folder, 432);
    for (let i = 0; i < 48; i++) await writeFile(path.join(folder, `broken ${i}.png`), 'not an image');
  },
};

/** Runs that learn: they must be left in peace. @type {Provoked[]} */
export const healthy = [
  { name: 'healthy', set: {}, kinds: ['learning'] },
  { name: 'healthy, no classes', data: 'without classes', set: { seed: 7, out_dim: 512 }, kinds: ['learning'] },
  {
    name: 'healthy, other rates',
    set: { momentum_teacher: 0.99, lr: 0.008 },
    kinds: ['learning'],
  },
];

/** @type {Provoked[]} */
export const mistakes = [
  {
    name: 'rate far too high',
    set: { lr: 1 },
    kinds: ['rate-too-high', 'diverged'],
    remedies: /lr to about 0\.008|lower lr/i,
  },
  { name: 'rate too high', set: { lr: 0.1 }, kinds: ['rate-too-high'], remedies: /Lower lr to about 0\.008/ },
  {
    name: 'rate far too low',
    set: { lr: 1e-6, min_lr: 1e-8 },
    kinds: ['rate-too-low'],
    remedies: /Raise lr to about 0\.008/,
  },
  { name: 'rate too low', set: { lr: 2e-4 }, kinds: ['rate-too-low'], remedies: /Raise lr to about 0\.008/ },
  { name: 'rate rises', set: { min_lr: 0.002 }, kinds: ['rate-rises'], remedies: /Lower min_lr/ },
  { name: 'no warm-up', set: { warmup_epochs: 0, lr: 0.03 }, kinds: ['not-warmed-up'], remedies: /warmup_epochs/ },
  {
    name: 'warm-up of one epoch, which does little harm',
    set: { warmup_epochs: 1, lr: 0.045 },
    kinds: ['warm-up-too-short', 'learning'],
  },
  { name: 'warm-up to the end', set: { warmup_epochs: 19 }, kinds: ['warm-up-too-long'], remedies: /epochs/ },
  {
    name: 'teacher never moves',
    set: { momentum_teacher: 1 },
    kinds: ['teacher-too-slow'],
    remedies: /Lower momentum_teacher/,
  },
  {
    name: 'teacher hardly moves',
    set: { momentum_teacher: 0.9995 },
    kinds: ['teacher-too-slow'],
    remedies: /Lower momentum_teacher/,
  },
  {
    name: 'teacher is the student',
    set: { momentum_teacher: 0 },
    kinds: ['teacher-too-quick'],
    remedies: /Raise momentum_teacher/,
  },
  {
    name: 'teacher too quick',
    set: { momentum_teacher: 0.8, lr: 0.01 },
    kinds: ['teacher-too-quick'],
    remedies: /Raise momentum_teacher/,
  },
  {
    name: 'quick teacher at a high rate',
    set: { momentum_teacher: 0.9, lr: 0.03 },
    kinds: ['uniform'],
    remedies: /Lower lr .* raise momentum_teacher/,
  },
  {
    name: 'teacher far too soft',
    set: { teacher_temp: 0.5, warmup_teacher_temp: 0.5 },
    kinds: ['teacher-too-soft'],
    remedies: /lower teacher_temp/i,
  },
  {
    name: 'teacher too soft',
    set: { teacher_temp: 0.1, warmup_teacher_temp: 0.1 },
    kinds: ['teacher-too-soft'],
    remedies: /lower teacher_temp/i,
  },
  {
    name: 'teacher too sharp',
    set: { teacher_temp: 0.001, warmup_teacher_temp: 0.001 },
    kinds: ['teacher-too-sharp'],
    remedies: /Raise teacher_temp/,
  },
  { name: 'student too soft', set: { student_temp: 1 }, kinds: ['student-too-soft'], remedies: /Lower student_temp/ },
  {
    name: 'center never moves',
    set: { center_momentum: 1 },
    kinds: ['center-fixed'],
    remedies: /Lower center_momentum/,
  },
  {
    name: 'center too slow',
    set: { center_momentum: 0.999 },
    kinds: ['center-fixed'],
    remedies: /Lower center_momentum/,
  },
  {
    name: 'center of one batch, which does no harm',
    set: { center_momentum: 0 },
    kinds: ['learning'],
  },
  {
    name: 'weight decay huge',
    set: { weight_decay: 10, weight_decay_end: 10 },
    kinds: ['weight-decay-too-high'],
    remedies: /weight_decay to 0\.04/,
  },
  {
    name: 'gradients clipped to nothing',
    set: { clip_grad: 1e-9 },
    kinds: ['clipped-to-nothing'],
    remedies: /clip_grad to 3/,
  },
  {
    name: 'drop path too high',
    set: { drop_path_rate: 0.9 },
    kinds: ['drop-path-too-high'],
    remedies: /Lower drop_path_rate/,
  },
  {
    name: 'global crops too small',
    set: { global_crops_scale: [0.01, 0.05] },
    kinds: ['global-crops-too-small'],
    remedies: /global_crops_scale/,
  },
  {
    name: 'local crops too small',
    set: { local_crops_scale: [0.002, 0.01] },
    kinds: ['local-crops-too-small'],
    remedies: /local_crops_scale/,
  },
  {
    name: 'crops exchanged',
    set: { global_crops_scale: [0.1, 0.4], local_crops_scale: [0.5, 1] },
    kinds: ['crops-exchanged'],
    remedies: /global_crops_scale/,
  },
  {
    name: 'views all alike',
    set: { global_crops_scale: [1, 1], local_crops_scale: [1, 1], jitter_strength: 0 },
    kinds: ['views-alike'],
    remedies: /global_crops_scale/,
  },
  {
    name: 'colors destroyed',
    set: { jitter_strength: 5 },
    kinds: ['colors-destroyed'],
    remedies: /Lower jitter_strength/,
  },
  { name: 'blurred away', set: { blur_radius: [8, 16] }, kinds: ['blurred-away'], remedies: /Lower blur_radius/ },
  { name: 'one patch', set: { patch_size: 32, local_size: 32 }, kinds: ['one-patch'], remedies: /Lower patch_size/ },
  {
    name: 'prototypes frozen',
    set: { freeze_last_layer: 20 },
    kinds: ['last-layer-frozen'],
    remedies: /Lower freeze_last_layer/,
  },
  {
    name: 'too many prototypes',
    set: { out_dim: 16384, epochs: 6, warmup_epochs: 3 },
    kinds: ['too-many-prototypes'],
    remedies: /Lower out_dim/,
  },
  { name: 'too few prototypes', set: { out_dim: 4 }, kinds: ['too-few-prototypes'], remedies: /Raise out_dim/ },
  {
    name: 'bottleneck too narrow',
    set: { head_bottleneck_dim: 1 },
    kinds: ['bottleneck-too-narrow'],
    remedies: /Raise head_bottleneck_dim/,
  },
  {
    name: 'batch of one',
    set: { batch_size: 1, epochs: 2, warmup_epochs: 1 },
    kinds: ['batch-too-small'],
    remedies: /Raise batch_size/,
  },
  {
    name: 'batch of two',
    set: { batch_size: 2, epochs: 3, warmup_epochs: 1 },
    kinds: ['batch-too-small'],
    remedies: /Raise batch_size/,
  },
  { name: 'one epoch', set: { epochs: 1, warmup_epochs: 0 }, kinds: ['too-few-steps'], remedies: /Raise epochs/ },
  {
    name: 'images enlarged',
    set: { image_size: 160, local_size: 64, patch_size: 32, epochs: 8, warmup_epochs: 4 },
    kinds: ['images-enlarged'],
    remedies: /image_size/,
  },
  {
    name: 'images all black',
    data: 'black',
    set: { epochs: 40, warmup_epochs: 20 },
    kinds: ['blank-images'],
    remedies: /blank/,
  },
  { name: 'a third of the images blank', data: 'a third blank', set: {}, kinds: ['blank-images'], remedies: /blank/ },
  {
    name: 'one image many times',
    data: 'one image many times',
    set: { epochs: 40, warmup_epochs: 20 },
    kinds: ['images-alike'],
    remedies: /duplicates/,
  },
  {
    name: 'every image four times',
    data: 'every image four times',
    set: {},
    kinds: ['images-alike'],
    remedies: /duplicates/,
  },
  {
    name: 'one image',
    data: 'one image',
    set: { batch_size: 1, epochs: 300, warmup_epochs: 100 },
    kinds: ['too-few-images'],
    remedies: /images/i,
  },
  {
    name: '12 images',
    data: '12 images',
    set: { batch_size: 6, epochs: 200, warmup_epochs: 90 },
    kinds: ['too-few-images'],
    remedies: /Add images/,
  },
  {
    name: '40 images',
    data: '40 images',
    set: { epochs: 200, warmup_epochs: 90 },
    kinds: ['too-few-images', 'learning'],
  },
  {
    name: 'a tenth unreadable',
    data: 'a tenth unreadable',
    set: { max_unreadable_share: 0.5 },
    kinds: ['unreadable-images'],
    remedies: /log/,
  },
];
