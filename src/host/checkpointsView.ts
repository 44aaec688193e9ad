/** The tree of the selected run's checkpoints, newest first, each with what evaluations say of it; behind them what was imported. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import { METRICS } from '../metrics/catalogue.js';
import { formatMetric } from '../metrics/metricSpec.js';
import { type CheckpointInfo, listCheckpoints } from '../runs/checkpoint.js';
import {
  type BrokenEvaluation,
  type EvaluationRecord,
  isStored,
  listEvaluations,
  type StoredEvaluation,
} from '../runs/evaluations.js';
import type { AttentionChoice } from './attentionChoice.js';
import { Disposable } from './disposable.js';
import { importedItem } from './importedItem.js';
import { type Imports, isImport, type ListedImport } from './imports.js';
import type { ListedRun, RunList } from './runList.js';
import type { RunsView } from './runsView.js';

type Result = StoredEvaluation | BrokenEvaluation;
/** The row that imports lie under. */
interface ImportedRow {
  readonly kind: 'imports';
}
const IMPORTED: ImportedRow = { kind: 'imports' };
type Row = CheckpointInfo | Result | ListedImport | ImportedRow;

const isImportedRow = (row: Row): row is ImportedRow => 'kind' in row && row.kind === 'imports';

export class CheckpointsView extends Disposable implements vscode.TreeDataProvider<Row> {
  readonly #changed = this._register(new vscode.EventEmitter<void>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: vscode.TreeView<Row>;
  /** What is shown, in one text: while a run trains, its checkpoints seldom change. */
  #shown = '';

  constructor(
    private readonly runsView: RunsView,
    runs: RunList,
    private readonly choice: AttentionChoice,
    private readonly imports: Imports,
    dragAndDropController: vscode.TreeDragAndDropController<Row>,
  ) {
    super();
    this.#tree = this._register(
      vscode.window.createTreeView<Row>('dino.checkpoints', { treeDataProvider: this, dragAndDropController }),
    );
    const update = () => {
      const { name = '', stepsPerEpoch, best } = this.#labels;
      const { checkpoints, results, problem } = this.#read();
      const message = [...(problem === undefined ? [] : [problem]), ...imports.problems].join('\n');
      const own = [name, stepsPerEpoch, best, this.choice.path, checkpoints, results.map(told), message];
      const shown = JSON.stringify([...own, imports.all]);
      if (shown === this.#shown) return;
      this.#shown = shown;
      this.#tree.description = name;
      this.#tree.message = message;
      this.#changed.fire();
    };
    this._register(runsView.onDidSelect(update));
    this._register(choice.onDidChange(update));
    this._register(imports.onDidChange(update));
    this._register(
      runs.onDidChange((changed) => {
        if (changed === undefined || (this.#run && changed.includes(this.#run))) update();
      }),
    );
  }

  get #run(): ListedRun | undefined {
    return this.runsView.selected;
  }

  get selection(): readonly Row[] {
    return this.#tree.selection;
  }

  getChildren(parent?: Row): Row[] {
    if (parent !== undefined && isImportedRow(parent)) return [...this.imports.all];
    const { checkpoints, results } = this.#read();
    if (parent === undefined) {
      const broken = results.filter((result) => !isStored(result));
      return [...checkpoints, ...broken, ...(this.imports.all.length > 0 ? [IMPORTED] : [])];
    }
    return 'step' in parent ? this.#resultsOf(parent, results) : [];
  }

  getParent(row: Row): Row | undefined {
    if (isImport(row)) return IMPORTED;
    if (!('file' in row) || !isStored(row)) return undefined;
    return this.#read().checkpoints.find(({ step }) => step === row.record.checkpoint.step);
  }

  /** Shows an import, selected. */
  async revealImport(folder: string): Promise<void> {
    const row = this.imports.all.find(({ path }) => path === folder);
    try {
      if (row) await this.#tree.reveal(row, { select: true, focus: true });
    } catch {
      // The tree is being drawn anew: it is shown all the same.
    }
    if (!this.#tree.visible) await vscode.commands.executeCommand('dino.checkpoints.focus');
  }

  /** Makes a result of the selected run seen, its checkpoint unfolded. */
  async revealResult(file: string): Promise<void> {
    this.#changed.fire();
    const result = this.#read().results.find((one) => one.file === file);
    // The row of a checkpoint that is not there any more has nothing to unfold.
    if (result === undefined || this.getParent(result) === undefined) return;
    try {
      await this.#tree.reveal(result, { select: true, focus: false });
    } catch {
      // VS Code gives up on a row that moved meanwhile. The result is there all the same.
    }
  }

  /** What is said of a row: one result, a checkpoint's, or all of the run that is selected. */
  resultsUnder(row: unknown): readonly EvaluationRecord[] {
    const stored = this.#read().results.filter(isStored);
    const [file, path] = [textIn(row, 'file'), textIn(row, 'path')];
    const checkpoint = this.#read().checkpoints.find((one) => one.path === path);
    return stored
      .filter((one) => file === undefined || one.file === file)
      .filter(({ record }) => path === undefined || record.checkpoint.step === checkpoint?.step)
      .map(({ record }) => record);
  }

  /** The newest first. */
  #resultsOf({ step }: CheckpointInfo, results: readonly Result[]): StoredEvaluation[] {
    return results
      .filter(isStored)
      .filter(({ record }) => record.checkpoint.step === step)
      .reverse();
  }

  /** Newest first. */
  #read(): { readonly checkpoints: CheckpointInfo[]; readonly results: Result[]; readonly problem?: string } {
    if (this.#run === undefined) return { checkpoints: [], results: [] };
    try {
      return { checkpoints: listCheckpoints(this.#run.dir).reverse(), results: listEvaluations(this.#run.dir) };
    } catch (error) {
      return { checkpoints: [], results: [], problem: errorMessage(error) };
    }
  }

  get #labels() {
    const summary = this.#run?.summary;
    const record = summary?.run?.record;
    return { name: summary?.name, stepsPerEpoch: record?.totals.stepsPerEpoch ?? 0, best: record?.best };
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (isImportedRow(row)) return importsItem(this.imports.all.length);
    if (isImport(row)) return importedItem(row, row.path === this.choice.path);
    return 'step' in row ? this.#itemOf(row) : resultItem(row);
  }

  #itemOf(checkpoint: CheckpointInfo): vscode.TreeItem {
    const { path, step, latest } = checkpoint;
    const isChosen = path === this.choice.path;
    const { stepsPerEpoch, best } = this.#labels;
    const notes = [
      epochOf(step, stepsPerEpoch),
      latest && vscode.l10n.t('latest'),
      step === best?.step && vscode.l10n.t('best: {0} %', best.test_top1.toFixed(2)),
      isChosen && vscode.l10n.t('used for attention'),
    ];
    const hasResults = this.#resultsOf(checkpoint, this.#read().results).length > 0;
    const item = new vscode.TreeItem(
      vscode.l10n.t('Step {0}', step),
      hasResults ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
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

function importsItem(count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Imported Weights'), vscode.TreeItemCollapsibleState.Expanded);
  item.id = 'imports';
  item.description = `${count}`;
  item.contextValue = 'imports';
  return item;
}

const textIn = (row: unknown, key: 'file' | 'path'): string | undefined => {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, key) : undefined;
  return typeof value === 'string' ? value : undefined;
};

function epochOf(step: number, stepsPerEpoch: number): string | undefined {
  if (step === 0) return vscode.l10n.t('untrained');
  return stepsPerEpoch > 0 ? vscode.l10n.t('epoch {0}', Number((step / stepsPerEpoch).toFixed(2))) : undefined;
}

/** What is shown of a result, in one text. */
const told = (result: Result): string => (isStored(result) ? `${result.file} ${result.record.date}` : result.error);

function resultItem(result: Result): vscode.TreeItem {
  const item = new vscode.TreeItem(isStored(result) ? result.record.title : basename(result.file));
  item.id = result.file;
  item.description = isStored(result) ? valuesText(result) : vscode.l10n.t('cannot be read');
  item.tooltip = isStored(result) ? [...result.record.lines, result.record.date].join('\n') : result.error;
  item.iconPath = new vscode.ThemeIcon(isStored(result) ? 'beaker' : 'warning');
  item.contextValue = 'evaluation';
  item.command = { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [vscode.Uri.file(result.file)] };
  return item;
}

function valuesText({ record }: StoredEvaluation): string {
  const texts = record.summary.map(({ metric, value }) => {
    const spec = METRICS.find(({ name }) => name === metric);
    return spec === undefined ? `${metric} ${value}` : `${formatMetric(spec, value)} ${spec.unit}`;
  });
  return texts.join(' · ');
}
