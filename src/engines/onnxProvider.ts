/** Which of ONNX Runtime's execution providers this machine can be trusted with: each is tried once, and that is remembered. */
import { readdirSync } from 'node:fs';
import { listSupportedBackends } from 'onnxruntime-node';
import { PROVIDERS, type Provider } from './engine.js';
import { describeMachine } from './fastest.js';
import { recall, remember } from './memory.js';
import { tryProvider, type Verdict } from './onnxTrial.js';
import { storageFolder } from './storage.js';
import { TRIED_PROVIDERS } from './triedProviders.js';

export type GpuProvider = Exclude<Provider, 'cpu'>;

const isForGpu = (provider: Provider): provider is GpuProvider => provider !== 'cpu';

/** What to do about a provider that cannot run. */
const FIXES: Readonly<Record<GpuProvider, string>> = {
  cuda: "install NVIDIA's driver, CUDA 12 and cuDNN 9 and run `npm rebuild onnxruntime-node --ignore-scripts=false`, which fetches the provider, or install the engine tensorflow for the GPU",
  dml: "update the GPU's driver (DirectX 12)",
  coreml: 'update macOS',
  webgpu: "install or update the GPU's driver (Vulkan under Linux, Direct3D 12 under Windows)",
};

const VULKAN_LOADER =
  'install the package with libvulkan.so.1 (`apt install libvulkan1` on Debian and Ubuntu, `dnf install vulkan-loader` on Fedora and Red Hat) and run `dino engines --again`';

/** A driver does not help where only the library that finds it is missing. */
const fixOf = (name: GpuProvider, reason: string): string =>
  name === 'webgpu' && reason.includes('libvulkan') ? VULKAN_LOADER : FIXES[name];

/** How a provider fares here. */
export type ProviderReport =
  | {
      readonly name: GpuProvider;
      readonly available: true;
      readonly milliseconds: number;
      readonly cpuMilliseconds: number;
    }
  | { readonly name: GpuProvider; readonly available: false; readonly reason: string; readonly fix: string };

/** The providers for GPUs that the runtime has on this system, the best first. */
export function gpuProviders(): readonly GpuProvider[] {
  const supported = new Set(listSupportedBackends().map(({ name }) => name));
  return PROVIDERS.filter(isForGpu).filter((name) => supported.has(name));
}

/** Why no provider for GPUs needs to be tried here; undefined where there may be a GPU. Under Linux each shows itself as a device. */
export function whyNoGpu(system = process.platform, folder = '/dev'): string | undefined {
  if (system !== 'linux') return undefined;
  try {
    if (readdirSync(folder).some((name) => /^(dri|dxg|kfd|mali\d*|nvidia\d+|nvhost-gpu)$/.test(name))) return undefined;
  } catch {
    return undefined;
  }
  return 'this machine shows no GPU';
}

export interface ProviderSurroundings {
  readonly storage: string;
  /** ONNX Runtime's version. */
  readonly version: string;
  readonly machine: string;
  readonly attempt: (provider: GpuProvider) => Promise<Verdict>;
  /** Why none has to be tried, if so. */
  readonly noGpu: string | undefined;
}

/** The reports of these providers; what has been tried on this machine in this version is not tried again. */
export async function reportProviders(
  providers: readonly GpuProvider[],
  version: string,
  surroundings: Partial<Omit<ProviderSurroundings, 'version'>> = {},
): Promise<readonly ProviderReport[]> {
  const { storage = storageFolder(), machine = describeMachine(), attempt = tryProvider, noGpu } = surroundings;
  if (noGpu !== undefined)
    return providers.map((name) => ({ name, available: false, reason: noGpu, fix: FIXES[name] }));
  const known: Record<string, Verdict> = { ...(recall(storage, TRIED_PROVIDERS, machine) ?? {}) };
  const reports: ProviderReport[] = [];
  for (const name of providers) {
    const key = `${version} ${name}`;
    let verdict = known[key];
    if (verdict === undefined) {
      verdict = await attempt(name);
      known[key] = verdict;
      remember(storage, TRIED_PROVIDERS, machine, known);
    }
    reports.push(
      verdict.kind === 'right'
        ? { name, available: true, milliseconds: verdict.milliseconds, cpuMilliseconds: verdict.cpuMilliseconds }
        : { name, available: false, reason: verdict.reason, fix: fixOf(name, verdict.reason) },
    );
  }
  return reports;
}

/** The first provider that computes rightly and faster than the processor; one that is slower is no help. */
export const fasterThanCpu = (reports: readonly ProviderReport[]): GpuProvider | undefined =>
  reports.find((report) => report.available && report.milliseconds < report.cpuMilliseconds)?.name;
