/** A program for images of any size: one that is compiled once, for all of them. */
import type { Program } from './program.js';

/** What a program's shapes depend on. */
export interface Sizes {
  readonly batch: number;
  /** Of cells, from the top of an image and from its left. */
  readonly rows: number;
  readonly columns: number;
}

export interface AnySizeProgram {
  readonly name: string;
  /** Side in pixels of a cell, such as a patch. */
  readonly cell: number;
  /** Where the program is told of the grid of cells, besides the images: see {@link gridInputs}. */
  readonly grid?: {
    /** Rows and columns of the grid that the network was trained with. */
    readonly side: number;
    /** What is added to both counts of any other grid. */
    readonly offset: number;
  };
  /** The program for images [batch, channels, height, width], its input `images`, of so many cells. */
  at(sizes: Sizes): Program;
}

/** What a program with a grid is given: the numbers of rows and columns from 0, [rows, 1] and [columns, 1], and their counts, []. */
export const gridInputs = {
  rows: 'rows',
  columns: 'columns',
  rowCount: 'rowCount',
  columnCount: 'columnCount',
} as const;
