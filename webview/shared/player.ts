/** Plays a training: shows one checkpoint after the other, each for a moment, from the first or from where it stands. */
import * as l10n from '@vscode/l10n';
import { element } from './element.js';

/** So long each is seen at least; a network that is loaded takes longer. */
const SEEN_MS = 600;

export class Player {
  readonly element = element('button', { type: 'button', class: 'play' });
  #count = 0;
  #place = 0;
  #isPlaying = false;

  /** @param choose shows a place, and resolves when it is seen */
  constructor(private readonly choose: (place: number) => Promise<void>) {
    this.element.addEventListener('click', () => {
      if (this.#isPlaying) this.pause();
      else void this.#play();
    });
    this.#name();
  }

  /** How many there are, and which of them is shown. */
  offer(count: number, place: number): void {
    this.#count = count;
    this.#place = place;
    this.element.hidden = count < 2;
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
      await Promise.all([this.choose(next), new Promise((resolve) => window.setTimeout(resolve, SEEN_MS))]);
      next = this.#place + 1;
    }
    this.pause();
  }

  #name(): void {
    const name = this.#isPlaying ? l10n.t('Pause') : l10n.t('Play the training');
    this.element.textContent = this.#isPlaying ? '❚❚' : '▶';
    this.element.title = name;
    this.element.setAttribute('aria-label', name);
  }
}
