/** Files and folders that are dropped onto the Checkpoints view, from the explorer or the desktop, are imported. */
import * as vscode from 'vscode';

const URIS = 'text/uri-list';
/** What a desktop gives where it gives no addresses. */
const FILES = 'files';

export class WeightsDrop<Row> implements vscode.TreeDragAndDropController<Row> {
  readonly dropMimeTypes = [URIS, FILES];
  /** Nothing is dragged out of the view. */
  readonly dragMimeTypes: readonly string[] = [];

  /** @param drop is given the paths; it reports its own failures */
  constructor(private readonly drop: (paths: readonly string[]) => Promise<void>) {}

  async handleDrop(_onto: Row | undefined, transfer: vscode.DataTransfer): Promise<void> {
    const paths = [...new Set([...(await pathsIn(transfer)), ...filesIn(transfer)])];
    await this.drop(paths);
  }
}

async function pathsIn(transfer: vscode.DataTransfer): Promise<string[]> {
  const text = (await transfer.get(URIS)?.asString()) ?? '';
  return text.split(/\r?\n/).flatMap((line) => {
    // A line that begins so is a comment (RFC 2483).
    if (line.trim() === '' || line.startsWith('#')) return [];
    const uri = vscode.Uri.parse(line.trim());
    return uri.scheme === 'file' || uri.scheme === 'vscode-remote' ? [uri.fsPath] : [];
  });
}

function filesIn(transfer: vscode.DataTransfer): string[] {
  const paths: string[] = [];
  for (const [, item] of transfer) {
    const uri = item.asFile()?.uri;
    if (uri !== undefined) paths.push(uri.fsPath);
  }
  return paths;
}
