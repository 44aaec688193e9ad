/** The page's words in VS Code's display language, as the host put them into it. To be imported first: some words are constants. */
import * as l10n from '@vscode/l10n';

const words = document.getElementById('words')?.textContent;
if (words) l10n.config({ contents: words });
