/** Points in a square of that side, in their proportions and in its middle; all in the middle when they are one. */
export function fitted(points: Float32Array, side: number): Float32Array {
  const bounds = [0, 1].map((axis) => {
    const values = points.filter((_, i) => i % 2 === axis);
    return values.reduce(({ least, most }, value) => ({ least: Math.min(least, value), most: Math.max(most, value) }), {
      least: Number.POSITIVE_INFINITY,
      most: Number.NEGATIVE_INFINITY,
    });
  });
  const extent = Math.max(...bounds.map(({ least, most }) => most - least));
  return points.map((value, i) => {
    const { least = 0, most = 0 } = bounds[i % 2] ?? {};
    return side / 2 + (extent > 0 ? ((value - (least + most) / 2) / extent) * side : 0);
  });
}
