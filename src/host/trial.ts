/** The first steps of a run that is thought of, in a process of their own: its memory is the run's alone. */
import type * as vscode from 'vscode';
import { type SuggestQuestion, type TrialAnswer, tryOut } from '../protocol/suggestWork.js';
import { Child, type ChildOptions } from './child.js';

/**
 * @param options of the child
 * @param token ends it; then its answer is an error
 * @returns null when its first step takes too long
 * @throws Error with one sentence
 */
export async function tryTraining(
  options: ChildOptions,
  question: SuggestQuestion,
  token: vscode.CancellationToken,
): Promise<TrialAnswer | null> {
  const child = await Child.start(options);
  try {
    const crashed = child.exited.then(({ how }) => {
      throw new Error(`the process ended (${how})`);
    });
    return await Promise.race([child.connection.sendRequest(tryOut, question, token), crashed]);
  } finally {
    child.dispose();
  }
}
