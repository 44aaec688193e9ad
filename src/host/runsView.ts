/** The tree of runs. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import type { ListedRun, RunList } from './runList.js';
import { isLive, isResumable, type RunState, type RunSummary } from './runSummary.js';
import { describeRun, durationText, lossText, percent, STATE_NAMES, speedText, troubleOf } from './wording.js';

/** A line under a run, or under nothing, that says what is wrong. */
interface Problem {
  readonly message: string;
}
type Row = ListedRun | Problem;

/** Lines of stderr under a run that crashed; the tooltip has them all. */
const SHOWN_PROBLEMS = 6;

const ICONS: Readonly<Record<RunState, readonly [icon: string, colour?: string]>> = {
  created: ['circle-outline'],
  preparing: ['loading~spin', 'charts.blue'],
  running: ['sync~spin', 'charts.blue'],
  stopping: ['loading~spin', 'charts.yellow'],
  stopped: ['debug-pause'],
  finished: ['pass-filled', 'testing.iconPassed'],
  failed: ['error', 'testing.iconFailed'],
  interrupted: ['debug-disconnect', 'charts.yellow'],
  broken: ['warning', 'list.warningForeground'],
};

export class RunsView extends Disposable implements vscode.TreeDataProvider<Row> {
  readonly #changed = this._register(new vscode.EventEmitter<Row[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #selected = this._register(new vscode.EventEmitter<ListedRun | undefined>());
  /** The run that the Checkpoints view shows has changed. */
  readonly onDidSelect = this.#selected.event;
  readonly #tree: vscode.TreeView<Row>;

  constructor(private readonly runs: RunList) {
    super();
    this.#tree = this._register(
      vscode.window.createTreeView<Row>('dino.runs', { treeDataProvider: this, canSelectMany: true }),
    );
    this._register(this.#tree.onDidChangeSelection(() => this.#selected.fire(this.selected)));
    this._register(
      runs.onDidChange((changed) => {
        this.#changed.fire(changed && [...changed]);
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
    if (row === undefined) return [...this.runs.problems.map((message) => ({ message })), ...this.runs.runs];
    if (!('dir' in row)) return [];
    return row.summary.problems.slice(-SHOWN_PROBLEMS).map((message) => ({ message }));
  }

  getParent(): undefined {
    return undefined; // `reveal` asks for runs alone, which are all at the top.
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return 'dir' in row ? runItem(row.summary) : problemItem(row.message);
  }

  #showBadge(): void {
    const live = this.runs.runs.filter(({ summary }) => isLive(summary)).length;
    this.#tree.badge =
      live > 0 ? { value: live, tooltip: `${live} ${live === 1 ? 'run is' : 'runs are'} training` } : undefined;
  }
}

function runItem(summary: RunSummary): vscode.TreeItem {
  const { dir, name, state, problems } = summary;
  const item = new vscode.TreeItem(name);
  const [icon, colour] = iconOf(summary);
  // VS Code remembers by the id that a row was folded; one that has just failed opens.
  item.id = problems.length > 0 ? `${dir} (with problems)` : dir;
  item.description = describeRun(summary);
  item.iconPath = new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colour));
  item.tooltip = tooltip(summary);
  item.accessibilityInformation = { label: `${name}, ${STATE_NAMES[state]}, ${item.description}` };
  item.collapsibleState =
    problems.length > 0 ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None;
  item.contextValue = contextOf(summary);
  return item;
}

/** What is wrong with the numbers shows in the icon; that a run is under way, too. */
function iconOf(summary: RunSummary): readonly [icon: string, colour?: string] {
  const trouble = troubleOf(summary);
  if (trouble === undefined) return ICONS[summary.state];
  const colour = trouble.level === 'error' ? 'list.errorForeground' : 'list.warningForeground';
  return [isLive(summary) ? ICONS[summary.state][0] : 'warning', colour];
}

/** Words that the `when` clauses of package.json look for. */
function contextOf(summary: RunSummary): string {
  const words = ['run'];
  if (isLive(summary)) words.push('live');
  else words.push('idle');
  if (summary.state === 'preparing' || summary.state === 'running') words.push('stoppable');
  if (isResumable(summary)) words.push('resumable');
  if (summary.run) words.push('recorded');
  return words.join(' ');
}

function problemItem(message: string): vscode.TreeItem {
  const item = new vscode.TreeItem(message);
  item.iconPath = new vscode.ThemeIcon('output');
  item.tooltip = message;
  return item;
}

function tooltip(summary: RunSummary): vscode.MarkdownString {
  const { name, state, step, totalSteps, epoch, epochs, loss, imagesPerSecond, etaSeconds, problems, diagnosis, run } =
    summary;
  const text = new vscode.MarkdownString();
  const line = (words: string) => text.appendText(words).appendMarkdown('  \n');
  text.appendMarkdown('**').appendText(name).appendMarkdown('** ');
  line(STATE_NAMES[state]);
  if (totalSteps > 0)
    line(`Step ${step} of ${totalSteps} (${percent(summary)} %), epoch ${epoch.toFixed(2)} of ${epochs}`);
  if (loss !== undefined)
    line(`L${lossText(loss).slice(1)}${imagesPerSecond === undefined ? '' : `, ${speedText(imagesPerSecond)}`}`);
  if (etaSeconds !== undefined && isLive(summary)) line(`${durationText(etaSeconds)} left`);
  if (diagnosis) {
    line(diagnosis.finding);
    if (diagnosis.remedy !== undefined) line(diagnosis.remedy);
  }
  if (run) {
    const { dataset, engine, config, preset, totals } = run.record;
    line(`${dataset.images} pictures in ${dataset.path}`);
    line(
      `ViT ${config.embed_dim} wide, ${config.depth} blocks, ${config.num_heads} heads, patches of ${config.patch_size}${preset ? ` (preset ${preset})` : ''}`,
    );
    if (engine) line(engine.version);
    if (totals.unreadable > 0) line(`${totals.unreadable} pictures could not be read`);
  }
  if (problems.length > 0) text.appendCodeblock(problems.join('\n'), 'text');
  return text;
}
