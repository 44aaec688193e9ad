/**
 * The last stage of a convolutional network as plain data, and two maps of it. Like a class activation map (Zhou et al. 2016,
 * arXiv 1512.04150), a map is drawn out to the whole image.
 */
export interface Activations {
  readonly channels: number;
  /** Places. */
  readonly rows: number;
  readonly columns: number;
  /** [channels, rows * columns]. */
  readonly activations: Float32Array;
}

/** The Euclidean norm of the channel vector at each place, [rows * columns]. */
export const activationNorms = (of: Activations): Float32Array => Float32Array.from(exactNorms(of));

/**
 * The cosine similarity of one place's channel vector to that of every place, [rows * columns], -1 to 1; 0 where a vector is all zeros.
 * @param place its index in reading order
 * @throws Error for a place that is not there
 */
export function activationSimilarities(of: Activations, place: number): Float32Array {
  const { channels, rows, columns, activations } = of;
  const places = rows * columns;
  if (!(Number.isInteger(place) && place >= 0 && place < places))
    throw new Error(`there are ${places} places, so place ${place} has no activation`);
  const norms = exactNorms(of);
  const products = new Float64Array(places);
  for (let channel = 0; channel < channels; channel++) {
    const factor = activations[channel * places + place] as number;
    for (let other = 0; other < places; other++) {
      const value = activations[channel * places + other] as number;
      products[other] = (products[other] as number) + factor * value;
    }
  }
  return Float32Array.from(products, (product, other) => {
    const scale = (norms[place] as number) * (norms[other] as number);
    return scale > 0 ? product / scale : 0;
  });
}

function exactNorms({ channels, rows, columns, activations }: Activations): Float64Array {
  const places = rows * columns;
  const squares = new Float64Array(places);
  for (let channel = 0; channel < channels; channel++) {
    for (let place = 0; place < places; place++) {
      const value = activations[channel * places + place] as number;
      squares[place] = (squares[place] as number) + value ** 2;
    }
  }
  return squares.map(Math.sqrt);
}
