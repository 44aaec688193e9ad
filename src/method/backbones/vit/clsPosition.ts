import type { HostTensor } from '../../../program/program.js';
import type { VitSpec } from './spec.js';

/** Stored positions [1, tokens, dim]. A CLS token without one gets one of zeros, which changes nothing of what the network computes. */
export function withClsPosition({ positions, embedDim }: VitSpec, tensor: HostTensor): HostTensor {
  if (positions.ofCls) return tensor;
  const [, tokens = 0] = tensor.shape;
  const data = new Float32Array(tensor.data.length + embedDim);
  data.set(tensor.data, embedDim);
  return { ...tensor, shape: [1, tokens + 1, embedDim], data };
}
