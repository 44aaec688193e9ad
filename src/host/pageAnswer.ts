/** What a network shows of an image, as pages are told it: with buffers in place of typed arrays. */
import type { Answer, PatchesAnswer as PatchesOnPage } from '../protocol/attentionPanel.js';
import type { ImagePatches, InsightAnswer, PatchesAnswer } from '../protocol/worker.js';
import { exactBuffer } from './exactBuffer.js';

export function pageAnswer(answer: InsightAnswer): Answer {
  const image = exactBuffer(answer.image);
  switch (answer.kind) {
    case 'attention':
      return { ...answer, image, queries: exactBuffer(answer.queries), keys: exactBuffer(answer.keys) };
    case 'activations':
      return { ...answer, image, activations: exactBuffer(answer.activations) };
  }
}

/** @throws Error when there is no image */
export function pagePatches({ images: [first, ...others], explained, isParted }: PatchesAnswer): PatchesOnPage {
  if (first === undefined) throw new Error('the answer has no image');
  return { images: [onPage(first), ...others.map(onPage)], explained, isParted };
}

const onPage = (image: ImagePatches) => ({
  ...image,
  image: exactBuffer(image.image),
  features: exactBuffer(image.features),
  colors: exactBuffer(image.colors),
  foreground: exactBuffer(image.foreground),
});
