import type * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import { showError } from '../messages.js';

/** Makes a command's failure one sentence for the person, and a line in the log. */
export function reporting<Given extends unknown[]>(
  output: vscode.LogOutputChannel,
  run: (...given: Given) => Promise<unknown> | unknown,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    try {
      await run(...given);
    } catch (error) {
      const message = errorMessage(error);
      output.error(message);
      // Not waited for: the command is over, whenever the person closes the message.
      void showError(message);
    }
  };
}
