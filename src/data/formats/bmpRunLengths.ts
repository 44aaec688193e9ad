/** Run-length coded pixels of bitmaps (BI_RLE8, BI_RLE4). Format: Microsoft's "Bitmap Compression". */

const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const DELTA = 2;

/**
 * @param code from the place of the pixels
 * @returns palette indices, rows from the bottom; what the code skips is 0
 * @throws Error when the code ends before the bitmap does
 */
export function readRunLengths(code: Buffer, width: number, height: number, bits: 4 | 8): Uint8Array {
  const indices = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  let at = 0;
  const next = (): number => {
    const byte = code[at++];
    if (byte === undefined) throw new Error('the file is truncated (its pixels end too early)');
    return byte;
  };
  const put = (index: number): void => {
    // A run past the end of its row is cut.
    if (x < width) indices[y * width + x] = index;
    x++;
  };
  while (y < height) {
    // Some writers leave out the end, once all rows are there.
    if (at >= code.length && y === height - 1 && x >= width) break;
    const count = next();
    const byte = next();
    if (count > 0) {
      for (let pixel = 0; pixel < count; pixel++) put(bits === 8 ? byte : nibble(byte, pixel));
    } else if (byte === END_OF_LINE) {
      x = 0;
      y++;
    } else if (byte === END_OF_BITMAP) {
      break;
    } else if (byte === DELTA) {
      x += next();
      y += next();
    } else {
      for (let pixel = 0, pair = 0; pixel < byte; pixel++) {
        if (bits === 8) {
          put(next());
        } else {
          if (pixel % 2 === 0) pair = next();
          put(nibble(pair, pixel));
        }
      }
      // Literal pixels are padded to whole words.
      const bytes = bits === 8 ? byte : Math.ceil(byte / 2);
      if (bytes % 2 === 1) at++;
    }
  }
  return indices;
}

const nibble = (byte: number, pixel: number): number => (pixel % 2 === 0 ? byte >> 4 : byte & 15);
