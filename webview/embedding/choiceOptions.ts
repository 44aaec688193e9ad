/** What a plot is made of: the network, the method, how many images. Another choice is laid out anew. */
import * as l10n from '@vscode/l10n';
import type { Choice, OfferedNetwork } from '../../src/protocol/embeddingPanel.js';
import { dropdown } from '../shared/controls.js';
import { headsChoice } from '../shared/headsChoice.js';
import { MethodOptions } from './methodOptions.js';

const ALL = 1_000_000;
const IMAGES = [1000, 5000, 10_000, 20_000, 50_000, 100_000, ALL];
/** A slider that is dragged comes to rest before all is computed anew. */
const REST_MS = 500;

export class ChoiceOptions {
  readonly #networks = dropdown(l10n.t('Network'), (network) => this.#change({ network }));
  readonly #heads: HTMLElement;
  readonly #images = dropdown(l10n.t('Images at most'), (value) => this.#change({ mostImages: Number(value) }));
  readonly #method: MethodOptions;
  #choice: Choice;
  #offered: readonly OfferedNetwork[] = [];
  #timer: number | undefined;

  /** Hears of another choice once the hands rest. */
  onChange: (choice: Choice) => void = () => undefined;

  /** @param choice as it was last */
  constructor(choice: Choice) {
    this.#choice = choice;
    this.#method = new MethodOptions(choice.method, (method) => this.#change({ method }));
    this.#images.offer(
      IMAGES.map((count) => ({ value: `${count}`, label: count === ALL ? l10n.t('all') : count.toLocaleString('en') })),
      `${choice.mostImages}`,
    );
    this.#heads = headsChoice(choice.numHeads, (numHeads) => this.#change({ numHeads }));
    this.#showFitting();
  }

  get choice(): Choice {
    return this.#choice;
  }

  /** The method stands in the bar. */
  get chip(): HTMLElement {
    return this.#method.chip;
  }

  get elements(): readonly HTMLElement[] {
    return [this.#networks.element, this.#heads, ...this.#method.elements, this.#images.element];
  }

  /** @param proposed where the network that was chosen is not there */
  offer(networks: readonly OfferedNetwork[], proposed: string | undefined): void {
    this.#offered = networks;
    const network = networks.find(({ id }) => id === this.#choice.network)?.id ?? proposed;
    if (network !== undefined) this.#choice = { ...this.#choice, network };
    this.#networks.offer(
      networks.map(({ id, label }) => ({ value: id, label })),
      network,
    );
    this.#showFitting();
  }

  #change(part: Partial<Choice>): void {
    this.#choice = { ...this.#choice, ...part };
    this.#showFitting();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onChange(this.#choice), REST_MS);
  }

  /** A file may not tell how many heads its network has. */
  #showFitting(): void {
    const network = this.#offered.find(({ id }) => id === this.#choice.network);
    this.#heads.hidden = network?.isFile !== true;
  }
}
