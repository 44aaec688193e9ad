/** ONNX Runtime by the interface of onnxruntime-node, which has its providers for GPUs. It copies each result once more. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { HostTensor } from '../program/program.js';
import type { Provider } from './engine.js';
import { CONFIGURATIONS, ERRORS_ALONE, type OnnxLibrary, type OnnxRunner, type OnnxTensor } from './onnxRunner.js';

class PackageTensor implements OnnxTensor {
  readonly tensor: Tensor;
  readonly #data: HostTensor['data'];

  constructor(readonly host: HostTensor) {
    const { data, shape } = host;
    // The package takes no shared memory.
    this.#data = data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
    this.tensor =
      this.#data instanceof Float32Array
        ? new Tensor('float32', this.#data, shape)
        : new Tensor('int32', this.#data, shape);
  }

  /** Before a run that reads it. */
  fill(): void {
    if (this.#data !== this.host.data) this.#data.set(this.host.data);
  }

  /** After a run that wrote it. */
  handBack(): void {
    if (this.#data !== this.host.data) this.host.data.set(this.#data);
  }

  /** Garbage is collected. */
  dispose(): void {}
}

const ofPackage = (tensors: ReadonlyMap<string, OnnxTensor>): ReadonlyMap<string, PackageTensor> =>
  new Map(
    [...tensors].map(([name, tensor]) => {
      if (!(tensor instanceof PackageTensor)) throw new Error(`${name} is of another interface.`);
      return [name, tensor];
    }),
  );

const tensorsOf = (tensors: ReadonlyMap<string, PackageTensor>): Record<string, Tensor> =>
  Object.fromEntries([...tensors].map(([name, { tensor }]) => [name, tensor]));

const runnerOf = (session: InferenceSession): OnnxRunner => ({
  inputs: new Set(session.inputNames),
  outputs: session.outputMetadata.map((output) => {
    if (!output.isTensor || (output.type !== 'float32' && output.type !== 'int32'))
      throw new Error(`${output.name} is no tensor of float32 or int32.`);
    return { name: output.name, shape: output.shape.map(Number), dtype: output.type };
  }),
  run: async (inputs, outputs) => {
    const [taken, given] = [ofPackage(inputs), ofPackage(outputs)];
    for (const tensor of taken.values()) tensor.fill();
    await session.run(tensorsOf(taken), tensorsOf(given));
    for (const tensor of given.values()) tensor.handBack();
  },
  endProfiling: () => session.endProfiling(),
  release: () => session.release(),
});

export const onnxByPackage = (provider: Provider): OnnxLibrary => ({
  open: async (model, { optimize, threads, waiting, optimizedFile, profilePrefix }) =>
    runnerOf(
      await InferenceSession.create(model, {
        executionProviders: [provider],
        graphOptimizationLevel: optimize ? 'all' : 'disabled',
        enableMemPattern: false,
        extra: CONFIGURATIONS[waiting],
        ...(threads !== undefined && { intraOpNumThreads: threads }),
        ...(optimizedFile !== undefined && { optimizedModelFilePath: optimizedFile, logSeverityLevel: ERRORS_ALONE }),
        ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
      }),
    ),
  tensor: (host) => new PackageTensor(host),
});
