/** Images of labels in other sizes, which no mixture may make new labels of. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** By nearest pixels, as Pillow's `resize` chooses them. @param values [height, width] */
export function resizeNearest(values: Uint8Array, from: Size, to: Size): Uint8Array {
  const [rows, columns] = [nearest(from.height, to.height), nearest(from.width, to.width)];
  return Uint8Array.from({ length: to.height * to.width }, (_, i) => {
    const row = rows[Math.floor(i / to.width)] as number;
    return values[row * from.width + (columns[i % to.width] as number)] as number;
  });
}

/** Pillow adds up its steps: where a place is whole, what was lost in rounding may lead to the pixel before. */
function nearest(from: number, to: number): Int32Array {
  const step = from / to;
  const places = new Int32Array(to);
  let place = step * 0.5;
  for (let i = 0; i < to; i++) {
    places[i] = Math.trunc(place);
    place += step;
  }
  return places;
}
