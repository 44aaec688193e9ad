/** The tree of runs. */
import * as vscode from 'vscode';
import type { Settings } from '../settings/settings.js';
import { Disposable } from './disposable.js';
import { decoratedUri } from './runDecorations.js';
import type { ListedRun, RunList } from './runList.js';
import { isLive, isResumable, type RunState, type RunSummary } from './runSummary.js';
import { describeRun, durationText, engineText, percent, STATE_NAMES, speedText, troubleOf } from './wording.js';

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

const ICONS: Readonly<Record<RunState, readonly [icon: string, color?: string]>> = {
  created: ['circle-outline'],
  queued: ['watch', 'charts.blue'],
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
  #archiveRow: Archive | undefined;
  #places = '';

  constructor(private readonly runs: RunList) {
    super();
    this.#tree = this._register(
      vscode.window.createTreeView<Row>('dino.runs', { treeDataProvider: this, canSelectMany: true }),
    );
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
    if ('archived' in row) return archiveItem(row);
    return 'dir' in row ? runItem(row.summary) : problemItem(row.message);
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

function archiveItem({ archived }: Archive): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Archived'), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = 'archived';
  item.description = `${archived}`;
  item.iconPath = new vscode.ThemeIcon('archive');
  item.contextValue = 'archive';
  return item;
}

function runItem(summary: RunSummary): vscode.TreeItem {
  const { dir, name, state, problems } = summary;
  const isStarred = summary.run?.notes.isStarred === true;
  const item = new vscode.TreeItem(isStarred ? `★ ${name}` : name);
  item.resourceUri = decoratedUri(dir);
  const [icon, color] = iconOf(summary);
  // VS Code remembers by the id that a row was folded; one that has just failed opens.
  item.id = problems.length > 0 ? `${dir} (with problems)` : dir;
  item.description = describeRun(summary);
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.tooltip = tooltip(summary);
  item.accessibilityInformation = {
    label: `${isStarred ? vscode.l10n.t('starred, {0}', name) : name}, ${STATE_NAMES[state]}, ${item.description}`,
  };
  item.collapsibleState =
    problems.length > 0 ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None;
  item.contextValue = contextOf(summary);
  // A click, or Enter. Not while several are selected: VS Code sees to that.
  item.command = { command: 'dino.previewLossCurve', title: vscode.l10n.t('Preview Loss Curve'), arguments: [dir] };
  return item;
}

/** What is wrong with the numbers shows in the icon; that a run is under way, too. */
function iconOf(summary: RunSummary): readonly [icon: string, color?: string] {
  const trouble = troubleOf(summary);
  if (trouble === undefined) return ICONS[summary.state];
  const color = trouble.level === 'error' ? 'list.errorForeground' : 'list.warningForeground';
  return [isLive(summary) ? ICONS[summary.state][0] : 'warning', color];
}

/** Words that the `when` clauses of package.json look for. */
function contextOf(summary: RunSummary): string {
  const words = ['run'];
  if (isLive(summary)) words.push('live');
  else words.push('idle');
  if (['queued', 'preparing', 'running'].includes(summary.state)) words.push('stoppable');
  if (summary.state === 'queued') words.push('queued');
  if (isResumable(summary)) words.push('resumable');
  if (summary.run) {
    words.push('recorded');
    words.push(summary.run.notes.isStarred ? 'starred' : 'unstarred');
    words.push(summary.run.notes.isArchived ? 'archived' : 'unarchived');
  }
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
