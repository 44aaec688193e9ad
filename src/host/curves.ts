/** The panels of curves that are open: of one run, or of several that are compared. One of them may be a preview. */
import { appendFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as vscode from 'vscode';
import { errorMessage } from '../errors/errorMessage.js';
import { fileProblem } from '../files/fileProblem.js';
import { curvesOf, METRICS } from '../metrics/catalogue.js';
import {
  changeImages,
  imageChangeSchema,
  layOut,
  layOutSchema,
  look,
  lookSchema,
  scene,
} from '../protocol/comparedAttention.js';
import {
  curvesStateSchema,
  imageSchema,
  MOST_POINTS,
  MOST_RUNS,
  openAttention,
  openAttentionSchema,
  pageReady,
  points,
  saveImage,
  saveRuns,
  saveTable,
  shownRuns,
  tableLook,
  tableLookSchema,
} from '../protocol/curves.js';
import { EvaluatedSteps } from '../runs/evaluatedSteps.js';
import { readMetricsFrom } from '../runs/metricsFile.js';
import { tableHead, tableRows } from '../runs/metricsTable.js';
import { metricsFile } from '../runs/run.js';
import { RunCurves } from '../runs/runCurves.js';
import { ComparedAttention } from './comparedAttention.js';
import { Disposable } from './disposable.js';
import type { Inspector } from './inspector.js';
import { showError } from './messages.js';
import { OpenPanels } from './openPanels.js';
import type { RunList } from './runList.js';
import { looksOf } from './runLooks.js';
import { saveRunsTable } from './saveRunsTable.js';
import { describeShownRun } from './shownRun.js';
import type { Hints } from './tour/hints.js';
import { type PanelPlace, WebviewPanel } from './webviewPanel.js';

/** Names of the metrics that are drawn. */
const DRAWN = curvesOf(METRICS).map(({ name }) => name);
/** How often curves that are seen grow. */
const FOLLOW_MS = 500;
const SLICE_BYTES = 1 << 20;
/** How the table of the last comparison looked. */
const TABLE_KEY = 'compare.table';

export interface CurvesParts {
  readonly extensionUri: vscode.Uri;
  readonly runs: RunList;
  readonly inspector: Inspector;
  /** A child of its own for embeddings: features of many images take long. */
  readonly embedder: Inspector;
  /** What is remembered for the workspace. */
  readonly memory: vscode.Memento;
  readonly hints: Hints;
  /** Looks into a checkpoint of a run. */
  readonly lookInto: (dir: string, step: number) => Promise<void>;
  readonly output: vscode.LogOutputChannel;
}

export class Curves extends Disposable {
  readonly #panels: OpenPanels<readonly string[], CurvesPanel>;
  /** The panel that the next run that is clicked takes over, as the explorer's preview editor. */
  #preview: CurvesPanel | undefined;

  constructor(parts: CurvesParts) {
    super();
    const { runs } = parts;
    this.#panels = this._register(
      new OpenPanels({
        page: 'curves',
        keyOf: nameOf,
        subjectOf: ({ dirs }) => dirs,
        subjectIn: async (state) => {
          await runs.refresh();
          const dirs = curvesStateSchema.safeParse(state).data?.dirs.filter((dir) => runs.get(dir)) ?? [];
          return dirs.length > 0 ? dirs : undefined;
        },
        open: (dirs, place) => new CurvesPanel(dirs, parts, place),
      }),
    );
  }

  /**
   * @param column where a new panel opens without taking the focus; absent: in front of what is active
   * @throws Error when they are more than can be told apart
   */
  show(dirs: readonly string[], column?: vscode.ViewColumn): void {
    if (dirs.length > MOST_RUNS) {
      throw new Error(
        vscode.l10n.t(
          '{0} runs are selected, but more than {1} cannot be told apart in one chart: select fewer.',
          dirs.length,
          MOST_RUNS,
        ),
      );
    }
    const open = this.#panels.find(dirs);
    if (open) this.#keep(open);
    if (open || column === undefined) this.#panels.show(dirs);
    else this.#panels.open(dirs, { column });
  }

  /**
   * Shows one run without taking the focus: in its own panel where it has one, else in the preview. Asked again for the run that the
   * preview shows, as by a double click, it keeps that panel, and the next run opens another preview.
   */
  preview(dir: string): void {
    const open = this.#panels.find([dir]);
    if (open !== undefined) {
      if (open === this.#preview && open.isVisible) this.#keep(open);
      else open.reveal(true);
    } else if (this.#preview !== undefined) {
      this.#preview.show([dir]);
      this.#preview.reveal(true);
    } else {
      const preview = this.#panels.open([dir], { column: vscode.ViewColumn.Active });
      preview.onDidClose(() => this.#keep(preview));
      this.#preview = preview;
    }
  }

  #keep(panel: CurvesPanel): void {
    if (panel === this.#preview) this.#preview = undefined;
  }

  /** The panel of these runs, in any order. */
  get(...dirs: readonly string[]): CurvesPanel | undefined {
    return this.#panels.find(dirs);
  }
}

/** Of more runs a tab has no room for the names. */
const MOST_NAMED = 3;

function titleOf(dirs: readonly string[], runs: RunList): string {
  const names = dirs.map((dir) => runs.get(dir)?.summary.name ?? path.basename(dir));
  if (names.length === 1) return vscode.l10n.t('Loss: {0}', names.join());
  return names.length > MOST_NAMED
    ? vscode.l10n.t('Compare {0} Runs', names.length)
    : vscode.l10n.t('Compare: {0}', names.join(', '));
}

const nameOf = (dirs: readonly string[]): string => JSON.stringify([...dirs].sort());

function curvesOfRun(dir: string, batchSize: number): RunCurves {
  const evaluated = new EvaluatedSteps(dir);
  return new RunCurves(metricsFile(dir), DRAWN, batchSize, MOST_POINTS, () => evaluated.read());
}

class CurvesPanel extends WebviewPanel {
  /** What is read while the page is seen; nothing is kept while it is hidden. */
  #followed = new Map<string, RunCurves>();
  #isPageReady = false;
  #isReading = false;
  /** The runs as the page knows them. */
  #told = '';
  #toldScene = '';
  #dirs: readonly string[] = [];
  #attention: ComparedAttention;

  constructor(
    dirs: readonly string[],
    private readonly parts: CurvesParts,
    place: PanelPlace,
  ) {
    const { extensionUri, runs, memory, hints } = parts;
    super({ extensionUri, page: 'curves', title: titleOf(dirs, runs), hints, ...place });
    this.#dirs = dirs;
    this.#attention = this.#attentionOf(dirs);
    this.onSignal(pageReady, () => {
      this.#isPageReady = true;
      this.#tellAnew();
      const { data } = tableLookSchema.safeParse(memory.get(TABLE_KEY));
      if (data) this.tell(tableLook, data);
      void this.#follow();
    });
    this.onSignal(saveTable, () => void this.#saveTable());
    this.onSignal(saveRuns, () => this.#do(saveRunsTable(this.#dirs.flatMap((dir) => runs.get(dir) ?? []))));
    this.onMessage(saveImage, imageSchema, (image) => {
      if (image.kind === 'png')
        void this.#save('curves.png', { PNG: ['png'] }, (file) => writeFile(file, new Uint8Array(image.png)));
      else void this.#save('curves.svg', { SVG: ['svg'] }, (file) => writeFile(file, image.svg));
    });
    this.onMessage(tableLook, tableLookSchema, (value) => void memory.update(TABLE_KEY, value));
    this.onMessage(changeImages, imageChangeSchema, (change) =>
      this.#do(
        this.#attention.change(change).then(() => {
          // Told even when nothing has changed: the page waits for it.
          this.#toldScene = '';
          this.#tellScene();
        }),
      ),
    );
    this.onMessage(openAttention, openAttentionSchema, ({ dir, step }) => this.#do(parts.lookInto(dir, step)));
    this.onRequest(look, lookSchema, (question) => this.#attention.look(question));
    this.onRequest(layOut, layOutSchema, (question) => this.#attention.layOut(question));
    this._register(
      this.panel.onDidChangeViewState(() => {
        if (this.isVisible) return;
        // A hidden page is gone; it says so when it is back.
        this.#isPageReady = false;
        this.#followed = new Map();
      }),
    );
    const timer = setInterval(() => void this.#follow(), FOLLOW_MS);
    this._register({ dispose: () => clearInterval(timer) });
    this._register(
      runs.onDidChange((changed) => {
        if (changed === undefined && this.#dirs.every((dir) => runs.get(dir) === undefined)) this.dispose();
        // A run may have another name now.
        else this.#nameTab();
      }),
    );
  }

  /** Folders of the runs that are shown. */
  get dirs(): readonly string[] {
    return this.#dirs;
  }

  /** Shows other runs in the place of those that were shown. */
  show(dirs: readonly string[]): void {
    this.#dirs = dirs;
    this.#attention = this.#attentionOf(dirs);
    this.#nameTab();
    this.#tellAnew();
    void this.#follow();
  }

  #nameTab(): void {
    const title = titleOf(this.#dirs, this.parts.runs);
    if (this.panel.title !== title) this.panel.title = title;
  }

  #attentionOf(dirs: readonly string[]): ComparedAttention {
    const { runs, inspector, embedder, memory } = this.parts;
    return new ComparedAttention(dirs, runs, inspector, embedder, memory);
  }

  /** The page is to be told everything. */
  #tellAnew(): void {
    this.#followed = new Map();
    this.#told = '';
    this.#toldScene = '';
  }

  /** Points of the run's curve that the page has. */
  pointsShown(dir: string): number {
    return this.#followed.get(dir)?.length ?? 0;
  }

  /** A failure is one sentence for the person. */
  #do(act: Promise<unknown>): void {
    act.catch((error: unknown) => {
      const message = errorMessage(error);
      this.parts.output.error(message);
      void showError(message);
    });
  }

  async #follow(): Promise<void> {
    if (!this.#isPageReady || this.#isReading) return;
    this.#isReading = true;
    try {
      this.#tellRuns();
      this.#tellScene();
      const dirs = this.#dirs;
      for (const dir of dirs) {
        // Others may be shown by now: the next round tells of them.
        if (dirs === this.#dirs) await this.#tellPoints(dir);
      }
    } catch (error) {
      this.parts.output.error(errorMessage(error));
    } finally {
      this.#isReading = false;
    }
  }

  #tellRuns(): void {
    const summaries = this.#dirs.flatMap((dir) => this.parts.runs.get(dir)?.summary ?? []);
    const looks = looksOf(summaries);
    const shown = summaries.map((summary) => describeShownRun(summary, looks.get(summary.dir) ?? 0));
    const text = JSON.stringify(shown);
    if (text === this.#told) return;
    this.#told = text;
    this.tell(shownRuns, shown);
  }

  #tellScene(): void {
    if (!this.#isPageReady) return;
    const shown = this.#attention.scene;
    const text = JSON.stringify(shown);
    if (text === this.#toldScene) return;
    this.#toldScene = text;
    this.tell(scene, shown);
  }

  async #tellPoints(dir: string): Promise<void> {
    const summary = this.parts.runs.get(dir)?.summary;
    if (summary === undefined) return;
    const followed = this.#followed;
    const batchSize = summary.run?.record.config.batch_size ?? 1;
    const curves = followed.get(dir) ?? curvesOfRun(dir, batchSize);
    followed.set(dir, curves);
    const change = await curves.read();
    // Hidden meanwhile, and perhaps seen again: whoever follows now tells it.
    if (followed !== this.#followed || !this.#isPageReady || change === undefined) return;
    const columns = Object.fromEntries(Object.entries(change.columns).map(([name, { buffer }]) => [name, buffer]));
    this.tell(points, { dir, curves: [{ from: change.from, columns }] });
  }

  async #saveTable(): Promise<void> {
    await this.#save('metrics.csv', { CSV: ['csv'] }, async (file) => {
      await writeFile(file, tableHead());
      for (const dir of this.#dirs) {
        const name = this.parts.runs.get(dir)?.summary.name ?? path.basename(dir);
        for (let offset = 0; ; await setImmediate()) {
          const { lines, next } = readMetricsFrom(metricsFile(dir), offset, SLICE_BYTES);
          if (next === offset) break;
          offset = next;
          await appendFile(file, tableRows(name, lines));
        }
      }
    });
  }

  async #save(
    name: string,
    filters: Record<string, string[]>,
    write: (file: string) => Promise<unknown>,
  ): Promise<void> {
    const folder = path.dirname(this.#dirs[0] ?? '.');
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.file(path.join(folder, name)),
      filters,
    });
    if (target === undefined) return;
    try {
      await write(target.fsPath);
    } catch (error) {
      void showError(vscode.l10n.t('The curves could not be saved as {0}: {1}.', target.fsPath, fileProblem(error)));
    }
  }
}
