/** The plots of embeddings that are open: one a folder of images, and one a run. */
import * as path from 'node:path';
import * as protocol from '../../protocol/embeddingPanel.js';
import { Disposable } from '../disposable.js';
import { OpenPanels } from '../openPanels.js';
import { EmbeddingPanel, type EmbeddingPanelParts } from './embeddingPanel.js';

export class EmbeddingPanels extends Disposable {
  readonly #panels: OpenPanels<protocol.Shown, EmbeddingPanel>;

  constructor(parts: EmbeddingPanelParts) {
    super();
    const nameOf = (shown: protocol.Shown): string =>
      (shown.kind === 'run' && parts.runs.get(shown.dir)?.summary.name) || path.basename(placeOf(shown));
    this.#panels = this._register(
      new OpenPanels({
        page: 'embedding',
        keyOf: placeOf,
        subjectOf: ({ shown }) => shown,
        subjectIn: async (state) => {
          await parts.runs.refresh();
          return protocol.embeddingStateSchema.safeParse(state).data?.shown;
        },
        open: (shown, place) => new EmbeddingPanel(shown, nameOf(shown), parts, place),
      }),
    );
  }

  show(shown: protocol.Shown): void {
    this.#panels.show(shown);
  }

  /** The panel of a folder, or of a run's folder. */
  get(place: string): EmbeddingPanel | undefined {
    return this.#panels.all.find(({ shown }) => placeOf(shown) === place);
  }
}

const placeOf = (shown: protocol.Shown): string => (shown.kind === 'folder' ? shown.path : shown.dir);
