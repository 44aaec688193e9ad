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
import { LARGEST_LAYER, partsForCaches } from './partPlan.js';
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
  const cores = availableParallelism();
  return {
    name: 'onnx',
    version,
    usesGpu,
    ...(!usesGpu && { pieces: { layerSize: LARGEST_LAYER, calls: cores } }),
    compile: async (program, state, options) => {
      requireState(program, state);
      // A profile is of calls one after the other, each on all cores.
      const callsAtOnce = options?.profile ? undefined : options?.callsAtOnce;
      const profile = options?.profile ? await OnnxProfile.begin() : undefined;
      const opened = await openModel(program, {
        version,
        models: usesGpu ? undefined : models(),
        library,
        threads: callsAtOnce && 1,
        profilePrefix: profile?.prefix,
        fuses: !usesGpu,
        // A profile is one model's.
        ...(!usesGpu && profile === undefined && { partsOf: partsForCaches }),
        stop: options?.stop,
      });
      // A profile is one session's, and a single thread waits for no other.
      const isChosen =
        !usesGpu && profile === undefined && cores > 1 && callsAtOnce === undefined && opened.model.waits;
      const choice = isChosen ? new WaitingChoice() : undefined;
      const session = new OnnxSession(program, { ...opened, profile, choice, overlaps: callsAtOnce !== undefined });
      await session.writeState(state);
      return session;
    },
  };
};
