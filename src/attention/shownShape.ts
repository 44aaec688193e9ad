/** The shape that an image is shown in. A network sees every image as a square; a person wants to see it as it is. */

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of the longer side to the shorter one: beyond it patches would be too narrow to be seen, and to be pointed at. */
const LONGEST = 3;

/** Width over height of the image, within bounds. */
export const shownRatio = ({ width, height }: Size): number => Math.min(LONGEST, Math.max(1 / LONGEST, width / height));
