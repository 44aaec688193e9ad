import type { NamedHostTensors, Program } from '../program/program.js';

/** Makes sure that a program begins with the whole of its state. @throws Error naming the first entry that is missing or has another shape */
export function requireState({ name: program, state }: Program, values: NamedHostTensors): void {
  for (const [name, { shape }] of Object.entries(state)) {
    const given = values[name];
    if (given === undefined) throw new Error(`The ${program} cannot begin without ${name}.`);
    if (given.shape.join() !== shape.join()) {
      throw new Error(`The ${program} keeps ${name} of shape [${shape}] and was given [${given.shape}].`);
    }
  }
}
