/** What a person does in VS Code, in a real browser: opens a folder, runs a command, clicks in a menu, looks into a panel. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { root } from '../../scripts/setup.mjs';
import { patience } from '../patience.mjs';
import { browserOptions } from './browser.mjs';
import { type ServerOptions, startServer } from './server.mjs';

export const WINDOW = { width: 1280, height: 800 };

export interface Workbench {
  readonly page: Page;
  /** Runs a command by its title, e.g. `DINO: Start Training`, from the palette. */
  runCommand(title: string): Promise<void>;
  /** Chooses the item of the open quick pick that holds this text. */
  pick(text: string | RegExp): Promise<void>;
  /** Types the words and chooses the row that begins with them: a list draws only those of its rows that its box has room for. */
  pickByTyping(words: string): Promise<void>;
  /** Types into the open input box and presses Enter. */
  answer(text: string): Promise<void>;
  /** Right-clicks, then clicks the menu's item with this text. */
  chooseFromMenu(target: Locator, title: string): Promise<void>;
  /** Shows a view container by its name in the activity bar. */
  showContainer(name: string): Promise<void>;
  /** A row of the explorer, by the beginning of its file's name. */
  file(name: string): Locator;
  /** A row of a tree view in the side bar that holds this text. */
  row(text: string | RegExp): Locator;
  notification(text: string | RegExp): Locator;
  /** Answers VS Code's own dialog for files, which proposes a path that holds `proposal`. */
  answerFileDialog(proposal: string | RegExp, file: string, button: RegExp): Promise<void>;
  /** Presses a button of a modal dialog. */
  pressInDialog(button: string): Promise<void>;
  /** The document inside the webview that was opened last. */
  webview(): FrameLocator;
  /** Another color theme, by a setting of the folder; its other settings stay. */
  useTheme(theme: string): void;
  /** Keeps a screenshot of the window in test/workbench/shots; returns its path. */
  screenshot(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Waits until a page has drawn what it has to draw by now. */
export async function nextFrame(inPage: Locator): Promise<void> {
  await inPage.evaluate((element) => {
    const window = element.ownerDocument.defaultView;
    if (window === null) throw new Error('The page has gone.');
    // What is asked for in one frame is drawn before the next.
    return new Promise<void>((drawn) => {
      window.requestAnimationFrame(() => window.requestAnimationFrame(() => drawn()));
    });
  });
}

/** Whether an element comes into a state within the time. */
export const isIn = (state: 'visible' | 'hidden', locator: Locator, timeout: number): Promise<boolean> =>
  locator.waitFor({ state, timeout }).then(
    () => true,
    () => false,
  );

/**
 * For what VS Code may not notice: tries it again and again, each time with twice the time to show an effect, so that a busy machine
 * has enough of it. @returns whether one of the tries had an effect
 */
export async function tried(act: (timeoutMs: number) => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + patience.state;
  for (let timeoutMs = 2000; Date.now() < end; timeoutMs *= 2) if (await act(timeoutMs)) return true;
  return false;
}

/** The extension as `npm run package` left it. */
function packagedExtension(): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return path.join(root, `dino-lab-${version}.vsix`);
}

/** Starts a server with the packaged extension installed, and a browser that shows the folder. */
export async function openWorkbench(folder: string, options: ServerOptions = {}): Promise<Workbench> {
  const server = await startServer({ vsix: [packagedExtension()], ...options });
  const browser = await chromium.launch(await browserOptions());
  const page = await browser.newPage({ viewport: WINDOW });
  page.setDefaultTimeout(patience.state);

  const quickInput = page.locator('.quick-input-widget');
  const quickInputText = quickInput.locator('input.input');
  const file = (name: string) =>
    page.locator(`.explorer-folders-view .monaco-list-row[aria-label^=${JSON.stringify(name)}]`);

  const workbench: Workbench = {
    page,
    file,
    async runCommand(title) {
      // Not one whose title only begins, or ranks, like it: Stop All Runs is listed before Stop Run.
      const row = quickInput
        .locator('.monaco-list-row')
        .filter({ has: page.getByText(title, { exact: true }) })
        .first();
      // The palette lists the commands there are when it opens; those of an extension may come a moment later.
      const isRun = await tried(async (timeout) => {
        await page.keyboard.press('F1');
        try {
          // A page that is still loading does not hear the key.
          await quickInputText.fill(`>${title}`, { timeout });
          await row.click({ timeout });
          return true;
        } catch {
          await page.keyboard.press('Escape');
          return false;
        }
      });
      if (!isRun) throw new Error(`The palette has no command “${title}”.`);
    },
    async pick(text) {
      await quickInput.locator('.monaco-list-row').filter({ hasText: text }).first().click();
    },
    async pickByTyping(words) {
      const row = quickInput.locator('.monaco-list-row').filter({ hasText: words }).first();
      // What is typed before the list has opened goes nowhere.
      const isChosen = await tried(async (timeout) => {
        try {
          await quickInputText.fill(words, { timeout });
          await row.click({ timeout });
          return true;
        } catch {
          return false;
        }
      });
      if (!isChosen) throw new Error(`The list has no row “${words}”.`);
    },
    async answer(text) {
      await quickInputText.fill(text);
      await page.keyboard.press('Enter');
    },
    async chooseFromMenu(target, title) {
      const item = page.locator('.monaco-menu .action-menu-item').filter({ hasText: title }).first();
      // A menu is drawn once: what was not ready then stays gray until it is opened again. And a row that is drawn anew under
      // the mouse opens none.
      const isOpen = await tried(async (timeout) => {
        await target.click({ button: 'right' });
        if ((await isIn('visible', item, timeout)) && (await item.isEnabled())) return true;
        await page.keyboard.press('Escape');
        await item.waitFor({ state: 'hidden' });
        return false;
      });
      if (!isOpen) throw new Error(`The menu has no item “${title}”.`);
      // A menu ignores the mouse for its first moments, lest the click that opened it chooses something.
      const isChosen = await tried(async (timeout) => {
        await item.click({ timeout }).catch(() => undefined);
        return isIn('hidden', item, timeout);
      });
      if (!isChosen) throw new Error(`The menu stays open after a click at “${title}”.`);
    },
    async showContainer(name) {
      await page.locator(`.activitybar a.action-label[aria-label^=${JSON.stringify(name)}]`).click();
    },
    row: (text) => page.locator('.tree-explorer-viewlet-tree-view .monaco-list-row').filter({ hasText: text }),
    notification: (text) => page.locator('.notification-toast').filter({ hasText: text }),
    async answerFileDialog(proposal, file, button) {
      // The palette's old text stands in the input until the dialog has put in its proposal, and puts it in once more when it has
      // looked into the folder: then it lists what is there.
      await expect.poll(() => quickInputText.inputValue()).toMatch(proposal);
      await quickInput.locator('.monaco-list-row').getByText('..', { exact: true }).first().waitFor();
      const isAnswered = await tried(async (timeout) => {
        await quickInputText.fill(file);
        await nextFrame(page.locator('body'));
        const isThere = (await quickInputText.inputValue()).replace(/\/$/, '') === file;
        if (isThere)
          await quickInput
            .getByRole('button', { name: button })
            .click({ timeout })
            .catch(() => undefined);
        return isIn('hidden', quickInput, timeout);
      });
      if (!isAnswered) throw new Error(`The dialog for files does not take ${file}.`);
    },
    async pressInDialog(button) {
      await page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: button }).first().click();
    },
    // The outer frame is VS Code's own page, the inner one the extension's.
    webview: () => page.frameLocator('iframe.webview.ready >> nth=-1').frameLocator('iframe#active-frame'),
    useTheme(theme) {
      const file = path.join(folder, '.vscode', 'settings.json');
      const settings: object = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify({ ...settings, 'workbench.colorTheme': theme }));
    },
    async screenshot(name) {
      const shots = path.join(import.meta.dirname, 'shots');
      mkdirSync(shots, { recursive: true });
      const target = path.join(shots, `${name}.png`);
      await page.screenshot({ path: target, animations: 'disabled' });
      return target;
    },
    async close() {
      await browser.close();
      await server.stop();
    },
  };

  try {
    await page.goto(server.folderUrl(folder));
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    return workbench;
  } catch (error) {
    await workbench.screenshot('did-not-open');
    await workbench.close();
    throw error;
  }
}
