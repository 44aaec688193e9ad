/** Points on their way from one place to another. */

const MORPH_MS = 450;

export class Morph {
  #way: { readonly from: Float32Array; readonly to: Float32Array; readonly began: number } | undefined;

  get isMoving(): boolean {
    return this.#way !== undefined;
  }

  begin(from: Float32Array, to: Float32Array): void {
    this.#way = { from: from.slice(), to, began: performance.now() };
  }

  end(): void {
    this.#way = undefined;
  }

  /** Writes where they are by now. */
  step(positions: Float32Array): void {
    if (this.#way === undefined) return;
    const { from, to, began } = this.#way;
    const share = Math.min(1, (performance.now() - began) / MORPH_MS);
    const eased = share * share * (3 - 2 * share);
    for (let at = 0; at < positions.length; at++)
      positions[at] = (from[at] as number) + eased * ((to[at] as number) - (from[at] as number));
    if (share === 1) this.#way = undefined;
  }
}
