/** Which files of the workspace are pictures, and which of them a command is about. */
import * as path from 'node:path';
import * as vscode from 'vscode';

export const PICTURE_EXTENSIONS = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'bmp', 'tif', 'tiff'];
const isPicture = (uri: vscode.Uri): boolean =>
  PICTURE_EXTENSIONS.includes(path.extname(uri.fsPath).slice(1).toLowerCase());

/**
 * The picture that a command was given, else the one in the tab that is open, else one that the person picks.
 * @param title the command's
 * @returns undefined when none was picked
 * @throws Error when the file is no picture
 */
export async function pickPicture(given: unknown, title: string): Promise<vscode.Uri | undefined> {
  const picture = given instanceof vscode.Uri ? given : (activePicture() ?? (await askForPicture(title)));
  if (picture !== undefined && !isPicture(picture))
    throw new Error(`${path.basename(picture.fsPath)} is no picture: ${PICTURE_EXTENSIONS.join(', ')} files are.`);
  return picture;
}

/** The picture in the tab that is open. VS Code's own preview is a custom editor. */
function activePicture(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText)
    return isPicture(input.uri) ? input.uri : undefined;
  return undefined;
}

async function askForPicture(title: string): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: `${title}: picture`,
    filters: { Pictures: PICTURE_EXTENSIONS },
    openLabel: title,
  });
  return chosen?.[0];
}
