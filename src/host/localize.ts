/**
 * The words of the parts that do without `vscode`, in VS Code's display language. To be imported before them: some of their
 * words are constants.
 */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
