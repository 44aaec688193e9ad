/** ONNX Runtime by the interface of onnxruntime-node, which has its providers for GPUs. It copies each result once more. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { HostTensor } from '../program/program.js';
import type { Provider } from './engine.js';
import { CONFIGURATIONS, ERRORS_ALONE, type OnnxLibrary, type OnnxRunner, type OnnxTensor } from './onnxRunner.js';

class PackageTensor implements OnnxTensor {
  readonly tensor: Tensor;

  constructor(readonly host: HostTensor) {
    const { data, shape } = host;
    this.tensor = data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int32', data, shape);
  }

  /** Garbage is collected. */
  dispose(): void {}
}

const tensorsOf = (tensors: ReadonlyMap<string, OnnxTensor>): Record<string, Tensor> =>
  Object.fromEntries(
    [...tensors].map(([name, tensor]) => {
      if (!(tensor instanceof PackageTensor)) throw new Error(`${name} is of another interface.`);
      return [name, tensor.tensor];
    }),
  );

const runnerOf = (session: InferenceSession): OnnxRunner => ({
  outputs: session.outputMetadata.map((output) => {
    if (!output.isTensor || (output.type !== 'float32' && output.type !== 'int32'))
      throw new Error(`${output.name} is no tensor of float32 or int32.`);
    return { name: output.name, shape: output.shape.map(Number), dtype: output.type };
  }),
  run: async (inputs, outputs) => {
    await session.run(tensorsOf(inputs), tensorsOf(outputs));
  },
  endProfiling: () => session.endProfiling(),
  release: () => session.release(),
});

export const onnxByPackage = (provider: Provider): OnnxLibrary => ({
  open: async (model, { optimize, waiting, optimizedFile, profilePrefix }) =>
    runnerOf(
      await InferenceSession.create(model, {
        executionProviders: [provider],
        graphOptimizationLevel: optimize ? 'all' : 'disabled',
        enableMemPattern: false,
        extra: CONFIGURATIONS[waiting],
        ...(optimizedFile !== undefined && { optimizedModelFilePath: optimizedFile, logSeverityLevel: ERRORS_ALONE }),
        ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
      }),
    ),
  tensor: (host) => new PackageTensor(host),
});
