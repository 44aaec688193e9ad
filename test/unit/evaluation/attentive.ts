import type { AttentionAnswer, InsightAnswer } from '../../../src/protocol/worker.js';

/** The answer of a network with attention. @throws Error when the network has none */
export async function attentive(answer: InsightAnswer | Promise<InsightAnswer>): Promise<AttentionAnswer> {
  const given = await answer;
  if (given.kind !== 'attention') throw new Error(`${given.checkpointName} has no attention.`);
  return given;
}
