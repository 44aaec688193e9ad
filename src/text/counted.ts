/** A number of things in English: `1 image`, `12 images`. @param many when left out: the singular with an s */
export const counted = (count: number, one: string, many?: string): string => `${count} ${nounOf(count, one, many)}`;

/** The same, where there may be thousands: `1,234 images`. */
export const countedInGroups = (count: number, one: string, many?: string): string =>
  `${count.toLocaleString('en')} ${nounOf(count, one, many)}`;

const nounOf = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);
