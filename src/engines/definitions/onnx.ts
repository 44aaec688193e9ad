import type { Provider } from '../engine.js';
import type { ProviderReport } from '../onnxProvider.js';
import { TRIED_PROVIDERS } from '../triedProviders.js';
import { type EngineDefinition, indented, MendableError, milliseconds } from './definition.js';

/** ONNX Runtime's library is loaded when one of these is. */
const provision = () => import('../onnxProvider.js');
const runtime = () => import('../onnx.js');

export const onnx: EngineDefinition = {
  open: async ({ provider = 'auto' }) => {
    const { openOnnxEngine } = await runtime();
    return openOnnxEngine(provider === 'auto' ? await bestProvider() : await requireProvider(provider));
  },
  fix: 'run `npm ci` again: the packages onnxruntime-node and koffi carry its libraries for Linux, macOS and Windows on x64 and arm64 (not macOS on x64)',
  report: async () => {
    const providers = await providerReports();
    return { values: { providers }, lines: providers.map(lineOfProvider) };
  },
  memories: [TRIED_PROVIDERS],
};

async function providerReports(): Promise<readonly ProviderReport[]> {
  const [{ gpuProviders, reportProviders, whyNoGpu }, { onnxVersion }] = await Promise.all([provision(), runtime()]);
  return reportProviders(gpuProviders(), onnxVersion, { noGpu: whyNoGpu() });
}

async function bestProvider(): Promise<Provider> {
  const { fasterThanCpu } = await provision();
  return fasterThanCpu(await providerReports()) ?? 'cpu';
}

/** @throws MendableError when it cannot be trusted here */
async function requireProvider(provider: Provider): Promise<Provider> {
  if (provider === 'cpu') return provider;
  const [{ reportProviders, gpuProviders }, { onnxVersion }] = await Promise.all([provision(), runtime()]);
  if (!gpuProviders().includes(provider)) {
    const others = [...gpuProviders(), 'cpu'].join(', ');
    throw new MendableError(`ONNX Runtime has no provider ${provider} on this system`, `choose one of ${others}`);
  }
  const [report] = await reportProviders([provider], onnxVersion);
  if (report?.available === false)
    throw new MendableError(`its provider ${provider} failed: ${report.reason}`, report.fix);
  return provider;
}

function lineOfProvider(provider: ProviderReport): string {
  const name = indented(provider.name);
  if (!provider.available) return `${name}not available: ${provider.reason}; to mend it, ${provider.fix}`;
  const times = `${milliseconds(provider.milliseconds)} for a step that takes the processor ${milliseconds(provider.cpuMilliseconds)}`;
  const isSlower = provider.milliseconds >= provider.cpuMilliseconds;
  return `${name}computes rightly, ${times}${isSlower ? ': used only when the setting provider names it' : ''}`;
}
