/** How imported weights look in the tree: what they are, and where they come from. */
import * as vscode from 'vscode';
import type { ImportRecord } from '../runs/importedRecord.js';
import type { ListedImport } from './imports.js';

export function importedItem({ path, name, record }: ListedImport, isChosen: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(name);
  item.id = path;
  if (typeof record === 'string') {
    item.description = vscode.l10n.t('cannot be read');
    item.tooltip = record;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = 'broken import';
    return item;
  }
  const notes = [networkText(record.backbone), record.source.library, isChosen && vscode.l10n.t('used for attention')];
  item.description = notes.filter((note) => note).join(' · ');
  item.iconPath = isChosen
    ? new vscode.ThemeIcon('eye', new vscode.ThemeColor('charts.blue'))
    : new vscode.ThemeIcon('package');
  item.tooltip = provenanceText(path, record);
  item.contextValue = isChosen ? 'import chosen' : 'import';
  return item;
}

function networkText(backbone: ImportRecord['backbone']): string {
  if (backbone.kind === 'resnet') return `ResNet ${backbone.layers.join('-')}`;
  const { depth, embedDim, patchSize } = backbone;
  return `ViT ${embedDim} × ${depth}/${patchSize}`;
}

/** A line a fact. */
function provenanceText(folder: string, { source, head, notes, importedAt }: ImportRecord): string {
  const { file, files, library, network, channels } = source;
  const lines = [
    folder,
    vscode.l10n.t('From: {0}', file),
    vscode.l10n.t('Library: {0}', library),
    ...(network === undefined ? [] : [vscode.l10n.t('Network: {0}', network)]),
    head === undefined
      ? vscode.l10n.t('Without a projection head')
      : vscode.l10n.t('With its projection head (K {0})', head.outDim),
    ...(channels === undefined
      ? []
      : [vscode.l10n.t('{0} channels in the place of {1}: {2}', channels.to, channels.from, channels.rule)]),
    ...files.map(({ name, bytes, sha256 }) => vscode.l10n.t('{0}: {1} bytes, SHA-256 {2}', name, bytes, sha256)),
    vscode.l10n.t('Imported: {0}', importedAt.slice(0, 10)),
  ];
  return [...lines, ...notes].join('\n');
}
