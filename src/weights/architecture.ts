import type { NamedSpecs } from '../program/program.js';

/**
 * Makes sure that the tensors are those of an architecture.
 * @throws Error that names the first tensor that is missing or differs, with both shapes
 */
export function requireArchitecture(tensors: NamedSpecs, expected: NamedSpecs, where: string): void {
  for (const [name, { shape, dtype }] of Object.entries(expected)) {
    const found = tensors[name];
    const needed = `[${shape.join(', ')}]`;
    const another = `${where} is of another architecture: ${name}`;
    if (!found) throw new Error(`${another} is missing, where the shape ${needed} is needed.`);
    if (found.shape.length !== shape.length || found.shape.some((extent, axis) => extent !== shape[axis]))
      throw new Error(`${another} has the shape [${found.shape.join(', ')}], but ${needed} is needed.`);
    if (found.dtype !== dtype) throw new Error(`${another} holds ${found.dtype} values, but ${dtype} is needed.`);
  }
}
