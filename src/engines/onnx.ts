/** The ONNX engine: the traced program as one ONNX model, run by ONNX Runtime. */
import { availableParallelism } from 'node:os';
import { env } from 'onnxruntime-node';
import { type CompiledModels, compiledModelsIn } from './compiledModels.js';
import type { Engine, Provider } from './engine.js';
import { onnxByPackage } from './onnxByPackage.js';
import { onnxInPlace } from './onnxInPlace.js';
import { openModel } from './onnxModel.js';
import { OnnxProfile } from './onnxProfile.js';
import { OnnxSession } from './onnxSession.js';
import { requireState } from './requireState.js';
import { storageFolder } from './storage.js';
import { WaitingChoice } from './threadWaiting.js';

export const onnxVersion = env.versions.node ?? env.versions.common;

/**
 * The engine on one of the runtime's execution providers. What a GPU's provider cannot do, the processor does. The state lies
 * in ordinary memory, and goes to a GPU and back with each call.
 * @param models where what was compiled is kept for the next time, if it is; not for GPUs, since what a provider has made of a
 * model cannot be written
 */
export const openOnnxEngine = (
  provider: Provider,
  models: () => CompiledModels | undefined = () => compiledModelsIn(storageFolder()),
): Engine => {
  const version = `onnxruntime-node ${onnxVersion} (${provider})`;
  const usesGpu = provider !== 'cpu';
  const library = usesGpu ? onnxByPackage(provider) : onnxInPlace;
  return {
    name: 'onnx',
    version,
    usesGpu,
    compile: async (program, state, options) => {
      requireState(program, state);
      const profile = options?.profile ? await OnnxProfile.begin() : undefined;
      const opened = await openModel(program, {
        version,
        models: usesGpu ? undefined : models(),
        library,
        profilePrefix: profile?.prefix,
        stop: options?.stop,
      });
      // A profile is one session's, and a single thread waits for no other.
      const isChosen = !usesGpu && profile === undefined && availableParallelism() > 1;
      const choice = isChosen ? new WaitingChoice() : undefined;
      const session = new OnnxSession(program, { ...opened, profile, choice });
      await session.writeState(state);
      return session;
    },
  };
};
