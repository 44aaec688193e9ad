/** Plays what a time line has: shows one stop after the other, each for a moment, from the first or from where it stands. */
import * as l10n from '@vscode/l10n';
import { element } from './element.js';

export interface PlayerOptions {
  /** Of the button. */
  readonly play: string;
  /** So long each is seen at least; what has to be loaded takes longer. */
  readonly seenMs: number;
}

export class Player {
  readonly element = element('button', { type: 'button', class: 'play' });
  #count = 0;
  #place = 0;
  #isPlaying = false;

  /** @param choose shows a place, and resolves when it is seen */
  constructor(
    private readonly choose: (place: number) => Promise<void>,
    private readonly options: PlayerOptions,
  ) {
    this.element.addEventListener('click', () => this.toggle());
    this.#name();
  }

  /** How many there are, and which of them is shown. */
  offer(count: number, place: number): void {
    this.#count = count;
    this.#place = place;
    this.element.hidden = count < 2;
  }

  toggle(): void {
    if (this.#isPlaying) this.pause();
    else if (this.#count > 1) void this.#play();
  }

  pause(): void {
    this.#isPlaying = false;
    this.#name();
  }

  async #play(): Promise<void> {
    this.#isPlaying = true;
    this.#name();
    let next = this.#place >= this.#count - 1 ? 0 : this.#place + 1;
    while (this.#isPlaying && next < this.#count) {
      await Promise.all([this.choose(next), new Promise((resolve) => window.setTimeout(resolve, this.options.seenMs))]);
      next = this.#place + 1;
    }
    this.pause();
  }

  #name(): void {
    const name = this.#isPlaying ? l10n.t('Pause') : this.options.play;
    this.element.textContent = this.#isPlaying ? '❚❚' : '▶';
    this.element.title = name;
    this.element.setAttribute('aria-label', name);
  }
}
