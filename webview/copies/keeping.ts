/** Which of several copies is worth keeping, and what is said of each. Pure: no DOM. */

/** Of an image's file, as it is. */
export interface Facts {
  readonly original: { readonly width: number; readonly height: number };
  readonly bytes?: number | undefined;
  /** Milliseconds since 1970. */
  readonly modified?: number | undefined;
}

/**
 * The one with the most pixels; of equal ones the largest file, then the oldest, then the first.
 * @param facts undefined where they are not known, as of an image that cannot be read
 * @returns undefined when nothing is known of any
 */
export function worthKeeping(members: readonly number[], facts: (member: number) => Facts | undefined) {
  let best: { readonly member: number; readonly facts: Facts } | undefined;
  for (const member of members) {
    const known = facts(member);
    if (known !== undefined && (best === undefined || isBetter(known, best.facts))) best = { member, facts: known };
  }
  return best?.member;
}

function isBetter(one: Facts, other: Facts): boolean {
  const pixels = (of: Facts) => of.original.width * of.original.height;
  return (
    (pixels(one) - pixels(other) ||
      (one.bytes ?? 0) - (other.bytes ?? 0) ||
      (other.modified ?? Number.POSITIVE_INFINITY) - (one.modified ?? Number.POSITIVE_INFINITY)) > 0
  );
}

/** `640 × 480`, `52 KB`, `2026-11-28`: what is known. */
export function factsText({ original, bytes, modified }: Facts): string[] {
  return [
    `${original.width} × ${original.height}`,
    ...(bytes === undefined ? [] : [bytesText(bytes)]),
    ...(modified === undefined ? [] : [new Date(modified).toISOString().slice(0, 10)]),
  ];
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'KB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
