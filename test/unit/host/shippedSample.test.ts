/** The sample run as the package has it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copySample, SAMPLE_IMAGE, SAMPLE_RUN } from '../../../src/host/sample/sampleCopy.js';
import { listCheckpoints } from '../../../src/runs/checkpoint.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { openRun } from '../../../src/runs/run.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { loadDino } from '../runs/trainingState.js';

const PACKAGED = join(import.meta.dirname, '../../../media/sample');
const MOST_BYTES = 15e6;

const files = () =>
  readdirSync(PACKAGED, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

describe('the sample run', () => {
  test('is small, and names no place of the machine that made it', () => {
    const sizes = files().map((file) => statSync(file).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
    const texts = files().filter((file) => /\.(json|jsonl|md|txt)$/.test(file));
    expect(texts.length).toBeGreaterThan(3);
    for (const file of texts)
      expect(readFileSync(file, 'utf8'), file).not.toMatch(/(^|[\s"(])\/(tmp|home|work|root)\//m);
  });

  test('opens as a run with its images, and its networks load', async () => {
    const folder = join(temporaryFolder(), 'sample');
    await copySample(PACKAGED, folder);
    const { record, status } = await openRun(join(folder, SAMPLE_RUN));
    expect(['finished', 'stopped']).toContain(status);
    expect(statSync(record.dataset.path).isDirectory()).toBe(true);
    expect(statSync(join(folder, SAMPLE_IMAGE)).isFile()).toBe(true);
    const checkpoints = listCheckpoints(join(folder, SAMPLE_RUN));
    expect(checkpoints[0]?.step).toBe(0);
    expect(checkpoints.length).toBeGreaterThan(3);
    for (const { path, step } of checkpoints) {
      const { backbone, network, step: loaded } = await loadNetwork(path);
      expect(backbone).toMatchObject({ kind: 'vit', numHeads: 4 });
      expect([network, loaded]).toEqual(['teacher', step]);
    }
  });

  test('cannot be resumed, and says so', async () => {
    const folder = join(temporaryFolder(), 'sample');
    await copySample(PACKAGED, folder);
    expect(() => loadDino(join(folder, SAMPLE_RUN))).toThrow(
      /^The checkpoint .* has no optimizer\.safetensors: its networks can be looked at, evaluated and trained from, but the run cannot be resumed\.$/,
    );
  });
});
