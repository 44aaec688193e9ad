import type { NamedHostTensors } from '../program/program.js';
import type { LoadedNetwork } from '../runs/network.js';

/** What the programs of a backbone take: its parameters and buffers. */
export const backboneWeights = ({ parameters }: LoadedNetwork): NamedHostTensors =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => name.startsWith('backbone.')));
