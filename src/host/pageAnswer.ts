/** What a network shows of an image, as pages are told it: with buffers in place of typed arrays. */
import type { Answer } from '../protocol/attentionPanel.js';
import type { InsightAnswer } from '../protocol/worker.js';
import { exactBuffer } from './exactBuffer.js';

export function pageAnswer(answer: InsightAnswer): Answer {
  const picture = exactBuffer(answer.picture);
  switch (answer.kind) {
    case 'attention':
      return { ...answer, picture, queries: exactBuffer(answer.queries), keys: exactBuffer(answer.keys) };
    case 'activations':
      return { ...answer, picture, activations: exactBuffer(answer.activations) };
  }
}
