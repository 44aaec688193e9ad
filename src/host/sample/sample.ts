/** The sample run that comes with the extension, in the windows in which a person has opened it. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../protocol/attentionPanel.js';
import { shownFile } from '../attentionPanels.js';
import { Disposable } from '../disposable.js';
import { copySample, SAMPLE_IMAGE, SAMPLE_RUN } from './sampleCopy.js';

const KEY = 'sample.isOpen';

export interface SamplePlace {
  /** The sample in the extension's folder. */
  readonly packaged: string;
  /** The folder that its copy is made in. */
  readonly folder: string;
  /** Of the workspace: where it was opened once it is listed again. */
  readonly memory: vscode.Memento;
}

export class Sample extends Disposable {
  readonly #opened = this._register(new vscode.EventEmitter<void>());
  readonly onDidOpen = this.#opened.event;

  constructor(private readonly place: SamplePlace) {
    super();
  }

  /** The folder that the run lies in; undefined where nobody has opened it. */
  get root(): string | undefined {
    return this.place.memory.get(KEY) === true ? path.dirname(this.run) : undefined;
  }

  get run(): string {
    return path.join(this.place.folder, SAMPLE_RUN);
  }

  /** An image to look into. */
  get image(): Shown {
    return shownFile(path.join(this.place.folder, SAMPLE_IMAGE));
  }

  /** @throws Error with one sentence, when it cannot be copied */
  async open(): Promise<void> {
    await copySample(this.place.packaged, this.place.folder);
    await this.place.memory.update(KEY, true);
    this.#opened.fire();
  }
}
