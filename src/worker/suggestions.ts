import type { SuggestAnswer, SuggestQuestion, TrialAnswer } from '../protocol/suggestWork.js';
import { suggest } from '../training/suggestion/suggest.js';
import { tryOut } from '../training/suggestion/trial.js';

export async function answerSuggest(question: SuggestQuestion, stop: AbortSignal): Promise<SuggestAnswer> {
  const { preset, set, settings, lines, seconds, memory, host, instead, warnings } = await suggest(question, { stop });
  const { free } = host;
  return { preset, set, settings, lines, seconds, memory, free, insteadPreset: instead?.preset, warnings };
}

export async function answerTryOut(
  question: SuggestQuestion,
  stop: AbortSignal,
  cropWorkerFile: string,
): Promise<TrialAnswer | null> {
  const trial = await tryOut(question, { stop, cropWorkerFile });
  return trial === undefined ? null : { seconds: trial.seconds, memory: trial.memory };
}
