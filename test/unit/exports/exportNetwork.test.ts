import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NETWORKS } from '../../../scripts/exports/networks.mjs';
import { exportCommand } from '../../../src/cli/export.js';
import type { ExportFormat } from '../../../src/exports/exportFormat.js';
import { exportNetwork } from '../../../src/exports/exportNetwork.js';
import { exportFormat } from '../../../src/exports/formats/index.js';
import { onnx } from '../../../src/exports/formats/onnx.js';
import { pth } from '../../../src/exports/formats/pth.js';
import { timm } from '../../../src/exports/formats/timm.js';
import type { LoadedNetwork } from '../../../src/runs/network.js';
import { entriesOf } from '../../../src/weights/pickle/values.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { openWeights } from '../../../src/weights/weightsFile.js';
import { resultOf } from '../cli/inProcess.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const TINY = 'test/reference/tiny-vit';
const FULL = 'test/reference/weights/dino/full.pth';

/** A checkpoint as a run keeps it, of the reference's student and teacher. */
function checkpoint(): string {
  const folder = join(temporaryFolder(), '00000004');
  mkdirSync(folder);
  for (const role of ['student', 'teacher'])
    cpSync(join(TINY, `${role}_final.safetensors`), join(folder, `${role}.safetensors`));
  writeFileSync(join(folder, 'state.json'), '{}');
  return folder;
}

async function keysOf(path: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const file = await openWeights(path);
  file.close();
  return Object.fromEntries(
    [...(entriesOf(file.root) ?? [])].map(([key, value]) => [String(key), [...(entriesOf(value)?.keys() ?? [])]]),
  );
}

it('A checkpoint for PyTorch has student and teacher as the original writes them; one of them alone stands under its name', async () => {
  const folder = checkpoint();
  const path = join(folder, '../both');
  const { out, code } = await exportNetwork(pth, { checkpoint: folder, out: path, numHeads: 2 });
  expect(out).toBe(`${path}.pth`);
  expect(code[1]).toBe(`weights = torch.load(${JSON.stringify(out)}, weights_only=True)["teacher"]`);
  const { student = [], teacher = [], ...others } = await keysOf(out);
  expect(others).toEqual({});
  const theirs = await keysOf(join(TINY, 'checkpoint.pth'));
  expect([...student].sort()).toEqual([...(theirs['student'] ?? [])].sort());
  expect([...teacher].sort()).toEqual([...(theirs['teacher'] ?? [])].sort());

  const alone = join(folder, '../alone.pth');
  await exportNetwork(pth, { checkpoint: folder, out: alone, numHeads: 2, network: 'student' });
  expect(Object.keys(await keysOf(alone))).toEqual(['student']);
  const { out: again } = await exportNetwork(pth, {
    checkpoint: alone,
    out: join(folder, '../again.pth'),
    numHeads: 2,
  });
  expect(readFileSync(again).equals(readFileSync(alone))).toBe(true);
});

it('Nothing is written over unless a person has said so, and nothing half-made stays', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'network.onnx');
  writeFileSync(out, 'mine');
  const request = { checkpoint: FULL, numHeads: 2 };
  await expect(exportNetwork(onnx, { ...request, out })).rejects.toThrow(`${out} is there already`);
  expect(readFileSync(out, 'utf8')).toBe('mine');
  await exportNetwork(onnx, { ...request, out, replaces: true });
  expect(readFileSync(out).length).toBeGreaterThan(1000);
  await expect(exportNetwork(timm, { ...request, out: folder, replaces: true })).rejects.toThrow('is there already');

  const failing: ExportFormat = {
    ...onnx,
    write: async (exported, path) => {
      writeFileSync(path, 'half');
      throw new Error(`${exported.network.name} is odd.`);
    },
  };
  await expect(exportNetwork(failing, { ...request, out: join(folder, 'new.onnx') })).rejects.toThrow('is odd.');
  expect(readdirSync(folder)).toEqual(['network.onnx']);
});

it('Weights beyond 2 GB are refused where a file holds no more', async () => {
  const network = {
    name: 'giant',
    backbone: { kind: 'vit' },
    parameters: { 'backbone.large': { data: { byteLength: 2 ** 31 } } },
  } as unknown as LoadedNetwork;
  await expect(onnx.write({ network, role: 'teacher' }, 'out', 'out')).rejects.toThrow(
    'giant cannot be exported for ONNX: its weights take 2147483648 bytes, and such a file holds 2 GB at most.',
  );
});

it('What a library would compute otherwise is refused, or said', async () => {
  const out = join(temporaryFolder(), 'out');
  const vit = { checkpoint: 'test/reference/weights/hf-vit', out };
  await expect(exportNetwork(pth, vit)).rejects.toThrow(
    "hf-vit cannot be exported for the original's scripts: its LayerNorms add 1e-12 to the variance, and theirs 0.000001.",
  );
  await expect(exportNetwork(timm, vit)).rejects.toThrow('its LayerNorms add 1e-12');
  const { notes } = await exportNetwork(timm, { checkpoint: FULL, out, numHeads: 2 });
  expect(notes).toContainEqual(expect.stringContaining('timm resizes position embeddings by a rule of its own'));
  expect(notes).toContainEqual(expect.stringContaining('The projection head was left out'));
});

it('dino export says what it wrote and how to load it', async () => {
  const out = join(temporaryFolder(), 'network');
  const { path } = NETWORKS['positions of timm'] as { path: string };
  const result = await resultOf(exportCommand(), path, '--format', 'safetensors', '--out', out);
  expect(result).toMatchObject({
    out: `${out}.safetensors`,
    format: 'safetensors',
    checkpoint: 'timm-dino',
    network: null,
    language: 'python',
    code: [
      'from safetensors.torch import load_file',
      `weights = load_file(${JSON.stringify(`${out}.safetensors`)})`,
      'model.load_state_dict(weights)',
    ],
  });
  expect(Object.keys(readSafetensors(`${out}.safetensors`))).toContain('blocks.1.attn.qkv.weight');
  await expect(resultOf(exportCommand(), path, '--format', 'keras', '--out', out)).rejects.toThrow(
    'There is no format keras: a network is exported as safetensors, pth, timm, huggingface, onnx, savedmodel.',
  );
});

it('A format is one file and a line: one that nobody knew is found by its name', async () => {
  const names: ExportFormat = {
    ...{ name: 'names', title: 'names', purpose: 'a list of tensors', ending: 'txt' },
    write: async ({ network }, path) => {
      writeFileSync(path, Object.keys(network.parameters).join('\n'));
      return {
        notes: [],
        language: 'python',
        code: ['import io', 'file = io.open("names.txt")', 'names = file.read()'],
      };
    },
  };
  const out = join(temporaryFolder(), 'names');
  await exportNetwork(exportFormat('names', [names]), { checkpoint: FULL, out, numHeads: 2 });
  expect(readFileSync(`${out}.txt`, 'utf8')).toContain('backbone.cls_token');
});

it('Tensors of safetensors lie in order of their widths, then their names', async () => {
  const path = join(temporaryFolder(), 'a.safetensors');
  const float = (value: number) => ({ shape: [1], dtype: 'float32' as const, data: Float32Array.of(value) });
  await writeSafetensors(path, { b: float(2), a: float(1) });
  expect(Object.keys(readSafetensors(path))).toEqual(['a', 'b']);
});
