/** CONTRIBUTING's "Add an engine", with one that does not exist: an eager one that can do more. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENGINE_NAMES, ENGINES, enginesAbleTo, namedForUse } from '../../../src/engines/abilities.js';
import { engineChoice } from '../../../src/engines/choose.js';
import { type EngineDefinition, MendableError } from '../../../src/engines/definitions/definition.js';
import { ENGINE_DEFINITIONS } from '../../../src/engines/definitions/index.js';
import { eagerEngine } from '../../../src/engines/eager.js';
import { PRECISIONS } from '../../../src/engines/engine.js';
import { float32, type Program } from '../../../src/program/program.js';

const abacus: EngineDefinition = {
  open: async ({ gpus = 1 }) => {
    if (gpus > 2) throw new MendableError(`it has 2 GPUs, not ${gpus}`, 'set gpus to 2');
    return { ...eagerEngine, name: 'abacus', version: 'abacus 1.0', usesGpu: true };
  },
  fix: 'buy an abacus',
  report: async ({ version }) => ({ values: { beads: 7 }, lines: [`  beads       7 of ${version}`] }),
};
const beads = { name: 'abacus', precisions: PRECISIONS, sharesBatches: true, auto: { placeOnGpu: 0 } } as const;
const broken: EngineDefinition = {
  open: () => Promise.reject(new Error('there is none')),
  fix: 'do without',
};

const engines = [{ name: 'broken', precisions: ['float32'], sharesBatches: false }, beads, ...ENGINES] as const;
const { chooseEngine, listEngines } = engineChoice(engines, { ...ENGINE_DEFINITIONS, abacus, broken });

const program: Program = {
  name: 'copy',
  state: { x: float32(1) },
  inputs: {},
  body: ({ x }) => ({ state: {}, outputs: x ? { x } : {} }),
};

describe('An engine that nobody knew', () => {
  it('runs programs under its name, and as auto by its abilities', async () => {
    for (const engine of [await chooseEngine('abacus'), await chooseEngine('auto')]) {
      expect(engine.name).toBe('abacus');
      const x = { shape: [1], dtype: 'float32', data: Float32Array.of(3) } as const;
      const session = await engine.compile(program, { x });
      expect((await session.call({}))['x']?.data).toEqual(Float32Array.of(3));
    }
    expect((await chooseEngine('auto', { precision: 'bfloat16', gpus: 2 })).name).toBe('abacus');
  });

  it('is named where another cannot do what is asked', async () => {
    await expect(chooseEngine('broken', { precision: 'bfloat16' })).rejects.toThrow(
      'The engine broken cannot multiply in bfloat16: use the engine abacus or tensorflow, or float32.',
    );
    expect(namedForUse(enginesAbleTo({ gpus: 2 }, engines))).toBe('the engine abacus or tensorflow');
  });

  it('says what this machine lacks and how to mend it', async () => {
    await expect(chooseEngine('broken')).rejects.toThrow(
      'The engine broken cannot run here: there is none. To mend it, do without.',
    );
    await expect(chooseEngine('abacus', { gpus: 3 })).rejects.toThrow(
      'it has 2 GPUs, not 3. To mend it, set gpus to 2.',
    );
  });

  it('is listed with what it has found out', async () => {
    const [first, second] = await listEngines();
    expect(first).toEqual({ name: 'broken', available: false, reason: 'there is none', fix: 'do without' });
    expect(second).toEqual({
      name: 'abacus',
      available: true,
      version: 'abacus 1.0',
      details: { values: { beads: 7 }, lines: ['  beads       7 of abacus 1.0'] },
    });
  });
});

it('The setting dino.engine of VS Code offers every engine', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  const texts = ENGINE_NAMES.map((name) => `%setting.engine.${name}%`);
  expect(manifest).toMatchObject({
    contributes: {
      configuration: {
        properties: {
          'dino.engine': { enum: ['auto', ...ENGINE_NAMES], enumDescriptions: ['%setting.engine.auto%', ...texts] },
        },
      },
    },
  });
});
