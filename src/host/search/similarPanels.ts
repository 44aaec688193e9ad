/** The panels of similar images that are open: at most one for each image, or part of one. */
import { existsSync } from 'node:fs';
import { similarStateSchema } from '../../protocol/similarPanel.js';
import { Disposable } from '../disposable.js';
import { OpenPanels } from '../openPanels.js';
import { SimilarPanel, type SimilarPanelParts, type SimilarSubject } from './similarPanel.js';

export class SimilarPanels extends Disposable {
  readonly #panels: OpenPanels<SimilarSubject, SimilarPanel>;

  constructor(parts: SimilarPanelParts) {
    super();
    this.#panels = this._register(
      new OpenPanels({
        page: 'similar',
        keyOf: ({ query }) => JSON.stringify([query.image, query.region]),
        subjectOf: (panel) => panel,
        subjectIn: async (state) => {
          await parts.runs.refresh();
          const { query, folder } = similarStateSchema.safeParse(state).data ?? {};
          return query && existsSync(query.image.path) ? { query, folder } : undefined;
        },
        open: (subject, place) => new SimilarPanel(subject, parts, place),
      }),
    );
  }

  show(subject: SimilarSubject): void {
    this.#panels.show(subject);
  }

  get all(): readonly SimilarPanel[] {
    return this.#panels.all;
  }
}
