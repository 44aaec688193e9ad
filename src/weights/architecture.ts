import type { NamedSpecs } from '../program/program.js';

/** So many tensors are named in one sentence. */
const MOST_NAMED = 5;

/**
 * Makes sure that the tensors are those of an architecture.
 * @param besides names of tensors that it has too much, which belong into the same sentence
 * @throws Error that lists the tensors that are missing or differ, with both shapes
 */
export function requireArchitecture(
  tensors: NamedSpecs,
  expected: NamedSpecs,
  where: string,
  besides: readonly string[] = [],
): void {
  const problems = Object.entries(expected).flatMap(([name, { shape, dtype }]) => {
    const found = tensors[name];
    const needed = `[${shape.join(', ')}]`;
    if (!found) return `${name} is missing, where the shape ${needed} is needed`;
    if (found.shape.length !== shape.length || found.shape.some((extent, axis) => extent !== shape[axis]))
      return `${name} has the shape [${found.shape.join(', ')}], but ${needed} is needed`;
    return found.dtype === dtype ? [] : `${name} holds ${found.dtype} values, but ${dtype} is needed`;
  });
  if (problems.length === 0) return;
  const others = problems.length - MOST_NAMED;
  const list = problems.slice(0, MOST_NAMED).join('; ');
  const more = others > 0 ? `; and ${others} more tensors do not fit` : '';
  const [surplus] = besides;
  const too =
    surplus === undefined
      ? ''
      : `; besides, it has ${surplus}${besides.length > 1 ? ` and ${besides.length - 1} more` : ''}`;
  throw new Error(`${where} is of another architecture: ${list}${more}${too}.`);
}
