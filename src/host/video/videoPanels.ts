/** The panels of segmented videos that are open: at most one for each folder of frames. */
import { existsSync } from 'node:fs';
import { videoStateSchema } from '../../protocol/videoPanel.js';
import { Disposable } from '../disposable.js';
import { OpenPanels } from '../openPanels.js';
import { type OpenedVideo, VideoPanel, type VideoPanelParts } from './videoPanel.js';

export class VideoPanels extends Disposable {
  readonly #panels: OpenPanels<OpenedVideo, VideoPanel>;

  constructor(parts: VideoPanelParts) {
    super();
    this.#panels = this._register(
      new OpenPanels<OpenedVideo, VideoPanel>({
        page: 'video',
        keyOf: ({ folder }) => folder,
        subjectOf: ({ shown }) => shown,
        subjectIn: async (state) => {
          await parts.runs.refresh();
          const { shown } = videoStateSchema.safeParse(state).data ?? {};
          return shown && existsSync(shown.folder) ? shown : undefined;
        },
        open: (opened, place) => new VideoPanel(opened, parts, place),
      }),
    );
  }

  /** A panel that is open is revealed, and goes on with the checkpoint that is named, if any. */
  show(opened: OpenedVideo): void {
    const open = this.#panels.find(opened);
    if (opened.checkpoint !== undefined) open?.segmentBy(opened.checkpoint);
    this.#panels.show(opened);
  }

  get all(): readonly VideoPanel[] {
    return this.#panels.all;
  }
}
