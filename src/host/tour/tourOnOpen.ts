/** Begins the tour by itself in a folder whose settings ask for it, once for each run that is under way there. */
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import { Disposable } from '../disposable.js';
import { isLive } from '../runSummary.js';
import { showTour, type TourParts, tourImage, tourRun } from './tour.js';

const KEY = 'tour.shownFor';

export class TourOnOpen extends Disposable {
  #isOver = false;

  constructor(
    private readonly parts: TourParts,
    private readonly memory: vscode.Memento,
    private readonly output: vscode.LogOutputChannel,
  ) {
    super();
    this._register(parts.runs.onDidChange(() => this.#look()));
    this._register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#look()));
  }

  #look(): void {
    const run = tourRun(this.parts.runs);
    if (this.#isOver || tourImage() === undefined || !vscode.workspace.isTrusted || run === undefined) return;
    // Until it has its record there is nothing to see of it.
    if (!isLive(run.summary) || run.summary.run === undefined) return;
    this.#isOver = true;
    if (this.memory.get(KEY) === run.dir) return;
    const begin = async () => {
      await this.memory.update(KEY, run.dir);
      await this.parts.hints.begin();
      await showTour(run, this.parts);
    };
    begin().catch((error: unknown) => this.output.error(errorMessage(error)));
  }
}
