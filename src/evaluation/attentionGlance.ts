/** Attention at a glance: small enough for a hover. */
import { attentionOf } from '../attention/queriesAndKeys.js';
import { shownRatio } from '../attention/shownShape.js';
import type { AttentionRequest, GlanceAnswer } from '../protocol/worker.js';
import type { AttentionModels } from './attentionModels.js';
import { drawMean } from './attentionPicture.js';

/** Pixels of a square picture; two of these side by side. Others take as much room. */
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
  const png = await drawMean({ ...answer, attention: attentionOf(answer, 'cls') }, size);
  return { png, checkpointName: answer.checkpointName };
}
