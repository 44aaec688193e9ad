/** Attention of the compared runs side by side: a row an image, a column a run, all at one step. */
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
import { button, checkbox, dropdown, numberField, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { request, tell } from '../shared/host.js';
import { lookOf } from '../shared/look.js';
import { TimeLine } from '../shared/timeLine.js';
import { paintCell, type Seen, seenBy } from './stripCell.js';
import { type Embedding, paintEmbedding } from './stripEmbedding.js';
import { nearestStep, stepsOf } from './stripSteps.js';
import { swatch } from './swatch.js';

export interface StripLook {
  /** Undefined: the newest of each run. */
  readonly step?: number | undefined;
  readonly head: number | 'mean';
  readonly opacity: number;
  readonly isOpen: boolean;
  /** Whether embeddings are shown, too. */
  readonly isEmbedded: boolean;
}

/** A step that is being slid over is not worth a network. */
const SETTLE_MS = 200;
/** Maps that are kept while the page is seen; each takes some 200 kB. */
const KEPT = 300;

type Answer = { readonly seen: Seen } | { readonly embedding: Embedding } | { readonly problem: string };

interface Asked {
  readonly cell: HTMLElement;
  readonly question: Look | LayOut;
}

export class Strip {
  readonly element: HTMLElement;
  readonly #table = element('table', { class: 'strip', 'aria-label': l10n.t('Attention') });
  readonly #note = element('p', { class: 'note', role: 'status' });
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

  constructor(
    private value: StripLook,
    private readonly onLook: (value: StripLook) => void,
  ) {
    const details = element(
      'details',
      { class: 'drawer', ...(value.isOpen && { open: '' }) },
      element('summary', {}, l10n.t('Attention side by side')),
      element(
        'div',
        { class: 'controls' },
        this.#exact.element,
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
        button(l10n.t('Other Images of the Data'), () => tell(changeImages, { kind: 'sample' })),
        button(l10n.t('Choose Images…'), () => tell(changeImages, { kind: 'choose' })),
      ),
      this.#training.element,
      this.#note,
      element(
        'div',
        { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': l10n.t('Attention') },
        this.#table,
      ),
    );
    details.addEventListener('toggle', () => {
      this.#change({ isOpen: details.open });
      this.#begin();
    });
    this.element = element('section', { class: 'attention', 'aria-label': l10n.t('Attention side by side') }, details);
  }

  show(runs: readonly ShownRun[], colors: readonly string[]): void {
    const said = (some: readonly ShownRun[], of: readonly string[]) =>
      JSON.stringify([some.map(({ dir, name, look: l }) => [dir, name, l]), of]);
    if (said(runs, colors) === said(this.#runs, this.#colors)) return;
    this.#runs = runs;
    this.#colors = colors;
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
    this.#begin();
    this.#layOut();
  }

  /** The first images, once somebody looks. */
  #begin(): void {
    if (this.value.isOpen && this.#scene?.images.length === 0 && this.#scene.note === undefined)
      tell(changeImages, { kind: 'sample' });
    else if (this.value.isOpen) this.#askSoon(0);
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
    const head = element(
      'tr',
      {},
      element('td'),
      ...this.#runs.map((run) => {
        const step = this.#stepOf(run.dir);
        const words =
          step === undefined ? l10n.t('no checkpoint') : step === 0 ? l10n.t('untrained') : l10n.t('step {0}', step);
        const mark = swatch(run.look, this.#colors[run.look] ?? '');
        return element('th', { scope: 'col' }, mark, ` ${run.name}`, element('span', { class: 'description' }, words));
      }),
    );
    const rows = images.map(({ image, name }, place) => {
      const away = button(l10n.t('Remove'), () => tell(changeImages, { kind: 'remove', image }));
      away.setAttribute('aria-label', l10n.t('Remove {0}', name));
      return element(
        'tr',
        {},
        element('th', { scope: 'row', title: image.path }, element('span', { class: 'fileName' }, name), away),
        ...this.#runs.map(({ dir }) => element('td', { 'data-dir': dir, 'data-image': `${place}` })),
      );
    });
    const embedded = element(
      'tr',
      {},
      element(
        'th',
        { scope: 'row' },
        l10n.t('Embedding'),
        element(
          'p',
          { class: 'detail' },
          l10n.t('Each run is laid out separately: compare only which images are neighbors.'),
        ),
      ),
      ...this.#runs.map(({ dir }) => element('td', { 'data-dir': dir })),
    );
    const all = this.value.isEmbedded ? [...rows, embedded] : rows;
    this.#table.replaceChildren(element('thead', {}, head), element('tbody', {}, ...all));
    this.#paint();
    if (this.value.isOpen) this.#askSoon(SETTLE_MS);
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
      if (round !== this.#round || !this.value.isOpen) return;
    }
  }

  #paint(): void {
    if (!this.value.isOpen) return;
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
          this.#colors,
          l10n.t('Embedding by {0}, step {1}: {2} images', run, question.step, answer.embedding.points.length / 2),
        );
      else {
        const { look: seen } = answer.seen;
        if (seen.kind === 'attention') most = Math.max(most, seen.heads);
        paintCell(cell, answer.seen, this.value, run, question.step);
      }
    }
    if (most > 0 && most !== this.#offeredHeads) {
      this.#offeredHeads = most;
      const heads = Array.from({ length: most }, (_, head) => ({
        value: `${head}`,
        label: l10n.t('Head {0}', head + 1),
      }));
      this.#heads.offer([{ value: 'mean', label: l10n.t('Mean of all heads') }, ...heads], `${this.value.head}`);
    }
  }
}

const attentionBy = async (question: Look): Promise<Answer> => ({
  seen: seenBy(lookOf(await request(look, answerSchema, question))),
});

async function embeddingBy(question: LayOut): Promise<Answer> {
  const { points, labels, isUniform } = await request(layOut, laidOutSchema, question);
  if (isUniform) throw new Error(l10n.t('Features are identical for all images.'));
  return { embedding: { points: new Float32Array(points), labels: new Int32Array(labels) } };
}
