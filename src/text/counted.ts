/** A number of things in English: `1 image`, `12 images`. @param many when left out: the singular with an s */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
