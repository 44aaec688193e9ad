import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CompiledModels } from '../../../src/engines/compiledModels.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { type SampleSize, sampleStep } from '../../../src/engines/sampleStep.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const SIZE: SampleSize = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 16, embedDim: 32, depth: 2, numHeads: 2 }),
    },
    head: { inDim: 32, hiddenDim: 32, bottleneckDim: 16, outDim: 64, normLastLayer: true, batchNorm: false },
  },
  batchSize: 2,
  localCropsNumber: 2,
  localSize: 8,
};
const step = sampleStep(SIZE);

/** State and outputs after two steps, and whether anything had to be compiled. */
async function twoSteps(models: CompiledModels | undefined) {
  performance.clearMeasures();
  const session = await openOnnxEngine('cpu', () => models).compile(step.program, step.state);
  try {
    const outputs = [await session.call(step.inputs(0)), await session.call(step.inputs(1))];
    const isCompiled = performance.getEntriesByName('trace').length > 0;
    return { results: { outputs, state: await session.readState() }, isCompiled };
  } finally {
    await session.dispose();
  }
}

describe('What was compiled', () => {
  it('is taken the next time, computes the same to the bit, and is made anew when it is damaged', async () => {
    const models = new CompiledModels(temporaryFolder(), 'this build');
    const { results } = await twoSteps(undefined);
    expect(await twoSteps(models)).toEqual({ results, isCompiled: true });
    expect(await twoSteps(models)).toEqual({ results, isCompiled: false });
    const [name] = readdirSync(models.folder);
    const file = join(models.folder, name as string);
    const bytes = readFileSync(file);
    for (const damaged of [bytes.subarray(0, bytes.length / 2), Buffer.from(bytes).fill(7, 5000, 5010), Buffer.of()]) {
      writeFileSync(file, damaged);
      expect(await twoSteps(models)).toEqual({ results, isCompiled: true });
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
    expect(await twoSteps(new CompiledModels(models.folder, 'another build'))).toEqual({ results, isCompiled: true });
    expect(readdirSync(models.folder)).toHaveLength(2);
  });

  it('is compiled each time where nothing can be written', async () => {
    const file = join(temporaryFolder(), 'no folder');
    writeFileSync(file, '');
    const models = new CompiledModels(file, 'this build');
    expect((await twoSteps(models)).isCompiled).toBe(true);
    expect((await twoSteps(models)).isCompiled).toBe(true);
  });

  it('is known by all that it depends on', () => {
    const models = new CompiledModels('nowhere', 'this build');
    const { identity: _, ...nameless } = step.program;
    const keys = [
      models.keyOf(step.program, 'runtime 1'),
      models.keyOf(step.program, 'runtime 2'),
      models.keyOf(sampleStep({ ...SIZE, batchSize: 3 }).program, 'runtime 1'),
      models.keyOf(sampleStep(SIZE, { gradients: true }).program, 'runtime 1'),
      new CompiledModels('nowhere', 'another build').keyOf(step.program, 'runtime 1'),
    ];
    expect(new Set(keys)).toHaveLength(keys.length);
    expect(models.keyOf(sampleStep(SIZE).program, 'runtime 1')).toBe(keys[0]);
    expect(models.keyOf(nameless, 'runtime 1')).toBeUndefined();
  });
});
