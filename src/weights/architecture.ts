import type { NamedSpecs, TensorSpec } from '../program/program.js';

/** So many tensors are named in one sentence. */
const MOST_NAMED = 3;

/** A tensor that there is. */
interface Found extends TensorSpec {
  /** What its values are called where they lie, such as int8; absent: as in memory. */
  readonly numbers?: string;
}

/**
 * Makes sure that the tensors are those of an architecture.
 * @param nameOf what a tensor is called where a person sees it
 * @throws Error that lists the tensors that are missing or differ, with both shapes
 */
export function requireArchitecture(
  tensors: Readonly<Record<string, Found>>,
  expected: NamedSpecs,
  where: string,
  nameOf: (name: string) => string = (name) => name,
): void {
  const problems = Object.entries(expected).flatMap(([name, { shape, dtype }]) => {
    const found = tensors[name];
    const needed = `[${shape.join(', ')}]`;
    if (!found) return `${nameOf(name)} is missing, where the shape ${needed} is needed`;
    if (found.shape.length !== shape.length || found.shape.some((extent, axis) => extent !== shape[axis]))
      return `${nameOf(name)} has the shape [${found.shape.join(', ')}], but ${needed} is needed`;
    if (found.dtype === dtype) return [];
    return `${nameOf(name)} holds ${found.numbers ?? found.dtype} values, but ${dtype} is needed`;
  });
  if (problems.length === 0) return;
  const others = problems.length - MOST_NAMED;
  const list = problems.slice(0, MOST_NAMED).join('; ');
  const more = others > 0 ? `; and ${others} more ${others === 1 ? 'tensor does' : 'tensors do'} not fit` : '';
  throw new Error(`${where} is of another architecture: ${list}${more}.`);
}
