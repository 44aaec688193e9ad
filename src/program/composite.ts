import { engine, getBackend, getKernel, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

type Attributes = Readonly<Record<string, number | boolean>>;

/**
 * An op that some backends have whole (the tracing one, whose engines then run it as one piece) and that everywhere else
 * is the plain tfjs ops of `plain`. Both must compute the same; the parity tests hold them to it.
 */
export function composite<Inputs extends Readonly<Record<string, Tensor>>, A extends Attributes>(
  kernel: string,
  plain: (inputs: Inputs, attributes: A) => Tensor[],
): (inputs: Inputs, attributes: A) => Tensor[] {
  return (inputs, attributes) => {
    if (getKernel(kernel, getBackend()) === undefined) return plain(inputs, attributes);
    const outputs: Tensor | Tensor[] = engine().runKernel(kernel, { ...inputs } as NamedTensorMap, { ...attributes });
    return Array.isArray(outputs) ? outputs : [outputs];
  };
}
