/** Runs that share what their teacher computes, on disk: equal to runs that compute it in each step, and refused where it is not theirs. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importWeights } from '../../../src/runs/importWeights.js';
import type { TrainRun } from '../../../src/training/prepare.js';
import { distilled, lossesOf, STUDENT, TEACHER } from './distilled.js';
import { writeImages } from './images.js';

let root: string;
let data: string;
const at = (name: string) => join(root, name);
const filesIn = (folder: string) => readdirSync(at(folder)).sort();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-outputs-'));
  data = await writeImages(at('images'), 16);
  await importWeights({ path: TEACHER, out: at('teacher'), numHeads: 4, versions: {} });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const trained = (run: string, settings: Readonly<Record<string, unknown>>, changes: Partial<TrainRun> = {}) =>
  distilled({ data, run: at(run), settings: { ...STUDENT, distill_from: at('teacher'), ...settings }, ...changes });

describe.each(['onnx', 'eager'])('on the engine %s', (engine) => {
  it('a run has the same losses, whether its teacher is computed in each step, before all, or was before', async () => {
    const outputs = { engine, distill_outputs: at(`outputs-${engine}`) };
    await trained(`each-${engine}`, { engine }, { maxSteps: 4 });
    const first = await trained(`first-${engine}`, outputs, { maxSteps: 4 });
    const again = await trained(`again-${engine}`, outputs, { maxSteps: 4 });
    const losses = lossesOf(at(`each-${engine}`));
    expect(losses).toHaveLength(4);
    expect(lossesOf(at(`first-${engine}`))).toEqual(losses);
    expect(lossesOf(at(`again-${engine}`))).toEqual(losses);
    console.log(
      first.filter((l) => l.includes('outputs')),
      again.filter((l) => l.includes('outputs')),
      filesIn(`outputs-${engine}`),
    );
  });
});
