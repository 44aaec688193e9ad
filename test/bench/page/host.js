// Runs first in a panel's page in place of VS Code: what the scripts that answer for each panel have in common.

const host = {
  /** A function that the benchmark has put into the page. @type {(name: string) => any} */
  given: (name) => Reflect.get(window, name),
  /** A message to the page. @type {(message: object) => void} */
  say: (message) =>
    window.postMessage(
      { receiver: { type: 'webview', webviewId: 'page' }, sender: { type: 'extension' }, ...message },
      '*',
    ),
  /** What `encoded` of panelPage.mjs made of an array. @type {(text: string) => ArrayBuffer} */
  bytes: (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer,
};
/** @typedef {typeof host} Host */

Object.assign(window, { host });
