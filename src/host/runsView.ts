/** The tree of runs. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { LossTrend } from './lossTrend.js';
import type { ListedRun, RunList } from './runList.js';
import { archiveItem, problemItem, runItem } from './runRows.js';
import { isLive } from './runSummary.js';
import { runTooltip } from './runTooltip.js';
import type { Hints } from './tour/hints.js';

/** A line under a run, or under nothing, that says what is wrong. */
interface Problem {
  readonly message: string;
}
/** The row that the runs lie under that were put away. */
interface Archive {
  readonly archived: number;
}
type Row = ListedRun | Problem | Archive;

/** Lines of stderr under a run that crashed; the tooltip has them all. */
const SHOWN_PROBLEMS = 6;

export class RunsView extends Disposable implements vscode.TreeDataProvider<Row> {
  readonly #changed = this._register(new vscode.EventEmitter<Row[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #selected = this._register(new vscode.EventEmitter<ListedRun | undefined>());
  /** The run that the Checkpoints view shows has changed. */
  readonly onDidSelect = this.#selected.event;
  readonly #tree: vscode.TreeView<Row>;
  #archiveRow: Archive | undefined;
  #places = '';

  /** Of the runs whose tooltip has been seen. */
  readonly #trends = new WeakMap<ListedRun, LossTrend>();

  constructor(
    private readonly runs: RunList,
    hints: Hints,
  ) {
    super();
    this.#tree = this._register(
      vscode.window.createTreeView<Row>('dino.runs', { treeDataProvider: this, canSelectMany: true }),
    );
    const introduce = () => this.#introduce(hints.isShown('runs'));
    this._register(hints.onDidChange(introduce));
    introduce();
    this._register(this.#tree.onDidChangeSelection(() => this.#selected.fire(this.selected)));
    this._register(
      runs.onDidChange((changed) => {
        // A star, or putting a run away, changes its place.
        const places = runs.runs.map((run) => [run.dir, isStarred(run), isArchived(run)]).join();
        this.#changed.fire(changed && places === this.#places ? [...changed] : undefined);
        this.#places = places;
        this.#showBadge();
      }),
    );
  }

  /** The run that is selected, else the newest. */
  get selected(): ListedRun | undefined {
    const row = this.#tree.selection.find((one) => 'dir' in one);
    // It may have been deleted since.
    const selected = row && 'dir' in row ? this.runs.get(row.dir) : undefined;
    return selected ?? this.runs.runs[0];
  }

  /** All runs that are selected, in the tree's order. */
  get allSelected(): readonly ListedRun[] {
    const dirs = new Set(this.#tree.selection.flatMap((row) => ('dir' in row ? [row.dir] : [])));
    return this.runs.runs.filter(({ dir }) => dirs.has(dir));
  }

  /** Shows the container, with the run selected. */
  async reveal(dir: string): Promise<void> {
    const listed = this.runs.get(dir);
    try {
      if (listed) await this.#tree.reveal(listed, { select: true, focus: true });
    } catch {
      // The tree is being drawn anew, without the run or with it elsewhere: it is shown all the same.
    }
    if (!this.#tree.visible) await vscode.commands.executeCommand('dino.runs.focus');
  }

  getChildren(row?: Row): Row[] {
    const { runs } = this.runs;
    if (row === undefined) {
      const seen = runs.filter((run) => !isArchived(run));
      const archived = runs.length - seen.length;
      const starred = seen.filter(isStarred);
      return [
        ...this.runs.problems.map((message) => ({ message })),
        ...starred,
        ...seen.filter((run) => !starred.includes(run)),
        ...(archived > 0 ? [this.#archive(archived)] : []),
      ];
    }
    if ('archived' in row) return runs.filter(isArchived);
    if (!('dir' in row)) return [];
    return row.summary.problems.slice(-SHOWN_PROBLEMS).map((message) => ({ message }));
  }

  getParent(row: Row): Row | undefined {
    return 'dir' in row && isArchived(row) ? this.#archiveRow : undefined;
  }

  /** The object stays the same, so that the tree keeps its place. */
  #archive(archived: number): Archive {
    if (this.#archiveRow?.archived !== archived) this.#archiveRow = { archived };
    return this.#archiveRow ?? { archived };
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if ('archived' in row) return archiveItem(row.archived);
    return 'dir' in row ? runItem(row.summary) : problemItem(row.message);
  }

  /** When the mouse is over a row: what is in its tooltip is read then. */
  async resolveTreeItem(item: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    if (!('dir' in row)) return item;
    const trend = this.#trends.get(row) ?? new LossTrend(row.dir);
    this.#trends.set(row, trend);
    // A run whose metrics cannot be read has a tooltip all the same, which says so.
    const losses = await trend.read().catch(() => []);
    item.tooltip = runTooltip(row.summary, losses);
    return item;
  }

  /** Says above the rows what they are, until a person puts that away. */
  #introduce(isShown: boolean): void {
    const text = vscode.l10n.t(
      'Each row is a run, with how far it is. Click one to see its curves; right-click it to stop, evaluate or compare it.',
    );
    this.#tree.message = isShown ? text : '';
    void vscode.commands.executeCommand('setContext', 'dino.hasTip', isShown);
  }

  #showBadge(): void {
    const live = this.runs.runs.filter(({ summary }) => isLive(summary) && summary.state !== 'queued').length;
    this.#tree.badge =
      live > 0
        ? {
            value: live,
            tooltip: live === 1 ? vscode.l10n.t('1 run is training') : vscode.l10n.t('{0} runs are training', live),
          }
        : undefined;
  }
}

const isStarred = ({ summary }: ListedRun): boolean => summary.run?.notes.isStarred === true;
const isArchived = ({ summary }: ListedRun): boolean => summary.run?.notes.isArchived === true;
