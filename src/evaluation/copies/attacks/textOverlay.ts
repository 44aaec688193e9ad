/** Lines of white letters with a dark edge across the image. The letters are drawn here: which fonts a machine has must not matter. */
import { below, uniform } from '../../../data/randomness.js';
import type { Attack } from './attack.js';

/** Each letter in seven rows of five points, the left one the highest bit. */
const LETTERS: readonly (readonly number[])[] = [
  [14, 17, 17, 31, 17, 17, 17], // A
  [14, 17, 16, 16, 16, 17, 14], // C
  [30, 17, 17, 17, 17, 17, 30], // D
  [31, 16, 16, 30, 16, 16, 31], // E
  [17, 17, 17, 31, 17, 17, 17], // H
  [14, 4, 4, 4, 4, 4, 14], // I
  [16, 16, 16, 16, 16, 16, 31], // L
  [17, 27, 21, 21, 17, 17, 17], // M
  [17, 25, 21, 19, 17, 17, 17], // N
  [14, 17, 17, 17, 17, 17, 14], // O
  [30, 17, 17, 30, 20, 18, 17], // R
  [15, 16, 16, 14, 1, 1, 30], // S
  [31, 4, 4, 4, 4, 4, 4], // T
];
const ROWS = 7;
const COLUMNS = 5;
/** With the gap behind it. */
const ADVANCE = 6;
/** Height of a line of letters, in shares of the image's. */
const LINE = 0.09;

export const textOverlay: Attack = {
  name: 'text',
  strengths: [1, 2, 4, 6],
  unit: 'lines',
  async apply({ width, height, data }, lines, random) {
    const out = Uint8Array.from(data);
    const dot = Math.max(1, Math.round((height * LINE) / ROWS));
    const put = (left: number, top: number, size: number, level: number): void => {
      for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
        const from = Math.max(0, left);
        const to = Math.min(width, left + size);
        if (to > from) out.fill(level, (y * width + from) * 3, (y * width + to) * 3);
      }
    };
    const write = (level: number, grown: number, text: readonly (readonly number[])[], left: number, top: number) => {
      text.forEach((letter, place) => {
        for (let row = 0; row < ROWS; row++) {
          for (let column = 0; column < COLUMNS; column++) {
            if ((((letter[row] ?? 0) >> (COLUMNS - 1 - column)) & 1) === 0) continue;
            const x = left + (place * ADVANCE + column) * dot;
            put(x - grown, top + row * dot - grown, dot + 2 * grown, level);
          }
        }
      });
    };
    for (let line = 0; line < lines; line++) {
      const letters = Math.max(1, Math.floor((0.9 * width) / (ADVANCE * dot)));
      const text = Array.from({ length: letters }, () => LETTERS[below(random, LETTERS.length)] as readonly number[]);
      const top = Math.floor(((line + uniform(random, 0.1, 0.9)) * height) / lines - (ROWS * dot) / 2);
      const left = Math.floor(uniform(random, 0, width - letters * ADVANCE * dot + 1));
      write(0, Math.max(1, Math.round(dot / 3)), text, left, top);
      write(255, 0, text, left, top);
    }
    return { width, height, channels: 3, data: out };
  },
};
