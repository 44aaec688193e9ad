/** The images that are most like one, by its features and not by the plot. */
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { askNearest, nearestSchema } from '../../src/protocol/embeddingPanel.js';
import { request } from '../shared/host.js';
import type { ImageStrip, StripImage } from './imageStrip.js';
import type { Plot } from './plot.js';
import { shown } from './shown.js';
import { state } from './state.js';

const NEIGHBORS = 12;

export class Alike {
  /** Of several questions under way the last one counts. */
  #asked = 0;

  constructor(
    private readonly plot: Plot,
    private readonly strip: ImageStrip,
    private readonly onProblem: (sentence: string) => void,
  ) {}

  /** Looks at an image; undefined: at none any more. */
  async pin(image: number | undefined): Promise<void> {
    const mine = ++this.#asked;
    state.set({ pinned: image });
    this.#show(image, []);
    const { checkpoint, images, moving } = shown;
    if (image === undefined || checkpoint === undefined || images === undefined || moving !== undefined) return;
    try {
      const found = await request(askNearest, nearestSchema, { checkpoint, image, k: NEIGHBORS });
      if (mine !== this.#asked) return;
      this.#show(image, [
        { image, name: shown.nameOf(image), note: l10n.t('itself') },
        ...found.images.map((other, rank) => ({
          image: other,
          name: shown.nameOf(other),
          note: (found.similarities[rank] as number).toFixed(3),
        })),
      ]);
    } catch (error) {
      if (mine === this.#asked) this.onProblem(errorMessage(error));
    }
  }

  #show(image: number | undefined, images: readonly StripImage[]): void {
    const all = images.map((one) => one.image);
    this.plot.setPinned(image, all);
    const name = image === undefined ? '' : shown.nameOf(image);
    this.strip.show({ title: l10n.t('Most like {0}', name), images, all, areFiles: shown.areFiles });
  }
}
