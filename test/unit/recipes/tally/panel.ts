/** A panel that does not exist: it counts the names in a folder, and halves numbers. */
import type * as vscode from 'vscode';
import { z } from 'zod';
import { CodedError } from '../../../../src/errors/codedError.js';
import { OpenPanels } from '../../../../src/host/openPanels.js';
import { type PanelPlace, WebviewPanel } from '../../../../src/host/webviewPanel.js';
import { askHalf, counted, numberSchema, pageReady } from './protocol.js';

export * as fake from './vscode.js';

class TallyPanel extends WebviewPanel {
  constructor(
    extensionUri: vscode.Uri,
    readonly folder: string,
    place: PanelPlace,
  ) {
    super({ extensionUri, page: 'tally', title: `Tally: ${folder}`, ...place });
    this.onSignal(pageReady, () => this.tell(counted, { folder, count: folder.length }));
    this.onRequest(askHalf, numberSchema, async (value) => {
      if (value % 2 === 0) return value / 2;
      throw new CodedError(`${value} has no half.`, 'no-such-block');
    });
  }
}

export const tallies = (extensionUri: vscode.Uri): OpenPanels<string, TallyPanel> =>
  new OpenPanels({
    page: 'tally',
    keyOf: (folder: string) => folder,
    subjectOf: ({ folder }: TallyPanel) => folder,
    subjectIn: async (state) => z.object({ folder: z.string() }).safeParse(state).data?.folder,
    open: (folder, place) => new TallyPanel(extensionUri, folder, place),
  });
