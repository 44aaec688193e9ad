/** Which files of the workspace are images, and which of them a command is about. */
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { IMAGE_ENDINGS, isImageName } from '../files/imageEndings.js';
import { imagePathsAt } from './imagePaths.js';

/** Files whose text may name images. */
export const NAMING_IMAGES: vscode.DocumentSelector = [
  ...['plaintext', 'markdown', 'json', 'jsonc', 'jsonl', 'csv', 'tsv', 'yaml', 'html'].map((language) => ({
    language,
  })),
  // Whatever language another extension takes them for.
  { pattern: '**/*.{csv,tsv,txt,md,json,jsonl,ndjson}' },
];

/**
 * The image that a command was given, else the active one, else one that the person picks.
 * @param title the command's
 * @returns undefined when none was picked
 * @throws Error when the file is no image
 */
export async function pickImage(given: unknown, title: string): Promise<vscode.Uri | undefined> {
  const image = givenImage(given) ?? (await activeImage()) ?? (await askForImage(title));
  if (image !== undefined && !isImageName(image.fsPath))
    throw new Error(
      vscode.l10n.t('{0} is not an image: {1} files are.', path.basename(image.fsPath), IMAGE_ENDINGS.join(', ')),
    );
  return image;
}

/** Links carry text; the menu of a text editor gives the text itself, and means the image that is named there. */
function givenImage(given: unknown): vscode.Uri | undefined {
  if (typeof given === 'string') return vscode.Uri.parse(given, true);
  if (!(given instanceof vscode.Uri)) return undefined;
  const isActiveText = vscode.window.activeTextEditor?.document.uri.toString() === given.toString();
  return isActiveText && !isImageName(given.fsPath) ? undefined : given;
}

/** The image in the tab that is open, or the one whose path is under the text cursor. */
export async function activeImage(): Promise<vscode.Uri | undefined> {
  // VS Code's own preview is a custom editor.
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText) {
    if (isImageName(input.uri.fsPath)) return input.uri;
  }
  const editor = vscode.window.activeTextEditor;
  if (!(input instanceof vscode.TabInputText) || editor === undefined) return undefined;
  return (await imageNamedAt(editor.document, editor.selection.active))?.uri;
}

export interface NamedImage {
  readonly uri: vscode.Uri;
  /** Where it is named. */
  readonly range: vscode.Range;
}

/** The image whose path stands at a place in a text: relative to the text's file, else to the workspace. It is there. */
export async function imageNamedAt(
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<NamedImage | undefined> {
  if (!vscode.languages.match(NAMING_IMAGES, document)) return undefined;
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  if (document.uri.scheme === 'file') folders.unshift(path.dirname(document.uri.fsPath));
  for (const found of imagePathsAt(document.lineAt(position).text, position.character)) {
    // Tables are carried from one system to another.
    const written = [...new Set([found.path, found.path.replaceAll('\\', '/')])];
    for (const file of written.flatMap((text) => placesOf(text, folders))) {
      if (!(await isFile(file))) continue;
      const { line } = position;
      return { uri: vscode.Uri.file(file), range: new vscode.Range(line, found.start, line, found.end) };
    }
  }
  return undefined;
}

/** A path from the root of a site is one from the root of the workspace. */
const placesOf = (text: string, folders: readonly string[]): string[] =>
  path.isAbsolute(text)
    ? [text, ...folders.map((folder) => path.join(folder, text))]
    : folders.map((folder) => path.resolve(folder, text));

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (entry) => entry.isFile(),
    () => false,
  );

async function askForImage(title: string): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('{0}: image', title),
    filters: { [vscode.l10n.t('Images')]: [...IMAGE_ENDINGS] },
    openLabel: title,
  });
  return chosen?.[0];
}
