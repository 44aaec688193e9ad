/** How a parameter starts: the original's distributions. Its numbers are not reproduced, since PyTorch's generator is not. */
export type Initial =
  | { readonly is: 'constant'; readonly value: number }
  | { readonly is: 'normal'; readonly deviation: number }
  /** From -limit to limit. */
  | { readonly is: 'uniform'; readonly limit: number };

export const constant = (value: number): Initial => ({ is: 'constant', value });
export const normal = (deviation: number): Initial => ({ is: 'normal', deviation });

/** PyTorch's default for linear layers and convolutions. @param fanIn inputs of each output */
export const uniformByFanIn = (fanIn: number): Initial => ({ is: 'uniform', limit: 1 / Math.sqrt(fanIn) });

/** `draw` is uniform over [0, 1). One value a call. */
export function drawer(initial: Initial, draw: () => number): () => number {
  switch (initial.is) {
    case 'constant':
      return () => initial.value;
    case 'uniform':
      return () => (2 * draw() - 1) * initial.limit;
    // Box-Muller. trunc_normal_'s limits of ±2 are a hundred deviations away at the .02 of a ViT: never met.
    case 'normal':
      return () => initial.deviation * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  }
}
