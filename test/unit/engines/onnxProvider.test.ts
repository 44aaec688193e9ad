import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { chooseEngine } from '../../../src/engines/choose.js';
import { memoryFile } from '../../../src/engines/memory.js';
import { fasterThanCpu, type GpuProvider, reportProviders, whyNoGpu } from '../../../src/engines/onnxProvider.js';
import { tryProvider, type Verdict } from '../../../src/engines/onnxTrial.js';
import type { SampleSize } from '../../../src/engines/sampleStep.js';
import { TRIED_PROVIDERS } from '../../../src/engines/triedProviders.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const TINY: SampleSize = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 8, inChans: 3, imageSize: 16, embedDim: 16, depth: 1, numHeads: 2 }),
    },
    head: { inDim: 16, hiddenDim: 16, bottleneckDim: 8, outDim: 32, normLastLayer: true, batchNorm: false },
  },
  batchSize: 2,
  localCropsNumber: 1,
  localSize: 8,
};

/** A trial's limit, on a machine that may be busy. */
const NO_HURRY_MS = 1_200_000;

/** ONNX Runtime with another `create`, in the place of a driver that does as it likes. */
function runtimeWhose(create: string): string {
  const real = createRequire(import.meta.url).resolve('onnxruntime-node');
  const file = path.join(temporaryFolder(), 'runtime.cjs');
  writeFileSync(
    file,
    `const { InferenceSession, Tensor } = require(${JSON.stringify(real)});
     const create = async (model, options) => {
       const isGpu = options.executionProviders[0] !== 'cpu';
       const session = await InferenceSession.create(model, { ...options, executionProviders: ['cpu'] });
       ${create}
       return session;
     };
     module.exports = { Tensor, InferenceSession: { create } };`,
  );
  return file;
}
const attempt = (create: string, limitMs = NO_HURRY_MS) =>
  tryProvider('webgpu', { compared: TINY, timed: TINY, runtime: runtimeWhose(create), limitMs });

const spoil = (change: string) => `
  if (isGpu) {
    const run = session.run.bind(session);
    session.run = async (feeds) => {
      const results = await run(feeds);
      ${change}
      return results;
    };
  }`;

describe('A provider that is tried', () => {
  it('is trusted when its step is the processor’s', async () => {
    const verdict = await attempt('');
    expect(verdict).toMatchObject({ kind: 'right', difference: 0 });
    if (verdict.kind === 'right') expect(verdict.milliseconds).toBeGreaterThan(0);
  });

  it.each([
    ['a gradient', "results['output/gradient.backbone.blocks.0.mlp.fc1.weight'].data.fill(0);"],
    [
      'what a weight is updated with',
      "const { data } = results['handed on/0']; for (const [i, value] of data.entries()) data[i] = 1.1 * value;",
    ],
    ['no number', "results['output/loss'].data[0] = NaN;"],
  ])('is refused when it computes something else: %s', async (_, change) => {
    const verdict = await attempt(spoil(change));
    expect(verdict).toMatchObject({
      kind: 'wrong',
      reason: expect.stringMatching(/^it computes something else \((handed on|output)\/\S+ is off by/),
    });
  });

  it('takes its own process down and nothing else', async () => {
    expect(await attempt('if (isGpu) process.kill(process.pid, "SIGSEGV");')).toEqual({
      kind: 'wrong',
      reason: 'its process was ended by SIGSEGV',
    });
  });

  it('is refused in its own words when it does not start, and when it hangs', async () => {
    const refusal =
      'if (isGpu) throw new Error("core/x.cc:136 status == 0 was false. Failed to get a WebGPU adapter.\\n\\n");';
    expect(await attempt(refusal)).toEqual({ kind: 'wrong', reason: 'Failed to get a WebGPU adapter' });
    const unloaded =
      'if (isGpu) { console.error("Warning: Couldn\'t load Vulkan: libvulkan.so.1: cannot open"); throw new Error("No supported adapters"); }';
    expect(await attempt(unloaded)).toEqual({
      kind: 'wrong',
      reason: "the library libvulkan.so.1, which finds Vulkan's drivers, cannot be loaded",
    });
    const hang = 'if (isGpu) await new Promise((resolve) => setTimeout(resolve, 1e9));';
    expect(await attempt(hang, 3000)).toEqual({ kind: 'wrong', reason: 'it came to no end within 3 s' });
  });

  const SOFTWARE_GPU = '/usr/lib/chromium';
  const hasSoftwareGpu = existsSync(`${SOFTWARE_GPU}/vk_swiftshader_icd.json`) && process.arch === 'x64';
  it.skipIf(!hasSoftwareGpu)(
    `is right in WebGPU, computed by a GPU in software${hasSoftwareGpu ? '' : ' (skipped: no SwiftShader here)'}`,
    async () => {
      vi.stubEnv('LD_LIBRARY_PATH', SOFTWARE_GPU);
      vi.stubEnv('VK_ICD_FILENAMES', `${SOFTWARE_GPU}/vk_swiftshader_icd.json`);
      try {
        // Without local crops, for it translates every kernel of every shape.
        const size = { ...TINY, localCropsNumber: 0 };
        const verdict = await tryProvider('webgpu', { compared: size, timed: size, limitMs: NO_HURRY_MS });
        expect(verdict).toMatchObject({ kind: 'right' });
        if (verdict.kind === 'right') expect(verdict.difference).toBeLessThan(1e-3);
      } finally {
        vi.unstubAllEnvs();
      }
    },
  );
});

describe('The providers of a machine', () => {
  const right = (milliseconds: number, cpuMilliseconds: number): Verdict => ({
    kind: 'right',
    difference: 0,
    milliseconds,
    cpuMilliseconds,
  });
  const verdicts: Partial<Record<GpuProvider, Verdict>> = {
    cuda: { kind: 'wrong', reason: 'Failed to load shared library' },
    dml: right(90, 30),
    webgpu: right(10, 30),
  };

  it('are tried once, and the fastest that beats the processor is taken', async () => {
    const storage = temporaryFolder();
    const attempt = vi.fn(async (provider: GpuProvider) => verdicts[provider] as Verdict);
    const report = (version = '1.30.0', machine = 'mine') =>
      reportProviders(['cuda', 'dml', 'webgpu'], version, { storage, machine, attempt });
    const first = await report();
    expect(first[0]).toMatchObject({ name: 'cuda', available: false, reason: 'Failed to load shared library' });
    expect(fasterThanCpu(first)).toBe('webgpu');
    expect(await report()).toEqual(first);
    expect(attempt).toHaveBeenCalledTimes(3);
    await report('1.31.0');
    await report('1.30.0', 'another');
    expect(attempt).toHaveBeenCalledTimes(9);
    expect(JSON.parse(readFileSync(memoryFile(storage, TRIED_PROVIDERS), 'utf8'))).toMatchObject({
      machine: 'another',
    });
  });

  it('are none where each is slower than the processor', async () => {
    const reports = await reportProviders(['dml'], '1', {
      storage: temporaryFolder(),
      attempt: async (provider) => verdicts[provider] as Verdict,
    });
    expect(reports).toMatchObject([{ available: true, milliseconds: 90 }]);
    expect(fasterThanCpu(reports)).toBeUndefined();
  });

  it('are not tried where the system shows no GPU', async () => {
    const attempt = vi.fn();
    const reports = await reportProviders(['webgpu'], '1', { storage: temporaryFolder(), attempt, noGpu: 'none' });
    expect(reports).toMatchObject([{ available: false, reason: 'none', fix: expect.stringContaining('driver') }]);
    expect(attempt).not.toHaveBeenCalled();
    const devices = temporaryFolder();
    expect(whyNoGpu('linux', devices)).toBe('this machine shows no GPU');
    mkdirSync(path.join(devices, 'dri'));
    expect(whyNoGpu('linux', devices)).toBeUndefined();
    expect(whyNoGpu('win32', '/nowhere')).toBeUndefined();
  });

  it.each([
    [
      "the library libvulkan.so.1, which finds Vulkan's drivers, cannot be loaded",
      /^install the package with libvulkan/,
    ],
    ['No supported adapters', /^install or update the GPU's driver/],
  ])('say what to do about it: %s', async (reason, fix) => {
    const attempt = async (): Promise<Verdict> => ({ kind: 'wrong', reason });
    const reports = await reportProviders(['webgpu'], '1', { storage: temporaryFolder(), attempt });
    expect(reports).toMatchObject([{ available: false, reason, fix: expect.stringMatching(fix) }]);
  });

  it('that the runtime does not have on this system are refused with the others', async () => {
    const missing = process.platform === 'win32' ? 'coreml' : 'dml';
    await expect(chooseEngine('onnx', { provider: missing })).rejects.toThrow(
      new RegExp(`ONNX Runtime has no provider ${missing} on this system. To mend it, choose one of .*cpu`),
    );
  });
});
