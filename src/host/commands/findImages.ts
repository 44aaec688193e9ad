/** DINO: Find Similar Images, and Find Copies. Of an image; copies of a folder's images among each other, too. */
import { statSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { shownFile } from '../attentionPanels.js';
import { pickImage } from '../imageFiles.js';
import type { RunList } from '../runList.js';
import type { CopiesPanels } from '../search/copiesPanels.js';
import { searchFolders } from '../search/searchFolders.js';
import type { SimilarPanels } from '../search/similarPanels.js';
import { askForFolder } from './askForFolder.js';
import { reporting } from './reporting.js';

export interface FindImagesParts {
  readonly similar: SimilarPanels;
  readonly copies: CopiesPanels;
  readonly runs: RunList;
  readonly output: vscode.LogOutputChannel;
}

export function registerFindImages({ similar, copies, runs, output }: FindImagesParts): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.findSimilar',
      reporting(output, async (given: unknown) => {
        const image = await pickImage(given, vscode.l10n.t('Find Similar Images'));
        if (image !== undefined) similar.show({ query: shownFile(image.fsPath) });
      }),
    ),
    vscode.commands.registerCommand(
      'dino.findCopies',
      reporting(output, async (given: unknown) => {
        const place = given instanceof vscode.Uri ? given : await askForFolder(vscode.l10n.t('Find Copies'));
        if (place === undefined) return;
        const entry = statSync(place.fsPath, { throwIfNoEntry: false });
        if (entry === undefined) throw new Error(vscode.l10n.t('There is no folder {0}.', place.fsPath));
        if (entry.isDirectory()) {
          copies.show({ folder: place.fsPath });
          return;
        }
        const image = await pickImage(place, vscode.l10n.t('Find Copies'));
        if (image === undefined) return;
        const [folder] = searchFolders(shownFile(image.fsPath), runs);
        copies.show({ folder: folder?.path ?? path.dirname(image.fsPath), image: image.fsPath });
      }),
    ),
  );
}
