/** Attention, or what a network without it shows instead, at a glance: small enough for a hover. */
import { activationNorms } from '../attention/activations.js';
import { headMap } from '../attention/attentionMaps.js';
import type { ImageMap } from '../attention/imageMap.js';
import { attentionOf } from '../attention/queriesAndKeys.js';
import { shownRatio } from '../attention/shownShape.js';
import type { AttentionRequest, GlanceAnswer, InsightAnswer } from '../protocol/worker.js';
import { drawBeside } from './attentionImage.js';
import type { AttentionModels } from './attentionModels.js';
import type { OwnPart } from './insight.js';

/** Pixels of a square image; two of these side by side. Others take as much room. */
const SIDE = 160;

/** @throws Error as {@link AttentionModels.attention} */
export async function glance(
  models: AttentionModels,
  request: AttentionRequest,
  stop?: AbortSignal,
): Promise<GlanceAnswer> {
  const answer = await models.attention(request, stop);
  const stretch = Math.sqrt(shownRatio(answer.original));
  const size = { width: Math.round(SIDE * stretch), height: Math.round(SIDE / stretch) };
  const png = await drawBeside(mapOf(answer), size);
  return { kind: answer.kind, png, checkpointName: answer.checkpointName };
}

/** What is shown without a pointer. */
export function mapOf(answer: OwnPart<InsightAnswer> & Omit<ImageMap, 'rows' | 'columns' | 'values'>): ImageMap {
  switch (answer.kind) {
    case 'attention':
      return headMap({ ...answer, attention: attentionOf(answer, 'cls') }, 'mean');
    case 'activations':
      return { ...answer, values: activationNorms(answer) };
  }
}
