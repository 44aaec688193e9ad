/** What a run's row says when the mouse is over it: how it stands, what its numbers mean, and how its loss has gone. */
import * as vscode from 'vscode';
import type { Settings } from '../settings/settings.js';
import { trendImage } from './lossTrend.js';
import { isLive, type RunSummary } from './runSummary.js';
import { durationText, engineText, percent, STATE_NAMES, speedText } from './wording.js';

/** @param losses the oldest first */
export function runTooltip(summary: RunSummary, losses: readonly number[]): vscode.MarkdownString {
  const { name, state, step, totalSteps, epoch, epochs, loss, imagesPerSecond, etaSeconds, problems, diagnosis, run } =
    summary;
  const text = new vscode.MarkdownString();
  const line = (words: string) => text.appendText(words).appendMarkdown('  \n');
  text.appendMarkdown('**').appendText(name).appendMarkdown('** ');
  line(STATE_NAMES[state]);
  if (totalSteps > 0)
    line(
      vscode.l10n.t(
        'Step {0} of {1} ({2} %), epoch {3} of {4}',
        step,
        totalSteps,
        percent(summary),
        epoch.toFixed(2),
        epochs,
      ),
    );
  if (loss !== undefined)
    line(
      imagesPerSecond === undefined
        ? vscode.l10n.t('Loss {0}', loss.toFixed(2))
        : vscode.l10n.t('Loss {0}, {1}', loss.toFixed(2), speedText(imagesPerSecond)),
    );
  const [first, last] = [losses[0], losses.at(-1)];
  if (losses.length > 1 && first !== undefined && last !== undefined) {
    const words = vscode.l10n.t('Loss over the run, from {0} to {1}', first.toFixed(2), last.toFixed(2));
    text.appendMarkdown(`![${words}](${trendImage(losses)})  \n`);
  }
  if (etaSeconds !== undefined && isLive(summary)) line(vscode.l10n.t('{0} left', durationText(etaSeconds)));
  if (diagnosis) {
    for (const { finding, remedy } of [diagnosis, ...diagnosis.also]) {
      line(finding);
      if (remedy !== undefined) line(remedy);
    }
  }
  if (run) {
    const { dataset, engine, config, preset, totals } = run.record;
    line(vscode.l10n.t('{0} images in {1}', dataset.images, dataset.path));
    line(`${networkText(config)}${preset ? vscode.l10n.t(' (preset {0})', preset) : ''}`);
    if (engine) line(engineText(engine));
    if (totals.unreadable > 0) line(vscode.l10n.t('{0} images could not be read', totals.unreadable));
  }
  if (problems.length > 0) text.appendCodeblock(problems.join('\n'), 'text');
  return text;
}

/** The network in a line. */
function networkText({ arch, embed_dim, depth, num_heads, patch_size }: Settings): string {
  if (arch !== 'vit') return arch;
  return vscode.l10n.t('ViT {0} wide, {1} blocks, {2} heads, patches of {3}', embed_dim, depth, num_heads, patch_size);
}
