/** How the compared images stand: runs below each other or side by side, whichever makes the images larger in the room there is. Pure: no DOM. */

export interface StripShape {
  /** A row a run and a column an image; else the other way around. */
  readonly areRunsDown: boolean;
  /** The name of a row stands above it, not beside it. */
  readonly isStacked: boolean;
  /** Of the square that an image is fitted into, in pixels of the page. */
  readonly side: number;
}

interface Room {
  readonly width: number;
  readonly height: number;
}

/** In pixels: the name of a row, the names of the columns, and what is between two images, as the style sheet has them. */
const ROW_NAME = 132;
const COLUMN_NAMES = 44;
const STACKED_NAME = 40;
const GAP = 12;
/** Narrower, the names beside the rows would take the images' room. */
const NARROW = 480;
const LEAST_SIDE = 96;
const MOST_SIDE = 480;

/** @param runs how many there are, 1 or more @param images the same @param room for all of them, in pixels */
export function stripShape(runs: number, images: number, room: Room): StripShape {
  const isStacked = room.width < NARROW;
  const sideOf = (rows: number, columns: number): number => {
    const width = (room.width - (isStacked ? 0 : ROW_NAME)) / columns - GAP;
    const height = (room.height - COLUMN_NAMES) / rows - GAP - (isStacked ? STACKED_NAME : 0);
    // A narrow page scrolls down, never aside.
    return isStacked ? width : Math.min(width, height);
  };
  const [down, across] = [sideOf(runs, images), sideOf(images, runs)];
  const side = Math.max(down, across);
  return {
    areRunsDown: down > across,
    isStacked,
    side: Math.round(Math.min(MOST_SIDE, Math.max(LEAST_SIDE, side))),
  };
}
