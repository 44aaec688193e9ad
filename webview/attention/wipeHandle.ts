/** The handle that wipes between two networks, with their names left and right of it. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';

const STEP = 0.02;
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Where a key puts it. */
const MOVES: Readonly<Record<string, (part: number) => number>> = {
  ArrowRight: (part) => part + STEP,
  ArrowUp: (part) => part + STEP,
  ArrowLeft: (part) => part - STEP,
  ArrowDown: (part) => part - STEP,
  PageUp: (part) => part + 5 * STEP,
  PageDown: (part) => part - 5 * STEP,
  Home: () => 0,
  End: () => 1,
};

export class WipeHandle {
  readonly #handle = element('div', {
    class: 'wipe',
    role: 'slider',
    tabindex: '0',
    'aria-label': l10n.t('Wipe between the two networks'),
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  });
  readonly #names = [element('span', { class: 'side left' }), element('span', { class: 'side right' })] as const;

  /**
   * @param part the part of the frame that is left of it
   * @param partAt where in the frame a pointer is, from the left
   */
  constructor(
    private readonly part: () => number,
    private readonly partAt: (event: MouseEvent) => number,
    private readonly onWipe: (part: number) => void,
  ) {
    const handle = this.#handle;
    handle.addEventListener('pointerdown', (event) => handle.setPointerCapture(event.pointerId));
    handle.addEventListener('pointermove', (event) => {
      if (handle.hasPointerCapture(event.pointerId)) this.#wipe(this.partAt(event));
    });
    handle.addEventListener('keydown', (event) => {
      const move = MOVES[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.#wipe(move(this.part()));
    });
  }

  get elements(): readonly HTMLElement[] {
    return [...this.#names, this.#handle];
  }

  /** Names what is left and right of it; undefined: there is one network. */
  compare(sides: readonly [left: string, right: string] | undefined): void {
    this.#handle.hidden = sides === undefined;
    this.#names.forEach((name, side) => {
      name.hidden = sides === undefined;
      name.textContent = sides?.[side] ?? '';
    });
    this.#show();
  }

  #wipe(part: number): void {
    this.onWipe(clamp(part));
    this.#show();
  }

  #show(): void {
    this.#handle.style.left = `${100 * this.part()}%`;
    this.#handle.setAttribute('aria-valuenow', `${Math.round(100 * this.part())}`);
  }
}
