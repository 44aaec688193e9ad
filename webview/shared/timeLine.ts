/**
 * The time line, the same in every panel: of a training its checkpoints as dots on a logarithmic axis, of a film its frames. A click or the
 * arrow keys choose one; the newest is followed while the run trains.
 */
import * as l10n from '@vscode/l10n';
import { element } from './element.js';
import { Player, type PlayerOptions } from './player.js';
import { labeledSteps, nearestShare, shareOf, shortStep } from './timeScale.js';

interface Stop {
  /** Of a training; of a film the frame, counted from 1. */
  readonly step: number;
  /** What is known of it, such as how good the network was. */
  readonly note?: string | undefined;
}

export interface TimeLineContent {
  /** In the order of their steps. */
  readonly stops: readonly Stop[];
  /** Index of the one that is shown; undefined: none. */
  readonly place: number | undefined;
  /** Whether the run trains: then more are to come. */
  readonly isLive: boolean;
}

/** Of what it is the time line. */
export interface TimeLineKind extends PlayerOptions {
  /** Where on the axis a step stands, 0 to 1. */
  readonly shareOf: (step: number, end: number) => number;
  /** Short, below the axis. */
  readonly label: (step: number) => string;
  readonly stopText: (stop: Stop) => string;
  /** Whether each stop has a dot, or the one alone that is shown. */
  readonly hasDots: boolean;
}

export interface TimeLineOptions {
  /** Absent: of a training. */
  readonly kind?: TimeLineKind;
  /** Name of the slider, for screen readers and tests. */
  readonly label: string;
  /** Resolves when the stop is shown: the player then goes on. The newest was chosen to be followed. */
  onChoose(place: number): Promise<void> | void;
  /** A stop is opened, by a click or Enter, where choosing alone does not show it. Absent: choosing does. */
  onOpen?(place: number): void;
  /** The pointer is over a stop, or over none any more. */
  onPoint?(place: number | undefined): void;
}

/** Pixels that a label takes with its gap. */
const LABEL_WIDTH = 40;

export class TimeLine {
  readonly element: HTMLElement;
  readonly #keys = element('input', { type: 'range', class: 'keys', min: '0', step: '1' });
  readonly #axis = element('div', { class: 'axis' });
  readonly #words = element('span', { class: 'words' });
  readonly #follow = element('button', { type: 'button', class: 'follow' });
  readonly #kind: TimeLineKind;
  readonly #player: Player;
  #content: TimeLineContent = { stops: [], place: undefined, isLive: false };

  constructor(private readonly options: TimeLineOptions) {
    this.#kind = options.kind ?? TRAINING;
    this.#player = new Player((place) => this.#choose(place), this.#kind);
    this.#keys.setAttribute('aria-label', options.label);
    this.#keys.addEventListener('input', () => this.#chosenByHand(this.#keys.valueAsNumber));
    this.#follow.addEventListener('click', () => this.#chosenByHand(this.#content.stops.length - 1));
    const track = element('div', { class: 'track' }, this.#axis, this.#keys);
    this.#listen(track);
    const player = options.onOpen === undefined ? [this.#player.element] : [];
    this.element = element(
      'div',
      { class: 'timeLine', role: 'group', 'aria-label': options.label },
      element('div', { class: 'foot' }, ...player, this.#words, this.#follow),
      track,
    );
    new ResizeObserver(() => this.#draw()).observe(track);
  }

  show(content: TimeLineContent): void {
    if (JSON.stringify(content) === JSON.stringify(this.#content)) return;
    this.#content = content;
    const { stops, place } = content;
    this.#player.offer(stops.length, place ?? stops.length - 1);
    this.#keys.max = `${Math.max(0, stops.length - 1)}`;
    this.#keys.value = `${place ?? stops.length - 1}`;
    this.#keys.disabled = stops.length < 2 && this.options.onOpen === undefined;
    this.#draw();
  }

  togglePlay(): void {
    this.#player.toggle();
  }

  /** Chooses a place, as by hand: the first or the last where it lies beyond. */
  choose(place: number): void {
    this.#chosenByHand(Math.min(this.#content.stops.length - 1, Math.max(0, place)));
  }

  #listen(track: HTMLElement): void {
    const placeAt = ({ clientX }: PointerEvent | MouseEvent) => {
      const { left, width } = this.#axis.getBoundingClientRect();
      const steps = this.#content.stops.map(({ step }) => step);
      return nearestShare(steps, this.#end, (clientX - left) / Math.max(1, width), this.#kind.shareOf);
    };
    let pointed: number | undefined;
    const point = (place: number | undefined) => {
      if (place === pointed) return;
      pointed = place;
      track.title = place === undefined ? '' : this.#textOf(place);
      this.options.onPoint?.(place);
    };
    track.addEventListener('pointermove', (event) => {
      const place = placeAt(event);
      point(place < 0 ? undefined : place);
      // Dragging goes through them.
      if (event.buttons === 1 && place >= 0 && this.options.onOpen === undefined) this.#chosenByHand(place);
    });
    track.addEventListener('pointerleave', () => point(undefined));
    track.addEventListener('click', (event) => {
      const place = placeAt(event);
      if (place < 0) return;
      this.#keys.focus({ preventScroll: true });
      this.#chosenByHand(place);
      this.options.onOpen?.(place);
    });
    this.#keys.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || this.#content.stops.length === 0) return;
      this.options.onOpen?.(this.#keys.valueAsNumber);
    });
  }

  #chosenByHand(place: number): void {
    this.#player.pause();
    if (place !== this.#content.place) void this.#choose(place);
  }

  async #choose(place: number): Promise<void> {
    if (this.#content.stops[place] === undefined) return;
    this.show({ ...this.#content, place });
    await this.options.onChoose(place);
  }

  get #end(): number {
    return this.#content.stops.at(-1)?.step ?? 0;
  }

  #draw(): void {
    const { stops, place, isLive } = this.#content;
    const steps = stops.map(({ step }) => step);
    const { shareOf, label, hasDots } = this.#kind;
    const width = LABEL_WIDTH / Math.max(1, this.#axis.clientWidth);
    const labeled = labeledSteps(steps, this.#end, place ?? -1, width, shareOf);
    const past = element('span', { class: 'past' });
    if (place !== undefined) past.style.width = percent(shareOf(steps[place] ?? 0, this.#end));
    this.#axis.replaceChildren(
      past,
      ...stops.flatMap((stop, at) => {
        if (!hasDots && at !== place && !labeled.includes(at)) return [];
        const dot = element('span', { class: dotClass(stop, at === place) });
        const tick = element('span', { class: at === place ? 'tick shown' : 'tick' }, label(stop.step));
        for (const one of [dot, tick]) one.style.left = percent(shareOf(stop.step, this.#end));
        return labeled.includes(at) ? [dot, tick] : [dot];
      }),
    );
    const text = place === undefined ? this.options.label : this.#textOf(place);
    this.#words.textContent = text;
    this.#keys.setAttribute('aria-valuetext', this.#textOf(place ?? stops.length - 1));
    const isNewest = place === stops.length - 1;
    this.#follow.hidden = !isLive || place === undefined;
    this.#follow.disabled = isNewest;
    this.#follow.textContent = isNewest ? l10n.t('● following the newest') : l10n.t('Follow the newest');
  }

  #textOf(place: number): string {
    const stop = this.#content.stops[place];
    return stop === undefined ? '–' : this.#kind.stopText(stop);
  }
}

const percent = (share: number): string => `${100 * share}%`;

const dotClass = ({ note }: Stop, isShown: boolean): string =>
  ['dot', ...(isShown ? ['shown'] : []), ...(note === undefined ? [] : ['noted'])].join(' ');

function trainingText({ step: number, note }: Stop): string {
  const step = number === 0 ? l10n.t('step 0, untrained') : l10n.t('step {0}', number.toLocaleString('en'));
  return note === undefined ? step : `${step} · ${note}`;
}

const TRAINING: TimeLineKind = {
  ...{ shareOf, label: shortStep, stopText: trainingText, hasDots: true },
  play: l10n.t('Play the training'),
  // A network that is loaded takes longer.
  seenMs: 600,
};
