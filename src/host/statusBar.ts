/** What this window trains, in the status bar. Nothing is trained: nothing is shown. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import type { RunList } from './runList.js';
import type { RunSummary } from './runSummary.js';
import type { Trainings } from './trainings.js';
import { durationText, percent, statusText } from './wording.js';

export class StatusBar extends Disposable {
  readonly #item = this._register(vscode.window.createStatusBarItem('dino.status', vscode.StatusBarAlignment.Left, 50));
  /** A run that failed stays until it is clicked, or until another one starts. */
  #failed: string | undefined;

  constructor(
    private readonly trainings: Trainings,
    private readonly runs: RunList,
  ) {
    super();
    this.#item.name = vscode.l10n.t('DINO Training');
    this._register(runs.onDidChange(() => this.#show()));
    this._register(
      trainings.onDidEnd(({ request, end }) => {
        this.#failed = end?.kind === 'failed' ? request.run : undefined;
        this.#show();
      }),
    );
  }

  get text(): string | undefined {
    return this.#shown && this.#item.text;
  }

  /** The run has been looked at. */
  acknowledge(dir: string): void {
    if (this.#failed !== dir) return;
    this.#failed = undefined;
    this.#show();
  }

  get #shown(): RunSummary | undefined {
    const { active } = this.trainings;
    const dir = (active.findLast(({ state }) => state !== 'queued') ?? active.at(-1))?.request.run ?? this.#failed;
    return dir === undefined ? undefined : this.runs.get(dir)?.summary;
  }

  #show(): void {
    const summary = this.#shown;
    if (summary === undefined) {
      this.#item.hide();
      return;
    }
    const { state, name, dir } = summary;
    const isFailed = state === 'failed';
    const more = this.trainings.active.length - 1;
    const icon = isFailed ? '$(error)' : state === 'running' ? '$(eye)' : '$(loading~spin)';
    this.#item.text = `${icon} ${statusText(summary)}${more > 0 ? ` (+${more})` : ''}`;
    this.#item.backgroundColor = isFailed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.#item.tooltip = vscode.l10n.t('{0}\n{1}\nClick to show the run.', name, details(summary));
    this.#item.command = { command: 'dino.revealRun', title: vscode.l10n.t('Show the run'), arguments: [dir] };
    this.#item.show();
  }
}

function details(summary: RunSummary): string {
  const { state, problems, step, totalSteps, etaSeconds, teacher } = summary;
  if (state === 'failed') return problems[0] ?? vscode.l10n.t('failed');
  if (state === 'queued') return vscode.l10n.t('Waiting until the trainings before it have ended.');
  if (teacher !== undefined)
    return vscode.l10n.t('Computing the teacher: batch {0} of {1}.', teacher.computed, teacher.of);
  if (state === 'preparing') return vscode.l10n.t('Reading the images and compiling the training step.');
  if (state === 'stopping') return vscode.l10n.t('Finishing the step and saving a checkpoint.');
  const left = etaSeconds === undefined ? '' : vscode.l10n.t(', {0} left', durationText(etaSeconds));
  return vscode.l10n.t('Step {0} of {1} ({2} %){3}', step, totalSteps, percent(summary), left);
}
