/** The tree of the selected run's checkpoints, newest first. */
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import { type CheckpointInfo, listCheckpoints } from '../runs/checkpoint.js';
import type { AttentionChoice } from './attentionChoice.js';
import { Disposable } from './disposable.js';
import type { ListedRun, RunList } from './runList.js';
import type { RunsView } from './runsView.js';

export class CheckpointsView extends Disposable implements vscode.TreeDataProvider<CheckpointInfo> {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<CheckpointInfo>;
  /** What is shown, in one text: while a run trains, its checkpoints seldom change. */
  #shown = '';

  constructor(
    private readonly runsView: RunsView,
    runs: RunList,
    private readonly choice: AttentionChoice,
  ) {
    super();
    this.#tree = this._register(vscode.window.createTreeView('dino.checkpoints', { treeDataProvider: this }));
    const update = () => {
      const { name = '', stepsPerEpoch } = this.#labels;
      const { checkpoints, problem = '' } = this.#read();
      const shown = JSON.stringify([name, stepsPerEpoch, this.choice.path, checkpoints, problem]);
      if (shown === this.#shown) return;
      this.#shown = shown;
      this.#tree.description = name;
      this.#tree.message = problem;
      this.#changed.fire();
    };
    this._register(runsView.onDidSelect(update));
    this._register(choice.onDidChange(update));
    this._register(
      runs.onDidChange((changed) => {
        if (changed === undefined || (this.#run && changed.includes(this.#run))) update();
      }),
    );
  }

  get #run(): ListedRun | undefined {
    return this.runsView.selected;
  }

  getChildren(parent?: CheckpointInfo): CheckpointInfo[] {
    return parent === undefined ? this.#read().checkpoints : [];
  }

  /** Newest first. */
  #read(): { readonly checkpoints: CheckpointInfo[]; readonly problem?: string } {
    try {
      return { checkpoints: this.#run ? listCheckpoints(this.#run.dir).reverse() : [] };
    } catch (error) {
      return { checkpoints: [], problem: errorMessage(error) };
    }
  }

  get #labels() {
    const summary = this.#run?.summary;
    return { name: summary?.name, stepsPerEpoch: summary?.run?.record.totals.stepsPerEpoch ?? 0 };
  }

  getTreeItem({ path, step, latest }: CheckpointInfo): vscode.TreeItem {
    const isChosen = path === this.choice.path;
    const notes = [
      epochOf(step, this.#labels.stepsPerEpoch),
      latest && vscode.l10n.t('latest'),
      isChosen && vscode.l10n.t('used for attention'),
    ];
    const item = new vscode.TreeItem(vscode.l10n.t('Step {0}', step));
    item.id = path;
    item.description = notes.filter((note) => note).join(' · ');
    item.iconPath = isChosen
      ? new vscode.ThemeIcon('eye', new vscode.ThemeColor('charts.blue'))
      : new vscode.ThemeIcon('archive');
    item.tooltip = path;
    item.contextValue = isChosen ? 'checkpoint chosen' : 'checkpoint';
    return item;
  }
}

function epochOf(step: number, stepsPerEpoch: number): string | undefined {
  if (step === 0) return vscode.l10n.t('untrained');
  return stepsPerEpoch > 0 ? vscode.l10n.t('epoch {0}', Number((step / stepsPerEpoch).toFixed(2))) : undefined;
}
