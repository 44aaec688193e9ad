/** A folder with the outputs of a teacher: what was written comes back, and nothing else does. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/program/program.js';
import { OutputsFolder } from '../../../src/runs/teacherOutputs/outputsFolder.js';
import type { OutputsSource } from '../../../src/runs/teacherOutputs/outputsRecord.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { NO_SMALL_DISK, smallDisk } from './smallDisk.js';
import { temporaryFolder } from './temporaryFolder.js';

const SPECS = { teacher_cls: float32(4, 3), teacher_patches: float32(5, 3) };
const GIVEN = { globals: Float32Array.of(1, 2, 3), masks: Float32Array.of(0, 1) };
const OUTPUTS = {
  teacher_cls: Float32Array.from({ length: 12 }, (_, i) => i / 7),
  teacher_patches: Float32Array.from({ length: 15 }, (_, i) => -i / 7),
};

const head = { inDim: 3, hiddenDim: 4, bottleneckDim: 2, outDim: 6, normLastLayer: false, batchNorm: false };
const resnet = { kind: 'resnet', block: 'basic', layers: [1, 1, 1, 1], width: 3, inChans: 3, imageSize: 8 } as const;

const source = (changes: Partial<OutputsSource> = {}): OutputsSource => ({
  teacher: {
    file: '/teacher.pth',
    library: 'dinov2',
    files: [{ name: 'teacher.pth', bytes: 9, sha256: 'a'.repeat(64) }],
  },
  network: { backbone: { ...resnet, layers: [1, 1, 1, 1] }, head, patchHead: null },
  dataset: { path: '/images', fingerprint: 'f', images: 16 },
  settings: resolveSettings({ set: { method: 'dinov2' } }).settings,
  ...changes,
});

const noPause = () => Promise.resolve();

async function written(folder = join(temporaryFolder(), 'a/b')) {
  const outputs = new OutputsFolder(folder, source(), SPECS);
  await outputs.begin();
  await outputs.write(1, GIVEN, OUTPUTS);
  return { folder, outputs, file: join(folder, '00000002.safetensors') };
}

it('gives back what was written, bit for bit, and knows what is missing', async () => {
  const { folder, outputs, file } = await written();
  expect(readdirSync(folder).sort()).toEqual(['00000002.safetensors', 'outputs.json']);
  expect(readFileSync(file)).toHaveLength(outputs.bytesOfStep);
  const again = new OutputsFolder(folder, source(), SPECS);
  expect(await again.look({ first: 0, end: 4 }, noPause)).toEqual({ missing: [0, 2, 3], cut: [] });
  expect(await again.look({ first: 1, end: 2 }, noPause)).toEqual({ missing: [], cut: [] });
  expect(await again.read(1, GIVEN)).toEqual(OUTPUTS);
});

it('writes nothing before it begins, and may be begun by two runs', async () => {
  const folder = join(temporaryFolder(), 'outputs');
  const [one, other] = [new OutputsFolder(folder, source(), SPECS), new OutputsFolder(folder, source(), SPECS)];
  expect(await one.look({ first: 0, end: 2 }, noPause)).toEqual({ missing: [0, 1], cut: [] });
  expect(await one.room()).toBeGreaterThan(0);
  expect(readdirSync(join(folder, '..'))).toEqual([]);
  await one.begin();
  await other.begin();
  const [left, young] = ['left.unfinished', 'young.unfinished'].map((name) => join(folder, name)) as [string, string];
  for (const file of [left, young]) writeFileSync(file, '');
  utimesSync(left, 0, 0);
  await one.begin();
  expect(readdirSync(folder).sort()).toEqual(['outputs.json', 'young.unfinished']);
  rmSync(young);
  await Promise.all([one.write(0, GIVEN, OUTPUTS), other.write(0, GIVEN, OUTPUTS)]);
  expect(await one.read(0, GIVEN)).toEqual(OUTPUTS);
  expect(readdirSync(folder).sort()).toEqual(['00000001.safetensors', 'outputs.json']);
});

const otherTeacher = (): OutputsSource['teacher'] => ({
  ...source().teacher,
  file: '/other.pth',
  files: [{ name: 'other.pth', bytes: 9, sha256: 'b'.repeat(64) }],
});

it('of two runs with different teachers that begin together one is refused', async () => {
  const folder = join(temporaryFolder(), 'outputs');
  const runs = [{}, { teacher: otherTeacher() }].map((changes) => new OutputsFolder(folder, source(changes), SPECS));
  const begun = await Promise.allSettled(runs.map((run) => run.begin()));
  expect(begun.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [refused] = begun.flatMap((each) => (each.status === 'rejected' ? [`${each.reason}`] : []));
  expect(refused).toContain(`The outputs in ${folder} are those of another teacher`);
  expect(readdirSync(folder)).toEqual(['outputs.json']);
});

it('a look ends when it is told to, and a file that is gone by then counts as missing', async () => {
  const { outputs, file } = await written();
  const stopped = () => Promise.reject(new Error('stopped'));
  await expect(outputs.look({ first: 0, end: 2 }, stopped)).rejects.toThrow('stopped');
  rmSync(file);
  symlinkSync('nowhere', file);
  expect(await outputs.look({ first: 0, end: 600 }, noPause)).toMatchObject({
    missing: Array.from({ length: 600 }, (_, step) => step),
    cut: [],
  });
});

describe('a file of a step', () => {
  it('of another teacher, or of another shape of it, is refused', async () => {
    const { outputs, file, folder } = await written();
    const { network } = source();
    const others = [{ teacher: otherTeacher() }, { network: { ...network, head: { ...head, outDim: 7 } } }];
    for (const changes of others) {
      rmSync(join(folder, 'outputs.json'));
      rmSync(file);
      const other = new OutputsFolder(folder, source(changes), SPECS);
      await other.begin();
      await other.write(1, GIVEN, OUTPUTS);
      expect(await other.read(1, GIVEN)).toEqual(OUTPUTS);
      await expect(outputs.read(1, GIVEN)).rejects.toThrow(
        `The teacher's outputs ${file} are those of another teacher than this run has: choose another folder for distill_outputs.`,
      );
    }
  });

  it('that is cut off counts as missing', async () => {
    const { outputs, file } = await written();
    truncateSync(file, 100);
    expect(await outputs.look({ first: 0, end: 2 }, noPause)).toEqual({ missing: [0, 1], cut: [file] });
    await expect(outputs.read(1, GIVEN)).rejects.toThrow(`The teacher's outputs ${file} are damaged: it is truncated`);
  });

  it('with other values than were written is refused', async () => {
    const { outputs, file } = await written();
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(file, bytes);
    await expect(outputs.read(1, GIVEN)).rejects.toThrow(
      `The teacher's outputs ${file} are damaged: its values are not those that were written; delete this file and resume the run, which computes it again.`,
    );
  });

  it('of other crops or other masks is refused', async () => {
    const { outputs, file } = await written();
    const others = [
      { ...GIVEN, globals: Float32Array.of(1, 2, 4) },
      { ...GIVEN, masks: Float32Array.of(1, 1) },
      { globals: GIVEN.globals },
    ];
    for (const other of others)
      await expect(outputs.read(1, other)).rejects.toThrow(
        `The teacher's outputs ${file} were computed from other crops or masks than those of step 2 now`,
      );
  });

  it('of other shapes, or that is gone, is refused', async () => {
    const { folder, outputs, file } = await written();
    const narrow = new OutputsFolder(folder, source(), { ...SPECS, teacher_cls: float32(6, 2) });
    await expect(narrow.read(1, GIVEN)).rejects.toThrow('are damaged: it has other shapes than the run needs');
    await expect(outputs.read(0, GIVEN)).rejects.toThrow('00000001.safetensors cannot be read: it does not exist');
    expect(file).toContain(folder);
  });
});

describe('a folder is refused', () => {
  const opened = (folder: string, changes: Partial<OutputsSource>) => () =>
    new OutputsFolder(folder, source(changes), SPECS);

  it('with the outputs of another teacher', async () => {
    const { folder } = await written();
    const { teacher, network } = source();
    expect(opened(folder, { teacher: otherTeacher() })).toThrow(
      `The outputs in ${folder} are those of another teacher, /teacher.pth (SHA-256 aaaaaaaaaaaa…), and not of /other.pth (SHA-256 bbbbbbbbbbbb…): choose another folder for distill_outputs.`,
    );
    expect(opened(folder, { teacher: { ...teacher, network: 'student' } })).toThrow('are those of another teacher');
    expect(opened(folder, { network: { ...network, head: { ...head, outDim: 7 } } })).toThrow('of another shape');
    // Where it lies does not matter.
    expect(opened(folder, { teacher: { ...teacher, file: '/elsewhere/teacher.pth' } })).not.toThrow();
  });

  it('of other images', async () => {
    const { folder } = await written();
    const dataset = { path: '/others', fingerprint: 'g', images: 17 };
    expect(opened(folder, { dataset })).toThrow(
      `The outputs in ${folder} were computed from the images of /images, 16 of them, and not from those of /others, 17 by name and size`,
    );
    expect(opened(folder, { dataset: { ...source().dataset, path: '/moved' } })).not.toThrow();
  });

  it('of other crops, by the names of the settings and both values', async () => {
    const { folder } = await written();
    const { settings } = source();
    expect(opened(folder, { settings: { ...settings, seed: 3, blur_radius: [0.1, 1] } })).toThrow(
      `The outputs in ${folder} were computed with seed 0 (here 3), blur_radius [0.1,2] (here [0.1,1]): set the same, or choose another folder for distill_outputs.`,
    );
  });

  it('that has something else, or a damaged record', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'diary.txt'), '');
    expect(opened(folder, {})).toThrow(
      `${folder} is not empty: choose a new folder for the outputs of a teacher (distill_outputs).`,
    );
    const { folder: damaged } = await written();
    const record = join(damaged, 'outputs.json');
    writeFileSync(record, '{');
    expect(opened(damaged, {})).toThrow(`${record} cannot be read: it is not JSON.`);
    writeFileSync(record, JSON.stringify({ schemaVersion: 2 }));
    expect(opened(damaged, {})).toThrow(`${record} is damaged: schemaVersion is 2, but must be 1.`);
  });

  it('where nothing can be written', async (context) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const below = join(folder, 'file/outputs');
    await expect(async () => new OutputsFolder(below, source(), SPECS).room()).rejects.toThrow(
      'a part of its path is a file, not a folder',
    );
    const disk = smallDisk(2 ** 16);
    if (disk === undefined) return context.skip(NO_SMALL_DISK);
    const outputs = new OutputsFolder(join(disk.path, 'outputs'), source(), SPECS);
    expect(await outputs.room()).toBeLessThanOrEqual(2 ** 16);
    await outputs.begin();
    const large = { ...OUTPUTS, teacher_cls: new Float32Array(2 ** 16) };
    await expect(outputs.write(0, GIVEN, large)).rejects.toThrow('the disk is full: free some space');
    expect(await outputs.look({ first: 0, end: 1 }, noPause)).toEqual({ missing: [0], cut: [] });
    disk.makeReadOnly();
    await expect(outputs.room()).rejects.toThrow(
      `The teacher's outputs cannot be written to ${join(disk.path, 'outputs')}: the file system is read-only`,
    );
    expect(() => mkdirSync(join(disk.path, 'x'))).toThrow();
  });
});
