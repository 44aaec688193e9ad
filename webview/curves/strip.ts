/** Attention of the compared runs on the same images, side by side and all at one step. */
import * as l10n from '@vscode/l10n';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { answerSchema } from '../../src/protocol/attentionPanel.js';
import {
  changeImages,
  type LayOut,
  type Look,
  laidOutSchema,
  layOut,
  look,
  type Scene,
} from '../../src/protocol/comparedAttention.js';
import type { ShownRun } from '../../src/protocol/curves.js';
import { button, checkbox, dropdown, iconButton, numberField, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { request, tell } from '../shared/host.js';
import { lookOf } from '../shared/look.js';
import { TimeLine } from '../shared/timeLine.js';
import { paintCell, type Seen, seenBy } from './stripCell.js';
import { type Embedding, paintEmbedding } from './stripEmbedding.js';
import { type StripShape, stripShape } from './stripShape.js';
import { nearestStep, stepsOf } from './stripSteps.js';
import { fillStripTable, type StripLine } from './stripTable.js';
import { swatch } from './swatch.js';

export interface StripLook {
  /** Undefined: the newest of each run. */
  readonly step?: number | undefined;
  readonly head: number | 'mean';
  readonly opacity: number;
  /** Undefined while nobody has chosen: then it is where there are images to compare. */
  readonly isOpen?: boolean | undefined;
  /** Whether embeddings are shown, too. */
  readonly isEmbedded: boolean;
}

/** A step that is being slid over is not worth a network. */
const SETTLE_MS = 200;
/** Maps that are kept while the page is seen; each takes some 200 kB. */
const KEPT = 300;
/** Below the images, what comes next is to be seen, in pixels. */
const NEXT = 30;
/** Of the window's height, where the images are not at its top. */
const LOWER_SHARE = 0.7;

type Answer = { readonly seen: Seen } | { readonly embedding: Embedding } | { readonly problem: string };

interface Asked {
  readonly cell: HTMLElement;
  readonly question: Look | LayOut;
}

export class Strip {
  readonly element: HTMLElement;
  readonly #details = element('details', { class: 'drawer' });
  readonly #table = element('table', { class: 'strip', 'aria-label': l10n.t('Attention') });
  readonly #note = element('p', { class: 'note', role: 'status' });
  readonly #scrolled = element(
    'div',
    { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': l10n.t('Attention') },
    this.#table,
  );
  readonly #controls: HTMLElement;
  readonly #answers = new Map<string, Answer>();
  readonly #heads = dropdown(l10n.t('Head'), (value) =>
    this.#change({ head: value === 'mean' ? 'mean' : Number(value) }),
  );
  readonly #training = new TimeLine({
    label: l10n.t('Step'),
    onChoose: (place) => this.#goTo(this.#steps[place]),
  });
  readonly #exact = numberField(l10n.t('Exact step'), (step) => void this.#goTo(nearestStep(this.#steps, step)));
  #runs: readonly ShownRun[] = [];
  #colors: readonly string[] = [];
  #scene: Scene | undefined;
  #steps: number[] = [];
  /** The questions that are to be asked, or are answered by now. */
  #asked: Promise<void> = Promise.resolve();
  #askNow: () => void = () => undefined;
  /** The newest round of questions: those before it are not gone on with. */
  #round = 0;
  #offeredHeads = 0;
  #isFirst = false;
  #shape: StripShape = stripShape(1, 1, { width: 0, height: 0 });

  constructor(
    private value: StripLook,
    private readonly onLook: (value: StripLook) => void,
  ) {
    this.#controls = element(
      'div',
      { class: 'bar' },
      this.#heads.element,
      slider({
        label: l10n.t('Opacity'),
        min: 0,
        max: 1,
        step: 0.01,
        value: value.opacity,
        show: (share) => `${Math.round(share * 100)} %`,
        onSlide: (opacity) => this.#change({ opacity }),
      }).element,
      checkbox(l10n.t('Embedding of the data'), value.isEmbedded, (isEmbedded) => {
        this.#change({ isEmbedded });
        this.#layOut();
      }),
      button(l10n.t('Other Images'), () => tell(changeImages, { kind: 'sample' })),
      button(l10n.t('Choose Images…'), () => tell(changeImages, { kind: 'choose' })),
    );
    this.#details.append(
      element('summary', {}, l10n.t('Attention side by side')),
      this.#note,
      this.#scrolled,
      element('div', { class: 'trained' }, this.#training.element, this.#exact.element),
      this.#controls,
    );
    // Until it is known how many there are.
    this.#heads.element.hidden = true;
    this.#details.open = this.#isOpen;
    this.#details.addEventListener('toggle', () => {
      // Only what a person does is a choice.
      if (this.#details.open === this.#isOpen) return;
      this.#change({ isOpen: this.#details.open });
      this.#begin();
      this.#fit();
    });
    this.element = element(
      'section',
      { class: 'attention', 'aria-label': l10n.t('Attention side by side') },
      this.#details,
    );
    new ResizeObserver(() => this.#fit()).observe(this.#scrolled);
    window.addEventListener('resize', () => this.#fit());
  }

  /** Whether there are images to compare, so that they come before the curves. */
  get isFirst(): boolean {
    return this.#isFirst;
  }

  get #isOpen(): boolean {
    return this.value.isOpen ?? this.#isFirst;
  }

  show(runs: readonly ShownRun[], colors: readonly string[]): void {
    const said = (some: readonly ShownRun[], of: readonly string[]) =>
      JSON.stringify([some.map(({ dir, name, look: l }) => [dir, name, l]), of]);
    if (said(runs, colors) === said(this.#runs, this.#colors)) return;
    const areOthers = runs.length !== this.#runs.length;
    this.#runs = runs;
    this.#colors = colors;
    if (areOthers) this.#isFirst = false;
    const hasCome = this.#comeFirst();
    // A single run is no longer compared: what is open by itself is closed with it.
    if (areOthers || hasCome) this.#details.open = this.#isOpen;
    if (hasCome) this.#begin();
    this.#layOut();
  }

  offer(scene: Scene): void {
    this.#scene = scene;
    const wasNewest = this.value.step === undefined;
    this.#steps = stepsOf(Object.values(scene.steps));
    const place = wasNewest
      ? this.#steps.length - 1
      : this.#steps.indexOf(nearestStep(this.#steps, this.value.step ?? 0) ?? 0);
    this.#showPlace(Math.max(0, place));
    if (this.#comeFirst()) this.#details.open = this.#isOpen;
    // Once: images that are asked for twice are others the second time.
    this.#begin();
    this.#layOut();
  }

  /**
   * Of several runs, where two have checkpoints. It stays so when a checkpoint is deleted: nothing is to jump away.
   * @returns whether it has come first by this
   */
  #comeFirst(): boolean {
    const compared = this.#runs.filter(({ dir }) => (this.#scene?.steps[dir] ?? []).length > 0);
    if (this.#isFirst || compared.length < 2) return false;
    this.#isFirst = true;
    return true;
  }

  /** The first images, once somebody looks. */
  #begin(): void {
    if (!this.#isOpen) return;
    if (this.#scene?.images.length === 0 && this.#scene.note === undefined) tell(changeImages, { kind: 'sample' });
    else this.#askSoon(0);
  }

  /** Resolves when the step is shown, or another one is wanted. */
  async #goTo(step: number | undefined): Promise<void> {
    if (step === undefined) return;
    this.#showPlace(this.#steps.indexOf(step));
    // At the newest it stays there, while checkpoints are added.
    this.#change({ step: step === this.#steps.at(-1) ? undefined : step });
    this.#layOut();
    await this.#asked;
  }

  #showPlace(place: number): void {
    const stops = this.#steps.map((step) => ({ step }));
    this.#training.show({ stops, place: Math.min(place, stops.length - 1), isLive: false });
    this.#exact.set(this.#steps[place]);
  }

  #change(change: Partial<StripLook>): void {
    this.value = { ...this.value, ...change };
    this.onLook(this.value);
    this.#paint();
  }

  /** The checkpoint of a run that is shown: the nearest to the step. */
  #stepOf(dir: string): number | undefined {
    const own = this.#scene?.steps[dir] ?? [];
    return this.value.step === undefined ? own.at(-1) : nearestStep(own, this.value.step);
  }

  #layOut(): void {
    const images = this.#scene?.images ?? [];
    this.#note.textContent = this.#scene?.note ?? (images.length === 0 ? l10n.t('No images are chosen yet.') : '');
    const runs = this.#runs.map((run) => this.#runLine(run));
    const lines = images.map((one, place) => imageLine(one, place));
    const all = this.value.isEmbedded ? [...lines, embeddingLine()] : lines;
    this.#shape = this.#shapeNow();
    const { areRunsDown, isStacked, side } = this.#shape;
    this.#table.style.setProperty('--side', `${side}px`);
    fillStripTable(this.#table, areRunsDown ? runs : all, areRunsDown ? all : runs, isStacked);
    this.#paint();
    if (this.#isOpen) this.#askSoon(SETTLE_MS);
  }

  #runLine(run: ShownRun): StripLine {
    const step = this.#stepOf(run.dir);
    const words =
      step === undefined ? l10n.t('no checkpoint') : step === 0 ? l10n.t('untrained') : l10n.t('step {0}', step);
    const mark = swatch(run.look, this.#colors[run.look] ?? '');
    const name = element('span', { class: 'fileName' }, run.name);
    const head = element('div', { class: 'of' }, mark, name, element('span', { class: 'description' }, words));
    return { head: [head], title: run.name, data: { 'data-dir': run.dir } };
  }

  /** For the window as it is now. */
  #shapeNow(): StripShape {
    const top = this.#scrolled.getBoundingClientRect().top + window.scrollY;
    const below = this.#training.element.offsetHeight + this.#controls.offsetHeight + NEXT;
    const { innerHeight } = window;
    const height = this.#isFirst ? innerHeight - top - below : LOWER_SHARE * innerHeight;
    const images = (this.#scene?.images.length ?? 0) + (this.value.isEmbedded ? 1 : 0);
    return stripShape(this.#runs.length, Math.max(1, images), { width: this.#scrolled.clientWidth, height });
  }

  /** The images follow the window. */
  #fit(): void {
    if (!this.#isOpen || this.#scrolled.clientWidth === 0) return;
    if (JSON.stringify(this.#shapeNow()) !== JSON.stringify(this.#shape)) this.#layOut();
  }

  #cells(): Asked[] {
    return [...this.#table.querySelectorAll<HTMLElement>('td[data-dir]')].flatMap((cell): Asked[] => {
      const { dir = '', image: place } = cell.dataset;
      const step = this.#stepOf(dir);
      if (step === undefined) return [];
      if (place === undefined) return [{ cell, question: { dir, step } }];
      const image = this.#scene?.images[Number(place)]?.image;
      return image === undefined ? [] : [{ cell, question: { dir, step, image } }];
    });
  }

  #askSoon(ms: number): void {
    const round = ++this.#round;
    // Who waits for the questions before these is not left waiting.
    this.#askNow();
    const due = new Promise<void>((resolve) => {
      this.#askNow = resolve;
      window.setTimeout(resolve, ms);
    });
    this.#asked = due.then(() => (round === this.#round ? this.#ask(round) : undefined));
  }

  /** Run by run, since a network takes longer to load than to look at an image. */
  async #ask(round: number): Promise<void> {
    const questions = this.#runs.flatMap(({ dir }) => this.#cells().filter(({ question }) => question.dir === dir));
    for (const { question } of questions) {
      const key = JSON.stringify(question);
      const known = this.#answers.get(key);
      if (known !== undefined && !('problem' in known)) continue;
      const answer = await ('image' in question ? attentionBy(question) : embeddingBy(question)).catch(
        (error: unknown): Answer => ({ problem: errorMessage(error) }),
      );
      // What failed is asked for again the next time.
      this.#answers.set(key, answer);
      const oldest = this.#answers.keys().next().value;
      if (this.#answers.size > KEPT && oldest !== undefined) this.#answers.delete(oldest);
      this.#paint();
      if (round !== this.#round || !this.#isOpen) return;
    }
  }

  #paint(): void {
    if (!this.#isOpen) return;
    const { side } = this.#shape;
    let most = 0;
    for (const { cell, question } of this.#cells()) {
      const answer = this.#answers.get(JSON.stringify(question));
      const run = this.#runs.find(({ dir }) => dir === question.dir)?.name ?? '';
      if (answer === undefined) cell.replaceChildren(element('span', { class: 'description' }, '…'));
      else if ('problem' in answer) cell.replaceChildren(element('p', { class: 'trouble' }, answer.problem));
      else if ('embedding' in answer)
        paintEmbedding(
          cell,
          answer.embedding,
          { colors: this.#colors, side },
          l10n.t('Embedding by {0}, step {1}: {2} images', run, question.step, answer.embedding.points.length / 2),
        );
      else {
        const { look: seen } = answer.seen;
        if (seen.kind === 'attention') most = Math.max(most, seen.heads);
        paintCell(cell, answer.seen, { ...this.value, side }, run, question.step);
      }
    }
    if (most > 0 && most !== this.#offeredHeads) {
      this.#offeredHeads = most;
      this.#heads.element.hidden = false;
      const heads = Array.from({ length: most }, (_, head) => ({
        value: `${head}`,
        label: l10n.t('Head {0}', head + 1),
      }));
      this.#heads.offer([{ value: 'mean', label: l10n.t('Mean of all heads') }, ...heads], `${this.value.head}`);
    }
  }
}

function imageLine({ image, name }: Scene['images'][number], place: number): StripLine {
  const away = iconButton(l10n.t('Remove {0}', name), 'close', () => tell(changeImages, { kind: 'remove', image }));
  const named = element('span', { class: 'fileName' }, name);
  return {
    head: [element('div', { class: 'image' }, named, away)],
    title: image.path,
    data: { 'data-image': `${place}` },
  };
}

const embeddingLine = (): StripLine => ({
  head: [l10n.t('Embedding')],
  title: l10n.t('Each run is laid out separately: compare only which images are neighbors.'),
  data: {},
});

const attentionBy = async (question: Look): Promise<Answer> => ({
  seen: seenBy(lookOf(await request(look, answerSchema, question))),
});

async function embeddingBy(question: LayOut): Promise<Answer> {
  const { points, labels, isUniform } = await request(layOut, laidOutSchema, question);
  if (isUniform) throw new Error(l10n.t('Features are identical for all images.'));
  return { embedding: { points: new Float32Array(points), labels: new Int32Array(labels) } };
}
