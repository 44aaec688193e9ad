/** The tree of the selected run's checkpoints, newest first. */
import * as vscode from 'vscode';
import { type CheckpointInfo, listCheckpoints } from '../runs/checkpoint.js';
import type { AttentionChoice } from './attentionChoice.js';
import { Disposable } from './disposable.js';
import type { ListedRun, RunList } from './runList.js';
import type { RunsView } from './runsView.js';

export class CheckpointsView extends Disposable implements vscode.TreeDataProvider<CheckpointInfo> {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<CheckpointInfo>;

  constructor(
    private readonly runsView: RunsView,
    runs: RunList,
    private readonly choice: AttentionChoice,
  ) {
    super();
    this.#tree = this._register(vscode.window.createTreeView('dino.checkpoints', { treeDataProvider: this }));
    const update = () => {
      this.#tree.description = this.#run?.summary.name ?? '';
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
    if (parent !== undefined || this.#run === undefined) return [];
    return listCheckpoints(this.#run.dir).reverse();
  }

  getTreeItem({ path, step, latest }: CheckpointInfo): vscode.TreeItem {
    const isChosen = path === this.choice.path;
    const notes = [epochOf(step, this.#run), latest && 'latest', isChosen && 'used for attention'];
    const item = new vscode.TreeItem(`Step ${step}`);
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

function epochOf(step: number, run: ListedRun | undefined): string | undefined {
  if (step === 0) return 'untrained';
  const perEpoch = run?.summary.run?.record.totals.stepsPerEpoch ?? 0;
  return perEpoch > 0 ? `epoch ${Number((step / perEpoch).toFixed(2))}` : undefined;
}
