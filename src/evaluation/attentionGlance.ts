/** Attention at a glance: small enough for a hover. */
import { attentionOf } from '../attention/queriesAndKeys.js';
import type { AttentionRequest, GlanceAnswer } from '../protocol/worker.js';
import type { AttentionModels } from './attentionModels.js';
import { drawMean } from './attentionPicture.js';

/** Pixels; two of these side by side. */
const SIDE = 160;

/** @throws Error as {@link AttentionModels.attention} */
export async function glance(
  models: AttentionModels,
  request: AttentionRequest,
  stop?: AbortSignal,
): Promise<GlanceAnswer> {
  const answer = await models.attention(request, stop);
  const png = await drawMean({ ...answer, attention: attentionOf(answer, 'cls') }, SIDE);
  return { png, checkpointName: answer.checkpointName };
}
