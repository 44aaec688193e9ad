/** What is chosen before the start: the network, the method and its settings, how many images. */
import * as l10n from '@vscode/l10n';
import type { Choice, OfferedNetwork } from '../../src/protocol/embeddingPanel.js';
import type { ProjectionMethod } from '../../src/protocol/projection.js';
import { button, dropdown, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';

export interface Setup {
  readonly element: HTMLElement;
  offer(networks: readonly OfferedNetwork[], proposed: string | undefined): void;
  /** After the start it says that it starts again. */
  setBegun(isBegun: boolean): void;
}

const METHODS = [
  { value: 'tsne', label: 't-SNE' },
  { value: 'paper', label: l10n.t('t-SNE as in the paper') },
  { value: 'umap', label: 'UMAP' },
  { value: 'pca', label: 'PCA' },
] as const;
type MethodName = (typeof METHODS)[number]['value'];

/** Of the DINO paper's figure: PCA to 30, perplexity 20, rate 200, 5000 steps. */
const PAPER: ProjectionMethod = {
  kind: 'tsne',
  perplexity: 20,
  iterations: 5000,
  learningRate: 200,
  pcaDimensions: 30,
};
const IMAGES = [1000, 5000, 10_000, 20_000, 50_000, 100_000, 1_000_000];
const ALL = 1_000_000;
const HEADS = [1, 2, 3, 4, 6, 8, 12, 16, 24];
const AS_STORED = 'stored';

/** @param choice as it was last; @param onBegin with a whole choice */
export function createSetup(
  choice: Choice,
  onChoose: (choice: Choice) => void,
  onBegin: (choice: Choice) => void,
): Setup {
  let current = choice;
  const change = (part: Partial<Choice>): void => {
    current = { ...current, ...part };
    onChoose(current);
  };
  /** What each method was last set to. */
  const tsne =
    choice.method.kind === 'tsne' ? { ...choice.method } : { kind: 'tsne' as const, perplexity: 30, iterations: 1000 };
  const umap =
    choice.method.kind === 'umap'
      ? { ...choice.method }
      : { kind: 'umap' as const, neighbors: 15, minDist: 0.1, iterations: 500 };
  let isFile = false;

  let offered: readonly OfferedNetwork[] = [];
  const networks = dropdown(l10n.t('Network'), (network) => {
    change({ network });
    showFitting();
  });
  const heads = dropdown(l10n.t('Heads'), (value) =>
    change({ numHeads: value === AS_STORED ? undefined : Number(value) }),
  );
  const methods = dropdown(l10n.t('Method'), (name) => {
    change({ method: methodOf(name as MethodName) });
    showFitting();
  });
  const images = dropdown(l10n.t('Images at most'), (value) => change({ mostImages: Number(value) }));
  const perplexity = slider({
    label: l10n.t('Perplexity'),
    min: 2,
    max: 100,
    step: 1,
    value: tsne.perplexity,
    show: String,
    onSlide: (value) => {
      tsne.perplexity = value;
      change({ method: { ...tsne } });
    },
  });
  const neighbors = slider({
    label: l10n.t('Neighbors'),
    min: 2,
    max: 100,
    step: 1,
    value: umap.neighbors,
    show: String,
    onSlide: (value) => {
      umap.neighbors = value;
      change({ method: { ...umap } });
    },
  });
  const distance = slider({
    label: l10n.t('Least distance'),
    min: 0,
    max: 0.99,
    step: 0.01,
    value: umap.minDist,
    show: (value) => value.toFixed(2),
    onSlide: (value) => {
      umap.minDist = value;
      change({ method: { ...umap } });
    },
  });
  const steps = slider({
    label: l10n.t('Steps'),
    min: 250,
    max: 5000,
    step: 250,
    value: choice.method.kind === 'pca' ? 1000 : choice.method.iterations,
    show: String,
    onSlide: (value) => {
      if (current.method.kind === 'pca') return;
      const method = current.method.kind === 'tsne' ? tsne : umap;
      method.iterations = value;
      change({ method: { ...method } });
    },
  });
  const go = button(l10n.t('Start'), () => onBegin(current), 'primary');

  const isPaper = (): boolean => JSON.stringify(current.method) === JSON.stringify(PAPER);
  const nameOf = (): MethodName => (isPaper() ? 'paper' : current.method.kind);
  function methodOf(name: MethodName): ProjectionMethod {
    if (name === 'paper') return PAPER;
    if (name === 'pca') return { kind: 'pca' };
    if (name === 'umap') return { ...umap };
    return { kind: 'tsne', perplexity: tsne.perplexity, iterations: tsne.iterations };
  }
  function showFitting(): void {
    const name = nameOf();
    perplexity.element.hidden = name !== 'tsne';
    neighbors.element.hidden = name !== 'umap';
    distance.element.hidden = name !== 'umap';
    steps.element.hidden = name === 'pca' || name === 'paper';
    if (current.method.kind !== 'pca') steps.set(current.method.iterations);
    isFile = offered.find(({ id }) => id === current.network)?.isFile ?? false;
    heads.element.hidden = !isFile;
  }

  methods.offer(METHODS, nameOf());
  images.offer(
    IMAGES.map((count) => ({ value: `${count}`, label: count === ALL ? l10n.t('all') : count.toLocaleString('en') })),
    `${choice.mostImages}`,
  );
  heads.offer(
    [
      { value: AS_STORED, label: l10n.t('as stored') },
      ...HEADS.map((count) => ({ value: `${count}`, label: `${count}` })),
    ],
    choice.numHeads === undefined ? AS_STORED : `${choice.numHeads}`,
  );
  showFitting();
  return {
    element: element(
      'div',
      { class: 'controls setup', role: 'group', 'aria-label': l10n.t('Before the start') },
      networks.element,
      heads.element,
      methods.element,
      perplexity.element,
      neighbors.element,
      distance.element,
      steps.element,
      images.element,
      go,
    ),
    offer(given, proposed) {
      offered = given;
      const network = given.find(({ id }) => id === current.network)?.id ?? proposed;
      if (network !== undefined && network !== current.network) change({ network });
      networks.offer(
        given.map(({ id, label }) => ({ value: id, label })),
        network,
      );
      go.toggleAttribute('disabled', given.length === 0);
      showFitting();
    },
    setBegun(isBegun) {
      go.textContent = isBegun ? l10n.t('Start Again') : l10n.t('Start');
      go.setAttribute('appearance', isBegun ? 'secondary' : 'primary');
    },
  };
}
