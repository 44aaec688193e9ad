/** The images that a person has selected. */
import * as l10n from '@vscode/l10n';
import type { ImageStrip } from './imageStrip.js';
import { shown } from './shown.js';
import { state } from './state.js';

const MOST_SHOWN = 100;
/** Over hiding and reloading. */
const MOST_KEPT = 2000;

export class Selection {
  #images: ReadonlySet<number> = new Set(state.value.selected);

  constructor(private readonly strip: ImageStrip) {}

  get images(): ReadonlySet<number> {
    return this.#images;
  }

  /** @param isAdded to those that are selected; a single one that is selected is no more */
  take(images: readonly number[], isAdded: boolean): void {
    const [first] = images;
    const isTakenBack = isAdded && images.length === 1 && first !== undefined && this.#images.has(first);
    this.#images = isTakenBack
      ? new Set([...this.#images].filter((image) => image !== first))
      : new Set(isAdded ? [...this.#images, ...images] : images);
    this.show();
  }

  /** There are so many images now. */
  keepBelow(count: number): void {
    this.#images = new Set([...this.#images].filter((image) => image < count));
  }

  show(): void {
    const all = [...this.#images];
    state.set({ selected: all.slice(0, MOST_KEPT) });
    const images = all.slice(0, MOST_SHOWN).map((image) => ({ image, name: shown.nameOf(image), note: '' }));
    const title = l10n.t('{0} selected', all.length.toLocaleString('en'));
    this.strip.show({ title, images, all, areFiles: shown.areFiles });
  }
}
