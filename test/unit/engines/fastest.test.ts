import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { fastestOf, SPEEDS } from '../../../src/engines/fastest.js';
import { memoryFile } from '../../../src/engines/memory.js';
import { timeStep } from '../../../src/engines/timeStep.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { onnxEngine } from './onnxEngine.js';

const onnx = { name: 'onnx', version: 'onnxruntime 1' } as const;
const tensorflow = { name: 'tensorflow', version: 'TensorFlow 2' } as const;
const times = { onnx: 20, tensorflow: 10, eager: 1000 };

describe('The fastest engine', () => {
  const measure = vi.fn(async ({ name }: { readonly name: 'onnx' | 'tensorflow' }) => times[name]);
  const fastest = (storage: string, candidates: readonly (typeof onnx | typeof tensorflow)[], machine = 'mine') =>
    fastestOf(candidates, storage, measure, machine);

  it('is measured once', async () => {
    const storage = temporaryFolder();
    measure.mockClear();
    expect((await fastest(storage, [onnx, tensorflow]))?.name).toBe('tensorflow');
    expect((await fastest(storage, [onnx, tensorflow]))?.name).toBe('tensorflow');
    expect((await fastest(storage, [onnx]))?.name).toBe('onnx');
    expect(measure).toHaveBeenCalledTimes(2);
  });

  it('is measured anew on another machine, in another version, and when the file cannot be read', async () => {
    const storage = temporaryFolder();
    await fastest(storage, [onnx, tensorflow]);
    measure.mockClear();
    await fastest(storage, [onnx, { ...tensorflow, version: 'TensorFlow 3' } as unknown as typeof tensorflow]);
    expect(measure).toHaveBeenCalledTimes(1);
    await fastest(storage, [onnx, tensorflow], 'another');
    expect(measure).toHaveBeenCalledTimes(3);
    writeFileSync(memoryFile(storage, SPEEDS), '{ "schema": 1, "mach');
    await fastest(storage, [onnx, tensorflow]);
    expect(measure).toHaveBeenCalledTimes(5);
    expect(JSON.parse(readFileSync(memoryFile(storage, SPEEDS), 'utf8'))).toMatchObject({ machine: 'mine' });
  });

  it('is not one that fails, which is tried again the next time', async () => {
    const storage = temporaryFolder();
    measure.mockRejectedValueOnce(new Error('no memory'));
    expect((await fastest(storage, [tensorflow, onnx]))?.name).toBe('onnx');
    expect((await fastest(storage, [tensorflow, onnx]))?.name).toBe('tensorflow');
    expect(await fastestOf([onnx], temporaryFolder(), () => Promise.reject(new Error('no')))).toBeUndefined();
  });

  it('is found where nothing can be remembered, too', async () => {
    const storage = temporaryFolder();
    expect((await fastest(`${storage}/\0`, [onnx, tensorflow]))?.name).toBe('tensorflow');
  });

  it('is found by a real training step', async () => {
    const milliseconds = await timeStep(onnxEngine);
    expect(milliseconds).toBeGreaterThan(0.1);
  });
});
