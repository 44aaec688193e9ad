/** Which images a search finds. Pure: no DOM. */

/**
 * Those whose name or label has each of the words somewhere, in any case of letters.
 * @param labelOf a class, or what an image's color stands for
 * @returns undefined: nothing is searched
 */
export function matchesOf(
  names: readonly string[],
  labelOf: (image: number) => string,
  searched: string,
): ReadonlySet<number> | undefined {
  const words = searched
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const found = new Set<number>();
  names.forEach((name, image) => {
    const text = `${name}\n${labelOf(image)}`.toLowerCase();
    if (words.every((word) => text.includes(word))) found.add(image);
  });
  return found;
}
