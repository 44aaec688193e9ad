/** A share in percent. Of 0.07: 7 %, where 100 times it is 7.000000000000001. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(4))} %`;
