/** By which method the plane is laid out, and the method's own settings. */
import * as l10n from '@vscode/l10n';
import type { ProjectionMethod } from '../../src/protocol/projection.js';
import { dropdown, type SliderOptions, slider } from '../shared/controls.js';

const METHODS = [
  { value: 'tsne', label: 't-SNE' },
  { value: 'paper', label: l10n.t('t-SNE as in the paper') },
  { value: 'umap', label: 'UMAP' },
  { value: 'pca', label: 'PCA' },
] as const;
type MethodName = (typeof METHODS)[number]['value'];
type Tsne = Extract<ProjectionMethod, { kind: 'tsne' }>;
type Umap = Extract<ProjectionMethod, { kind: 'umap' }>;

/** Of the DINO paper's figure: PCA to 30, perplexity 20, rate 200, 5000 steps. */
const PAPER: Tsne = { kind: 'tsne', perplexity: 20, iterations: 5000, learningRate: 200, pcaDimensions: 30 };
const TSNE: Tsne = { kind: 'tsne', perplexity: 30, iterations: 1000 };
const UMAP: Umap = { kind: 'umap', neighbors: 15, minDist: 0.1, iterations: 500 };

const nameOf = (method: ProjectionMethod): MethodName =>
  JSON.stringify(method) === JSON.stringify(PAPER) ? 'paper' : method.kind;

export class MethodOptions {
  readonly #methods = dropdown(l10n.t('Method'), (name) => this.#change(this.#methodOf(name as MethodName)));
  readonly #perplexity;
  readonly #neighbors;
  readonly #distance;
  readonly #steps;
  #method: ProjectionMethod;
  /** What each method was last set to. */
  #tsne: Tsne;
  #umap: Umap;

  constructor(
    method: ProjectionMethod,
    private readonly onChange: (method: ProjectionMethod) => void,
  ) {
    this.#method = method;
    this.#tsne = method.kind === 'tsne' && nameOf(method) === 'tsne' ? method : TSNE;
    this.#umap = method.kind === 'umap' ? method : UMAP;
    const count = (label: string, value: number, onSlide: SliderOptions['onSlide']) =>
      slider({ label, min: 2, max: 100, step: 1, value, show: String, onSlide });
    this.#perplexity = count(l10n.t('Perplexity'), this.#tsne.perplexity, (perplexity) =>
      this.#setTsne({ perplexity }),
    );
    this.#neighbors = count(l10n.t('Neighbors'), this.#umap.neighbors, (neighbors) => this.#setUmap({ neighbors }));
    this.#distance = slider({
      label: l10n.t('Least distance'),
      min: 0,
      max: 0.99,
      step: 0.01,
      value: this.#umap.minDist,
      show: (value) => value.toFixed(2),
      onSlide: (minDist) => this.#setUmap({ minDist }),
    });
    this.#steps = slider({
      label: l10n.t('Steps'),
      min: 250,
      max: 5000,
      step: 250,
      value: method.kind === 'pca' ? TSNE.iterations : method.iterations,
      show: String,
      onSlide: (iterations) =>
        this.#method.kind === 'umap' ? this.#setUmap({ iterations }) : this.#setTsne({ iterations }),
    });
    this.#methods.offer(METHODS, nameOf(method));
    this.#showFitting();
  }

  /** Which method; it stands in the bar. */
  get chip(): HTMLElement {
    return this.#methods.element;
  }

  get elements(): readonly HTMLElement[] {
    return [this.#perplexity, this.#neighbors, this.#distance, this.#steps].map((control) => control.element);
  }

  #methodOf(name: MethodName): ProjectionMethod {
    switch (name) {
      case 'paper':
        return PAPER;
      case 'pca':
        return { kind: 'pca' };
      case 'umap':
        return this.#umap;
      case 'tsne':
        return this.#tsne;
    }
  }

  #setTsne(change: Partial<Tsne>): void {
    this.#tsne = { ...this.#tsne, ...change };
    this.#change(this.#tsne);
  }

  #setUmap(change: Partial<Umap>): void {
    this.#umap = { ...this.#umap, ...change };
    this.#change(this.#umap);
  }

  #change(method: ProjectionMethod): void {
    this.#method = method;
    this.#showFitting();
    this.onChange(method);
  }

  /** What the method has no use for is not shown. */
  #showFitting(): void {
    const name = nameOf(this.#method);
    this.#perplexity.element.hidden = name !== 'tsne';
    this.#neighbors.element.hidden = name !== 'umap';
    this.#distance.element.hidden = name !== 'umap';
    this.#steps.element.hidden = name === 'pca' || name === 'paper';
    if (this.#method.kind !== 'pca') this.#steps.set(this.#method.iterations);
  }
}
