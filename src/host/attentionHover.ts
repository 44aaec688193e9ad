/** A small image of the attention, or of what a network without it shows instead, when the mouse is over the path of an image in a text. */
import { statSync } from 'node:fs';
import * as path from 'node:path';
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import type { GlanceAnswer } from '../protocol/worker.js';
import { type CheckpointSourceParts, usualCheckpoint } from './checkpointSources.js';
import { Disposable } from './disposable.js';
import { imageNamedAt, NAMING_IMAGES } from './imageFiles.js';
import type { Inspector } from './inspector.js';

export interface AttentionHoverParts extends CheckpointSourceParts {
  readonly inspector: Inspector;
  readonly output: vscode.LogOutputChannel;
}

/** Of some tens of kilobytes each. */
const KEPT = 32;
/** VS Code cuts a hover's text off at 100,000 characters, and an image is part of it. */
const MOST_CHARACTERS = 95_000;

export class AttentionHover extends Disposable implements vscode.HoverProvider {
  readonly #kept = new LRUCache<string, vscode.MarkdownString>({ max: KEPT });

  constructor(private readonly parts: AttentionHoverParts) {
    super();
    this._register(vscode.languages.registerHoverProvider(NAMING_IMAGES, this));
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!vscode.workspace.isTrusted || !vscode.workspace.getConfiguration('dino').get('attentionHover', true)) return;
    const named = await imageNamedAt(document, position);
    if (named === undefined || token.isCancellationRequested) return;
    const checkpoint = usualCheckpoint(this.parts);
    if (checkpoint === undefined) return;
    const text = await this.#text(named.uri, checkpoint, token);
    return text && new vscode.Hover(text, named.range);
  }

  async #text(image: vscode.Uri, checkpoint: string, token: vscode.CancellationToken) {
    const times = [checkpoint, image.fsPath].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs);
    const key = JSON.stringify([checkpoint, image.fsPath, times]);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    try {
      const glance = await this.parts.inspector.attentionGlance(
        { checkpoint, image: { kind: 'file', path: image.fsPath } },
        token,
      );
      const text = describe(image, glance);
      this.#kept.set(key, text);
      return text;
    } catch (error) {
      // Nobody asked for more than a glance; the panel says what is wrong.
      if (!token.isCancellationRequested) this.parts.output.debug(`hover: ${errorMessage(error)}`);
      return undefined;
    }
  }
}

function describe(image: vscode.Uri, glance: GlanceAnswer): vscode.MarkdownString {
  const { kind, checkpointName } = glance;
  const png = Buffer.from(glance.png).toString('base64');
  const [what, more] =
    kind === 'attention'
      ? [vscode.l10n.t('Attention'), vscode.l10n.t('Every head, block and checkpoint')]
      : [vscode.l10n.t('Activations'), vscode.l10n.t('Every place and checkpoint')];
  const text = new vscode.MarkdownString();
  // This one command, and nothing that the text or a file's name could put there: those are appended as text.
  text.isTrusted = { enabledCommands: ['dino.showAttention'] };
  if (png.length < MOST_CHARACTERS) text.appendMarkdown(`![${what}](data:image/png;base64,${png})\n\n`);
  const given = encodeURIComponent(JSON.stringify([image.toString()]));
  const link = kind === 'attention' ? vscode.l10n.t('Show Attention') : vscode.l10n.t('Show Activations');
  text.appendMarkdown(`[${link}](command:dino.showAttention?${given} "${more}") `);
  text.appendText(vscode.l10n.t('{0}, by {1}', path.basename(image.fsPath), checkpointName));
  if (kind === 'activations') text.appendText(vscode.l10n.t(' · no attention: norm of the last stage’s activations'));
  return text;
}
