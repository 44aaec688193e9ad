import type { SuggestAnswer, SuggestQuestion, TrialAnswer } from '../protocol/suggestWork.js';
import { suggest } from '../training/suggestion/suggest.js';
import { tryOut } from '../training/suggestion/trial.js';

export async function answerSuggest(question: SuggestQuestion): Promise<SuggestAnswer> {
  const { preset, set, settings, lines, seconds, memory, host, warnings } = await suggest(question);
  return { preset, set, settings, lines, seconds, memory, free: host.free, warnings };
}

export async function answerTryOut(
  question: SuggestQuestion,
  stop: AbortSignal,
  cropWorkerFile: string,
): Promise<TrialAnswer> {
  const { seconds, memory } = await tryOut(question, { stop, cropWorkerFile });
  return { seconds, memory };
}
