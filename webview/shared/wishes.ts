/** What is asked for when it is to be seen: a few places at a time, each of them once, and kept. Pure: no DOM. */

/** So many are asked for at once: the first are there soon. */
const BATCH = 8;

export class Wishes<T> {
  #kept = new Map<number, T>();
  #wished: number[] = [];
  /** Asked for, and not there yet. */
  #underWay: readonly number[] = [];
  #isAsking = false;

  /** @param ask never fails @param onArrived what was wished for is there */
  constructor(
    private readonly ask: (places: number[]) => Promise<readonly T[]>,
    private readonly onArrived: (place: number, arrived: T) => void,
  ) {}

  get(place: number): T | undefined {
    return this.#kept.get(place);
  }

  /** The places are of other things. */
  clear(): void {
    this.#kept = new Map();
    this.#wished = [];
    this.#underWay = [];
  }

  /** The newest wishes come first. */
  wish(places: readonly number[]): void {
    const missing = places.filter((place) => !this.#kept.has(place) && !this.#underWay.includes(place));
    this.#wished = [...missing, ...this.#wished.filter((place) => !missing.includes(place))];
    if (!this.#isAsking) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.#isAsking = true;
    while (this.#wished.length > 0) {
      const places = this.#wished.splice(0, BATCH);
      this.#underWay = places;
      const into = this.#kept;
      const arrived = await this.ask(places);
      if (into !== this.#kept) continue;
      this.#underWay = [];
      arrived.forEach((one, at) => {
        const place = places[at];
        if (place === undefined) return;
        into.set(place, one);
        this.onArrived(place, one);
      });
    }
    this.#isAsking = false;
  }
}
