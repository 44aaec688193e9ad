/** What a network shows of an image, as pages are told it: with buffers in place of typed arrays. */
import type { Answer } from '../protocol/attentionPanel.js';
import type { InsightAnswer } from '../protocol/worker.js';
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
