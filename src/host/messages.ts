/** Messages to the person, who sees the names and errors in them as they are: a run's name may hold a link to a command. */
import * as vscode from 'vscode';
import { withoutLinks } from './plainText.js';

/** @returns the button that was pressed */
export const showError = (message: string, ...buttons: string[]): Thenable<string | undefined> =>
  vscode.window.showErrorMessage(withoutLinks(message), ...buttons);

/** @returns the button that was pressed */
export const showInformation = (message: string, ...buttons: string[]): Thenable<string | undefined> =>
  vscode.window.showInformationMessage(withoutLinks(message), ...buttons);
