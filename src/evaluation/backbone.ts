import type { NamedHostTensors } from '../program/program.js';
import type { LoadedNetwork } from '../runs/network.js';

/** The weights that the programs of src/method/features.ts take. */
export const backboneOf = ({ parameters }: LoadedNetwork): NamedHostTensors =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => name.startsWith('backbone.')));
