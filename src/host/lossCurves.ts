/** The loss curves that are open, one panel a run. */
import * as vscode from 'vscode';
import { lossCurveStateSchema, type Points, pageReady, points } from '../protocol/lossCurve.js';
import { metricsFile } from '../runs/run.js';
import { Disposable } from './disposable.js';
import { MetricsFeed, type MetricsSlice } from './metricsFeed.js';
import type { RunList } from './runList.js';
import { VIEW_TYPES, WebviewPanel } from './webviewPanel.js';
import { describeRun, STATE_NAMES } from './wording.js';

/** How often a curve that is seen grows. */
const FOLLOW_MS = 500;
/** Read at once, before others in this process have their turn. */
const SLICE_BYTES = 1 << 20;

export class LossCurves extends Disposable {
  readonly #open = new Map<string, LossCurve>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly runs: RunList,
    private readonly output: vscode.LogOutputChannel,
  ) {
    super();
    this._register(
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPES.lossCurve, {
        deserializeWebviewPanel: async (panel, state) => {
          const { data } = lossCurveStateSchema.safeParse(state);
          await runs.refresh();
          if (data && runs.get(data.dir)) this.#restore(data.dir, panel);
          else panel.dispose();
        },
      }),
    );
    this._register({
      dispose: () => {
        for (const curve of [...this.#open.values()]) curve.dispose();
      },
    });
  }

  show(dir: string): void {
    const open = this.#open.get(dir);
    if (open) open.reveal();
    else this.#add(dir);
  }

  /** VS Code restores a tab when it is first looked at: by then the run may have a panel already, and keeps that one. */
  #restore(dir: string, panel: vscode.WebviewPanel): void {
    if (!this.#open.has(dir)) {
      this.#add(dir, panel);
      return;
    }
    panel.dispose();
    this.show(dir);
  }

  /** The panel of a run. */
  get(dir: string): LossCurve | undefined {
    return this.#open.get(dir);
  }

  #add(dir: string, restored?: vscode.WebviewPanel): void {
    const curve = new LossCurve(dir, this.extensionUri, this.runs, this.output, restored);
    this.#open.set(dir, curve);
    curve.onDidClose(() => this.#open.delete(dir));
  }
}

class LossCurve extends WebviewPanel {
  readonly #feed: MetricsFeed;
  #isPageReady = false;
  #isFollowing = false;
  /** Points that the page has. */
  pointsShown = 0;

  constructor(
    private readonly dir: string,
    extensionUri: vscode.Uri,
    private readonly runs: RunList,
    private readonly output: vscode.LogOutputChannel,
    restored?: vscode.WebviewPanel,
  ) {
    const name = runs.get(dir)?.summary.name ?? 'run';
    super({ extensionUri, page: 'lossCurve', title: `Loss: ${name}`, restored });
    this.#feed = new MetricsFeed(metricsFile(dir), SLICE_BYTES);
    this.onSignal(pageReady, () => {
      this.#isPageReady = true;
      this.#feed.startOver();
      void this.#follow();
    });
    this._register(
      this.panel.onDidChangeViewState(() => {
        // A hidden page is gone; it says so when it is back.
        if (!this.isVisible) this.#isPageReady = false;
      }),
    );
    const timer = setInterval(() => void this.#follow(), FOLLOW_MS);
    this._register({ dispose: () => clearInterval(timer) });
    this._register(
      runs.onDidChange((changed) => {
        if (changed === undefined && runs.get(dir) === undefined) this.dispose();
      }),
    );
  }

  /** One loop at a time: whoever wants more while it goes on has the feed start over, or just waits. */
  async #follow(): Promise<void> {
    if (!this.#isPageReady || this.#isFollowing) return;
    this.#isFollowing = true;
    try {
      while (this.#isPageReady && !this.isDisposed) {
        const slice = this.#feed.next();
        this.#tell(slice);
        if (slice.isLast) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      this.output.error(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isFollowing = false;
    }
  }

  /** Without points it still tells how the run stands. */
  #tell({ steps, reset }: MetricsSlice): void {
    const summary = this.runs.get(this.dir)?.summary;
    if (summary === undefined) return;
    const record = summary.run?.record;
    const [problem] = summary.problems;
    this.pointsShown = steps.length + (reset ? 0 : this.pointsShown);
    const column = (key: keyof Points['points']): ArrayBuffer =>
      Float64Array.from(steps, (line) => line[key] ?? Number.NaN).buffer;
    this.tell(points, {
      reset,
      run: {
        dir: this.dir,
        name: summary.name,
        state: STATE_NAMES[summary.state],
        description: describeRun(summary),
        totalSteps: summary.totalSteps,
        stepsPerEpoch: record?.totals.stepsPerEpoch ?? 0,
        uniformLoss: record ? Math.log(record.config.out_dim) : 0,
        ...(problem !== undefined && { problem }),
      },
      points: {
        step: column('step'),
        loss: column('loss'),
        teacher_entropy: column('teacher_entropy'),
        kl: column('kl'),
        lr: column('lr'),
      },
    });
  }
}
