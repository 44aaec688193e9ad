// Its version is asked for, and so the package is: bundlers drop an import that is only there to register the backend.
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import { enableProdMode, setBackend, version_core } from '@tensorflow/tfjs-core';

export const cpuBackendVersion = `tfjs ${version_core} (cpu backend ${version_cpu})`;

/** Makes tfjs's plain JavaScript backend the one that ops run on. */
export async function useCpuBackend(): Promise<void> {
  // Otherwise the backend greets every user with an advertisement for another one.
  enableProdMode();
  if (!(await setBackend('cpu'))) throw new Error(`The backend of ${cpuBackendVersion} did not start.`);
}
