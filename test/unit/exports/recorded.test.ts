/**
 * The exports that `npm run exports:check` has loaded with the libraries that they are for: today's are the same files, byte for byte, and
 * this program computes what those libraries have computed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ExportedNetwork,
  NETWORKS,
  sha256,
  WIDE_RESNET,
  writeWideResnet,
} from '../../../scripts/exports/networks.mjs';
import { exportNetwork } from '../../../src/exports/exportNetwork.js';
import { EXPORT_FORMATS, exportFormat } from '../../../src/exports/formats/index.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { difference, image, optionsOf, ours } from './networks.js';
import recorded from './recorded.json' with { type: 'json' };

interface Recorded {
  /** SHA-256 of each file, `*.onnx` of an export that is one file. */
  readonly files: Readonly<Record<string, string>>;
  /** Features [batch][dim] by library and images. */
  readonly computed: Readonly<Record<string, Readonly<Record<string, readonly (readonly number[])[]>>>>;
}
const exports: Readonly<Record<string, Recorded>> = recorded.exports as never;
const refused: Readonly<Record<string, string>> = recorded.refused;

let folder: string;
const wide = () => join(folder, 'wide.safetensors');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dino-exports-'));
  writeWideResnet(wide());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const networkOf = (name: string): ExportedNetwork =>
  name === WIDE_RESNET ? { path: wide() } : (NETWORKS[name] as ExportedNetwork);

const splitId = (id: string) => id.split(': ') as [name: string, format: string];

function filesIn(path: string): string[] {
  if (statSync(path).isFile()) return [''];
  const names = readdirSync(path, { recursive: true }).map(String);
  return names.filter((name) => statSync(join(path, name)).isFile()).sort();
}

it('Each network is loaded in each format, or refused', () => {
  const names = [...Object.keys(NETWORKS), WIDE_RESNET];
  const all = names.flatMap((name) => EXPORT_FORMATS.map((format) => `${name}: ${format.name}`));
  expect([...Object.keys(exports), ...Object.keys(refused)].sort()).toEqual(all.sort());
});

describe.each(Object.keys(exports))('The export %s', (id) => {
  it('is the file that the libraries have loaded', async () => {
    const [name, format] = splitId(id);
    const { path, ...more } = networkOf(name);
    const request = { checkpoint: path, out: join(folder, id.replace(/\W+/g, '-')), ...optionsOf({ path, ...more }) };
    const { out } = await exportNetwork(exportFormat(format), request);
    const sums = filesIn(out).map((file) => {
      const called = file === '' ? `*${extname(out)}` : file.replaceAll(sep, '/');
      return [called, sha256(readFileSync(join(out, file)))];
    });
    expect(Object.fromEntries(sums)).toEqual(exports[id]?.files);
  });
});

describe.each([...Object.keys(NETWORKS), WIDE_RESNET])('With %s', (name) => {
  const ofNetwork = Object.entries(exports).filter(([id]) => splitId(id)[0] === name);

  it.each(name === WIDE_RESNET ? ['wide'] : ['native', 'wide', 'small'])(
    'all libraries compute what this program does: %s',
    async (size) => {
      const { path, ...more } = networkOf(name);
      const { features } = await ours(await loadNetwork(path, optionsOf({ path, ...more })), image(size));
      let compared = 0;
      for (const [id, { computed }] of ofNetwork)
        for (const [library, bySize] of Object.entries(computed)) {
          const rows = bySize[size];
          if (rows === undefined) continue;
          const given = { shape: [rows.length, rows[0]?.length ?? 0], data: rows.flat() };
          const largest = Math.max(1, ...Array.from((features as { data: ArrayLike<number> }).data, Math.abs));
          expect(difference(given, features as never) / largest, `${id} by ${library}`).toBeLessThan(1e-4);
          compared++;
        }
      expect(compared).toBeGreaterThanOrEqual(2);
    },
  );
});

describe.each(Object.entries(refused))('The export %s', (id, sentence) => {
  it('is refused by what the format does not have', async () => {
    const [name, format] = splitId(id);
    const { path, ...more } = networkOf(name);
    const request = { checkpoint: path, out: join(folder, 'refused'), ...optionsOf({ path, ...more }) };
    await expect(exportNetwork(exportFormat(format), request)).rejects.toThrow(sentence);
  });
});
