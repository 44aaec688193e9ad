/** What a person does in VS Code, in a real browser: opens a folder, runs a command, clicks in a menu, looks into a panel. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { root } from '../../scripts/setup.mjs';
import { browserOptions } from './browser.mjs';
import { type ServerOptions, startServer } from './server.mjs';

const patienceMs = 30_000;
export const WINDOW = { width: 1280, height: 800 };

export interface Workbench {
  readonly page: Page;
  /** Runs a command by its title, e.g. `DINO: Start Training`, from the palette. */
  runCommand(title: string): Promise<void>;
  /** Chooses the item of the open quick pick that holds this text. */
  pick(text: string | RegExp): Promise<void>;
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
  /** Presses a button of a modal dialog. */
  pressInDialog(button: string): Promise<void>;
  /** The document inside the webview that was opened last. */
  webview(): FrameLocator;
  /** Another colour theme, by a setting of the folder; its other settings stay. */
  useTheme(theme: string): void;
  /** Keeps a picture of the window in test/workbench/shots; returns its path. */
  screenshot(name: string): Promise<string>;
  close(): Promise<void>;
}

/** The extension as `npm run package` left it. */
export function packagedExtension(): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return path.join(root, `dino-lab-${version}.vsix`);
}

/** Starts a server with the packaged extension installed, and a browser that shows the folder. */
export async function openWorkbench(folder: string, options: ServerOptions = {}): Promise<Workbench> {
  const server = await startServer({ vsix: [packagedExtension()], ...options });
  const browser = await chromium.launch(await browserOptions());
  const page = await browser.newPage({ viewport: WINDOW });
  page.setDefaultTimeout(patienceMs);

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
      for (const end = Date.now() + patienceMs; ; await page.keyboard.press('Escape')) {
        await page.keyboard.press('F1');
        // A page that is still loading does not hear the key.
        const isOpen = quickInputText.fill(`>${title}`, { timeout: 3000 });
        const isThere = await isOpen
          .then(() => row.click({ timeout: 3000 }))
          .then(
            () => true,
            () => false,
          );
        if (isThere) break;
        if (Date.now() > end) throw new Error(`The palette has no command “${title}”.`);
      }
    },
    async pick(text) {
      await quickInput.locator('.monaco-list-row').filter({ hasText: text }).first().click();
    },
    async answer(text) {
      await quickInputText.fill(text);
      await page.keyboard.press('Enter');
    },
    async chooseFromMenu(target, title) {
      const item = page.locator('.monaco-menu .action-menu-item').filter({ hasText: title }).first();
      const isReady = () =>
        item.waitFor({ timeout: 3000 }).then(
          () => item.isEnabled(),
          () => false,
        );
      await target.click({ button: 'right' });
      // A menu is drawn once: what was not ready then stays gray until it is opened again. And a row that is drawn anew under
      // the mouse opens none.
      while (!(await isReady())) {
        await page.keyboard.press('Escape');
        await item.waitFor({ state: 'hidden' });
        await target.click({ button: 'right' });
      }
      // A menu ignores the mouse for its first 100 ms, lest the click that opened it chooses something.
      await page.waitForTimeout(300);
      await item.click();
      await item.waitFor({ state: 'hidden' });
    },
    async showContainer(name) {
      await page.locator(`.activitybar a.action-label[aria-label^=${JSON.stringify(name)}]`).click();
    },
    row: (text) => page.locator('.tree-explorer-viewlet-tree-view .monaco-list-row').filter({ hasText: text }),
    notification: (text) => page.locator('.notification-toast').filter({ hasText: text }),
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
