/** The parameters and buffers of a ResNet, in torchvision's names and order. DINO replaces its classifier `fc`, so there is none. */
import { float32, type NamedSpecs, type TensorSpec } from '../../../program/program.js';
import { type Initial, normal } from '../../initial.js';
import { batchNormBuffers, batchNormParameters, initialOfBatchNorm } from '../../layers/namedBatchNorm.js';
import { blocksOf, type NormedConvolution, type ResNetSpec, stemOf } from './spec.js';

/** All convolutions with their full names. */
function convolutionsOf(spec: ResNetSpec): NormedConvolution[] {
  const ofBlocks = blocksOf(spec).flatMap(({ name, branch, shortcut }) =>
    [...branch, ...(shortcut ? [shortcut] : [])].map((layer) => ({
      ...layer,
      name: `${name}.${layer.name}`,
      norm: `${name}.${layer.norm}`,
    })),
  );
  return [stemOf(spec), ...ofBlocks];
}

const specsOf = (
  spec: ResNetSpec,
  ofLayer: (layer: NormedConvolution) => readonly (readonly [string, TensorSpec])[],
): NamedSpecs => Object.fromEntries(convolutionsOf(spec).flatMap(ofLayer));

export const resnetParameters = (spec: ResNetSpec): NamedSpecs =>
  specsOf(spec, ({ name, norm, inChannels, outChannels, kernel }) => [
    [`${name}.weight`, float32(outChannels, inChannels, kernel, kernel)],
    ...Object.entries(batchNormParameters(norm, outChannels)),
  ]);

export const resnetBuffers = (spec: ResNetSpec): NamedSpecs =>
  specsOf(spec, ({ norm, outChannels }) => Object.entries(batchNormBuffers(norm, outChannels)));

/** torchvision's: convolutions Kaiming normal by fan out, norms that change nothing. @throws Error for a name that the network lacks */
export function initialOfResnet(spec: ResNetSpec, name: string): Initial {
  const shape = resnetParameters(spec)[name]?.shape ?? resnetBuffers(spec)[name]?.shape;
  if (shape === undefined) throw new Error(`The network has no parameter ${name}.`);
  const [outChannels = 1, , kernel] = shape;
  if (kernel !== undefined) return normal(Math.sqrt(2 / (outChannels * kernel ** 2)));
  return initialOfBatchNorm(name);
}
