/** The panels of copies that are open: at most one for each folder, and for each image. */
import { existsSync } from 'node:fs';
import { type CopiesSubject, copiesStateSchema } from '../../protocol/copiesPanel.js';
import { Disposable } from '../disposable.js';
import { OpenPanels } from '../openPanels.js';
import { CopiesPanel, type CopiesPanelParts } from './copiesPanel.js';

export class CopiesPanels extends Disposable {
  readonly #panels: OpenPanels<CopiesSubject, CopiesPanel>;

  constructor(parts: CopiesPanelParts) {
    super();
    this.#panels = this._register(
      new OpenPanels({
        page: 'copies',
        keyOf: ({ folder, image }) => JSON.stringify([folder, image]),
        subjectOf: ({ shown }) => shown,
        subjectIn: async (state) => {
          await parts.runs.refresh();
          const { shown } = copiesStateSchema.safeParse(state).data ?? {};
          return shown && existsSync(shown.folder) ? shown : undefined;
        },
        open: (shown, place) => new CopiesPanel(shown, parts, place),
      }),
    );
  }

  show(shown: CopiesSubject): void {
    this.#panels.show(shown);
  }

  get all(): readonly CopiesPanel[] {
    return this.#panels.all;
  }
}
