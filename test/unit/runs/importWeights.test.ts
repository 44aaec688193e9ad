import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportNetwork } from '../../../src/exports/exportNetwork.js';
import { EXPORT_FORMATS } from '../../../src/exports/formats/index.js';
import { readImportRecord } from '../../../src/runs/importedRecord.js';
import { importWeights } from '../../../src/runs/importWeights.js';
import { loadNetwork, provenanceOf } from '../../../src/runs/network.js';
import { counted } from '../../../src/text/counted.js';
import { temporaryFolder } from './temporaryFolder.js';

const WEIGHTS = join(import.meta.dirname, '../../reference/weights');
const versions = { 'dino-lab': '1' };
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

it.each(['timm-dinov2_giant_reg4', 'hf-dinov2_registers', 'dino/resnet-full.pth'])(
  'imported weights are the same network, and know where they come from: %s',
  async (name) => {
    const path = join(WEIGHTS, name);
    const out = join(temporaryFolder(), 'imported');
    const { source } = await importWeights({ path, out, versions });
    const direct = await loadNetwork(path);
    const { name: called, notes, source: _, ...imported } = await loadNetwork(out);
    const { parameters, backbone } = direct;
    expect(imported).toMatchObject({ parameters, backbone });
    expect([called.split(' ')[0], notes]).toEqual(['imported', direct.notes]);
    expect(source).toEqual(await provenanceOf(path, direct));
    expect(await provenanceOf(out, await loadNetwork(join(out, 'weights.safetensors')))).toEqual(source);
    const folder = name.endsWith('.pth') ? join(path, '..') : path;
    for (const { name, bytes, sha256: sum } of source.files) {
      expect(bytes).toBe(readFileSync(join(folder, name)).length);
      expect(sum).toBe(sha256(join(folder, name)));
    }
  },
);

it('heads are asked for where nothing tells them, and kept', async () => {
  const path = join(WEIGHTS, 'dinov2/chunked.pth');
  const out = join(temporaryFolder(), 'imported');
  await expect(importWeights({ path, out, versions })).rejects.toThrow('say how many (--heads)');
  expect(existsSync(out)).toBe(false);
  await importWeights({ path, out, numHeads: 2, versions });
  expect((await loadNetwork(out)).backbone).toMatchObject({ numHeads: 2, depth: 4 });
  expect((await loadNetwork(out, { numHeads: 3 })).backbone).toMatchObject({ numHeads: 3 });
});

it('heads that contradict the configuration beside the weights are refused by both', async () => {
  const out = join(temporaryFolder(), 'imported');
  const refused = (path: string, said: string) =>
    `${path} cannot be read with --heads 3: ${join(path, 'config.json')} says ${said}; leave --heads out, or correct that file.`;
  const [vit, timm] = [join(WEIGHTS, 'hf-vit'), join(WEIGHTS, 'timm-dino')];
  await expect(importWeights({ path: vit, out, numHeads: 3, versions })).rejects.toThrow(
    refused(vit, 'num_attention_heads 2'),
  );
  await expect(loadNetwork(vit, { numHeads: 3 })).rejects.toThrow(refused(vit, 'num_attention_heads 2'));
  await expect(loadNetwork(timm, { numHeads: 3 })).rejects.toThrow(refused(timm, 'num_heads 2'));
  expect((await loadNetwork(vit, { numHeads: 2 })).backbone).toMatchObject({ numHeads: 2 });
});

it('nothing is written over, and what is damaged is named', async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'mine'), '');
  const path = join(WEIGHTS, 'timm-dino');
  await expect(importWeights({ path, out, versions })).rejects.toThrow(`${out} is not empty: choose a new folder`);
  expect(readdirSync(out)).toEqual(['mine']);
  const good = join(temporaryFolder(), 'imported');
  await importWeights({ path, out: good, versions });
  writeFileSync(join(good, 'import.json'), '{"schemaVersion": 1}');
  await expect(loadNetwork(good)).rejects.toThrow(`${join(good, 'import.json')} is damaged: backbone is missing.`);
});

const imported = async (path: string, more: Partial<Parameters<typeof importWeights>[0]> = {}): Promise<string> => {
  const out = join(temporaryFolder(), 'imported');
  await importWeights({ path, out, versions, ...more });
  return out;
};

it('weights that were altered or cut after the import are refused', async () => {
  const out = await imported(join(WEIGHTS, 'timm-dino'));
  const file = join(out, 'weights.safetensors');
  expect(readImportRecord(out).weights).toEqual({ bytes: statSync(file).size, sha256: sha256(file) });
  const bytes = readFileSync(file);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const again = `import the weights again from ${join(WEIGHTS, 'timm-dino')}.`;
  const altered = `${file} was changed after the import: its SHA-256 is ${sha256(file).slice(0, 12)}…, but was`;
  await expect(loadNetwork(out)).rejects.toThrow(altered);
  await expect(loadNetwork(file)).rejects.toThrow(again);
  await expect(imported(out)).rejects.toThrow(altered);
  truncateSync(file, bytes.length - 4);
  await expect(loadNetwork(out)).rejects.toThrow(
    `${file} was changed after the import: it has ${bytes.length - 4} bytes, but had ${bytes.length}; ${again}`,
  );
});

it('an import of before, without a checksum, is read as it is', async () => {
  const out = await imported(join(WEIGHTS, 'timm-dino'));
  const { weights: _, ...before } = readImportRecord(out);
  writeFileSync(join(out, 'import.json'), JSON.stringify(before));
  expect((await loadNetwork(out)).backbone).toMatchObject({ embedDim: 12 });
});

it('an import is imported again as what it is: nothing is asked, no rule of its library is lost', async () => {
  const first = await imported(join(WEIGHTS, 'dinov2/chunked.pth'), { numHeads: 2 });
  const second = await imported(first);
  const [one, other] = [await loadNetwork(first), await loadNetwork(second)];
  expect(other).toEqual({ ...one, name: other.name });
  expect((await loadNetwork(await imported(join(first, 'weights.safetensors')))).backbone).toEqual(one.backbone);
  await expect(imported(first, { library: 'timm' })).rejects.toThrow('leave --network and --library out');
});

it('a run is no import', async () => {
  const run = temporaryFolder();
  mkdirSync(join(run, 'checkpoints'));
  await expect(imported(run)).rejects.toThrow(`${run} is a run of DINO Lab, or one of its checkpoints`);
});

it.each([1, 4])('the first layer takes %d channels by the rule that the provenance names', async (channels) => {
  const path = join(WEIGHTS, 'timm-dino');
  const out = await imported(path, { channels });
  const [plain, adapted] = [await loadNetwork(path), await loadNetwork(out)];
  expect(adapted.backbone).toEqual({ ...plain.backbone, inChans: channels });
  const { 'backbone.patch_embed.proj.weight': layer, ...others } = adapted.parameters;
  expect(layer?.shape).toEqual([12, channels, 4, 4]);
  expect(plain.parameters).toMatchObject(others);
  expect(adapted.source).toMatchObject({ channels: { from: 3, to: channels } });
  await expect(imported(out, { channels: 2 })).rejects.toThrow(
    `${out} takes images of ${counted(channels, 'channel')}: weights for 2 are made from those for 3 (RGB).`,
  );
});

it.each(
  EXPORT_FORMATS.filter(({ name }) => name !== 'onnx' && name !== 'savedmodel').map(
    (format) => [format.name, format] as const,
  ),
)('a network of six channels comes back through an export as %s, bit for bit', async (_, format) => {
  const six = await imported(join(WEIGHTS, 'timm-dino'), { channels: 6 });
  const { out } = await exportNetwork(format, { checkpoint: six, out: join(temporaryFolder(), 'exported') });
  const back = await imported(out, { numHeads: 2 });
  const [before, after] = [await loadNetwork(six), await loadNetwork(back)];
  expect(after.parameters).toEqual(before.parameters);
  expect(after.backbone).toMatchObject({ inChans: 6, numHeads: 2, imageSize: 16 });
});

it('tells how far it is, and leaves nothing when it is stopped', async () => {
  const path = join(WEIGHTS, 'timm-dino');
  const heard: [number, number][] = [];
  const out = join(temporaryFolder(), 'imported');
  await importWeights({ path, out, versions }, { onProgress: (done, total) => heard.push([done, total]) });
  expect(heard.at(-1)?.[0]).toBe(heard.at(-1)?.[1]);
  const stopped = join(temporaryFolder(), 'stopped');
  const stop = new AbortController();
  const reason = new Error('stopped');
  const surroundings = {
    signal: stop.signal,
    onProgress: (done: number, total: number) => done > 0.8 * total && stop.abort(reason),
  };
  await expect(importWeights({ path, out: stopped, versions }, surroundings)).rejects.toBe(reason);
  expect(existsSync(stopped)).toBe(false);
});
