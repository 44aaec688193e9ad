/** All runs in the runs folders of the workspace, whoever trains them: this window, another one, or the command line. */
import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { DIAGNOSIS_WINDOW } from '../diagnosis/diagnosis.js';
import { errorMessage } from '../errors/errorMessage.js';
import { NO_METRICS, type RecentMetrics, readRecent } from '../runs/recentMetrics.js';
import { type BrokenRun, finishDeletions, isRunFolder, listRuns, metricsFile, openRun, type Run } from '../runs/run.js';
import { Disposable } from './disposable.js';
import { isLive, isResumable, type RunSummary, summarize } from './runSummary.js';
import type { Sample } from './sample/sample.js';
import type { Trainings } from './trainings.js';

/** At most so often is a change shown. */
const COALESCE_MS = 250;
/** How often the runs of others are looked at. */
const POLL_MS = 2000;

/** A run in the list. The object stays the same while the run is there, so that a tree keeps its place. */
export class ListedRun {
  disk: Run | BrokenRun | undefined;
  #recent: RecentMetrics = NO_METRICS;
  /** Of the metrics file, when it was read. */
  #read = '';

  constructor(
    readonly root: string,
    readonly dir: string,
    private readonly trainings: Trainings,
  ) {}

  /** The newest, oldest first. */
  get recent(): RecentMetrics {
    return this.#recent;
  }

  /** Does little where nothing was written since: there may be hundreds of runs. */
  readNewestSteps(): void {
    const file = metricsFile(this.dir);
    const stat = statSync(file, { throwIfNoEntry: false });
    const state = `${stat?.mtimeMs} ${stat?.size}`;
    if (state === this.#read) return;
    this.#read = state;
    try {
      this.#recent = readRecent(file, DIAGNOSIS_WINDOW);
    } catch {
      this.#recent = NO_METRICS; // The record tells how far it came, too.
    }
  }

  get summary(): RunSummary {
    const training = this.trainings.get(this.dir);
    return summarize({
      dir: this.dir,
      now: Date.now(),
      disk: this.disk,
      recent: this.recent,
      training: training && {
        name: training.request.name,
        state: training.state,
        progress: training.progress,
        end: training.end,
      },
    });
  }
}

/** The runs that changed; `undefined`: runs came or went. */
export type RunListChange = readonly ListedRun[] | undefined;

export class RunList extends Disposable {
  readonly #changed = this._register(new vscode.EventEmitter<RunListChange>());
  /** At most four times a second. */
  readonly onDidChange = this.#changed.event;

  #runs = new Map<string, ListedRun>();
  /** When the runs folder last gained or lost an entry. */
  #rootTimes = new Map<string, number>();
  #problems: readonly string[] = [];
  #waiting: Set<ListedRun> | 'all' | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> | undefined;
  #scanAgain = false;
  /** The deletions that were cut off are gone on with once in each folder. */
  readonly #tidied = new Set<string>();
  #watchers: vscode.Disposable | undefined;

  constructor(
    private readonly trainings: Trainings,
    private readonly sample: Sample,
    private readonly output: vscode.LogOutputChannel,
  ) {
    super();
    this._register(sample.onDidOpen(() => this.#foldersChanged()));
    this._register(trainings.onDidChange(({ request }) => this.#trainingChanged(request.run)));
    this._register(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#foldersChanged()));
    this._register(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('dino.runsFolder')) this.#foldersChanged();
      }),
    );
    const poll = setInterval(() => void this.#poll(), POLL_MS);
    this._register({
      dispose: () => {
        clearInterval(poll);
        clearTimeout(this.#timer);
        this.#watchers?.dispose();
      },
    });
    this.#foldersChanged();
  }

  /** Newest first. */
  get runs(): readonly ListedRun[] {
    return [...this.#runs.values()];
  }

  get(dir: string): ListedRun | undefined {
    return this.#runs.get(dir);
  }

  /** Runs folders that cannot be listed, a sentence each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The folders that runs lie in: one a workspace folder, then the sample's where it was opened. */
  get roots(): readonly string[] {
    const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => runsFolderOf(folder));
    return this.sample.root === undefined ? folders : [...folders, this.sample.root];
  }

  /** Reads all records again. */
  refresh(): Promise<void> {
    if (this.#scanning !== undefined) {
      this.#scanAgain = true;
      return this.#scanning;
    }
    this.#scanning = this.#scan()
      .catch((error: unknown) => this.output.error(error instanceof Error ? error : String(error)))
      .finally(() => {
        this.#scanning = undefined;
      });
    return this.#scanning;
  }

  async #scan(): Promise<void> {
    do {
      this.#scanAgain = false;
      const found = new Map<string, ListedRun>();
      const problems: string[] = [];
      const times = new Map<string, number>();
      for (const root of new Set(this.roots)) {
        times.set(root, await changeTime(root));
        this.#tidy(root);
        try {
          for (const disk of await listRuns(root)) {
            const listed = this.#runs.get(disk.dir) ?? new ListedRun(root, disk.dir, this.trainings);
            listed.disk = disk;
            listed.readNewestSteps();
            found.set(disk.dir, listed);
            // Somebody else goes on with it: what this window remembers of it is out of date.
            if ('record' in disk && disk.status === 'running') this.trainings.forget(disk.dir);
          }
        } catch (error) {
          problems.push(errorMessage(error));
        }
      }
      // A training that has no record yet, or lost it, is a run all the same.
      const unrecorded = this.trainings.all.filter(({ request }) => !found.has(request.run));
      const fresh = unrecorded.reverse().map(({ request: { run } }): [string, ListedRun] => {
        const listed = this.#runs.get(run) ?? new ListedRun(path.dirname(run), run, this.trainings);
        listed.disk = undefined;
        return [run, listed];
      });
      this.#runs = new Map([...fresh, ...found]);
      this.#rootTimes = times;
      this.#problems = problems;
    } while (this.#scanAgain && !this.isDisposed);
    this.#announce('all');
  }

  /** Gigabytes take their time: the list does not wait. */
  #tidy(root: string): void {
    if (!vscode.workspace.isTrusted || this.#tidied.has(root) || !existsSync(root)) return;
    this.#tidied.add(root);
    finishDeletions(root).catch((error: unknown) => this.output.warn(errorMessage(error)));
  }

  /** Runs of others change without a word: their folders are looked at. */
  async #poll(): Promise<void> {
    for (const root of new Set(this.roots))
      if ((await changeTime(root)) !== this.#rootTimes.get(root)) return this.refresh();
    for (const listed of this.#runs.values()) {
      const training = this.trainings.get(listed.dir);
      if (!isLive(listed.summary)) continue;
      if (training === undefined || training.state === 'ended') await this.#reread(listed);
      // It tells of its progress itself, but silence and what the numbers mean are seen here.
      else this.#readNewestSteps(listed);
    }
  }

  async #reread(listed: ListedRun): Promise<void> {
    try {
      listed.disk = await openRun(listed.dir);
    } catch (error) {
      listed.disk = { dir: listed.dir, error: errorMessage(error) };
    }
    listed.readNewestSteps();
    this.#announce(listed);
  }

  #readNewestSteps(listed: ListedRun): void {
    const before = listed.summary.diagnosis?.kind;
    listed.readNewestSteps();
    if (listed.summary.diagnosis?.kind !== before) this.#announce(listed);
  }

  #trainingChanged(dir: string): void {
    const listed = this.#runs.get(dir);
    const training = this.trainings.get(dir);
    const isRecorded = listed?.disk !== undefined && 'record' in listed.disk;
    if (!listed || training === undefined || training.state === 'ended') void this.refresh();
    else if (!isRecorded && isRunFolder(dir)) void this.#reread(listed);
    else this.#announce(listed);
  }

  #foldersChanged(): void {
    this.#watchers?.dispose();
    const watchers = this.roots.flatMap((root) => {
      const watch = (pattern: string) =>
        vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(root), pattern));
      const watcher = watch('*/{run,notes}.json');
      const changed = ({ fsPath }: vscode.Uri) => {
        const listed = this.#runs.get(path.dirname(fsPath));
        if (listed) void this.#reread(listed);
        else void this.refresh();
      };
      watcher.onDidCreate(changed);
      watcher.onDidChange(changed);
      // Of the notes: what was noted is no more.
      watcher.onDidDelete(() => void this.refresh());
      // Panels and trees that show checkpoints hear of one that came or went, of a run that rests too.
      const checkpoints = watch('*/checkpoints/*');
      const changedIn = ({ fsPath }: vscode.Uri) => {
        const listed = this.#runs.get(path.dirname(path.dirname(fsPath)));
        if (listed) this.#announce(listed);
      };
      checkpoints.onDidCreate(changedIn);
      checkpoints.onDidDelete(changedIn);
      const evaluations = watch('*/evaluations/*.json');
      evaluations.onDidCreate(changedIn);
      evaluations.onDidChange(changedIn);
      evaluations.onDidDelete(changedIn);
      return [watcher, checkpoints, evaluations];
    });
    this.#watchers = vscode.Disposable.from(...watchers);
    void this.refresh();
  }

  #announce(what: ListedRun | 'all'): void {
    if (what === 'all' || this.#waiting === 'all') this.#waiting = 'all';
    else this.#waiting = (this.#waiting ?? new Set()).add(what);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changed = this.#waiting;
      this.#waiting = undefined;
      this.#tellMenus();
      this.#changed.fire(changed instanceof Set ? [...changed] : undefined);
    }, COALESCE_MS);
  }

  /** What the `when` clauses of the palette ask. */
  #tellMenus(): void {
    const summaries = this.runs.map(({ summary }) => summary);
    for (const [key, value] of [
      ['dino.hasRuns', summaries.length > 0],
      ['dino.hasLiveRuns', summaries.some(isLive)],
      ['dino.hasResumableRuns', summaries.some(isResumable)],
    ] as const)
      void vscode.commands.executeCommand('setContext', key, value);
  }
}

/** The setting, for this folder; a relative path is taken from the folder. */
export function runsFolderOf(folder: vscode.WorkspaceFolder): string {
  const setting = vscode.workspace.getConfiguration('dino', folder.uri).get('runsFolder', 'runs').trim() || 'runs';
  return path.resolve(folder.uri.fsPath, setting);
}

const changeTime = (root: string): Promise<number> =>
  stat(root).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
