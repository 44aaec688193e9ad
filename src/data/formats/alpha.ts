/**
 * Transparency: transparent parts become white. Drawings are made for paper, and their black outlines would drown in black.
 */

/**
 * Lays colors that are followed by their alpha value over white.
 * @param samples [pixels, colors + 1], 8-bit
 * @param isAssociated whether the colors are multiplied by alpha already
 * @returns [pixels, colors]
 */
export function overWhite(samples: Uint8Array, colors: number, isAssociated = false): Uint8Array {
  const pixels = samples.length / (colors + 1);
  const data = new Uint8ClampedArray(pixels * colors);
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from++) {
    const alpha = samples[from + colors] as number;
    for (let color = 0; color < colors; color++) {
      const value = samples[from++] as number;
      data[to++] = (isAssociated ? value : (value * alpha) / 255) + 255 - alpha;
    }
  }
  return new Uint8Array(data.buffer);
}
