/** What the tests of all panels have a person do: a step after the other, and a look at a panel in every theme. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { expect, it, onTestFailed } from 'vitest';
import { root } from '../../scripts/setup.mjs';
import { accessibilityProblems } from './accessibility.js';
import { nextFrame, WINDOW, type Workbench } from './workbench.js';

const DARK_THEME = 'Default Dark Modern';
const OTHER_THEMES = [
  ['Default Light Modern', 'light'],
  ['Default High Contrast', 'contrast'],
  ['Default High Contrast Light', 'contrast-light'],
] as const;

/** Images to train on: emoji, 64 pixels wide. */
export const EMOJI = path.join(root, 'node_modules', 'emoji-datasource-twitter', 'img', 'twitter', '64');

/** Settings of a network so small that a step takes a moment. */
export const SMALL_NETWORK = {
  embed_dim: 96,
  depth: 3,
  num_heads: 3,
  patch_size: 8,
  image_size: 64,
  local_size: 32,
  local_crops_number: 2,
  out_dim: 256,
  head_hidden_dim: 128,
  head_bottleneck_dim: 64,
  batch_size: 16,
} as const;

/** `dino train`'s arguments for settings. */
export const setArguments = (settings: Readonly<Record<string, number>>): string[] =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** Makes the folder `images` in another, with so many emoji from one on. */
export function putImages(folder: string, count: number, first = 0): void {
  const images = path.join(folder, 'images');
  mkdirSync(images);
  for (const file of readdirSync(EMOJI).slice(first, first + count))
    cpSync(path.join(EMOJI, file), path.join(images, file));
}

/** A step of a person, in a test of its own; when it fails, what the window showed is kept, and those after it are skipped. */
export type Step = (name: string, act: (panel: FrameLocator) => Promise<void>, where?: StepPlace) => void;

interface StepPlace {
  /** Whether it can be taken on this system: else it is reported as skipped. */
  readonly isPossible: boolean;
}

/** @param bench the workbench that is open when the steps are gone; each step is given the webview that was opened last. */
export function stepsIn(bench: () => Workbench): Step {
  let failed: string | undefined;
  return (name, act, { isPossible } = { isPossible: true }) =>
    it.skipIf(!isPossible)(name, async ({ skip }) => {
      if (failed !== undefined) skip(`it goes on where “${failed}” failed`);
      onTestFailed(async () => {
        failed ??= name;
        await bench().screenshot(`failed-${name.replaceAll(' ', '-')}`);
      });
      await act(bench().webview());
    });
}

/** Unfolds what is set now and then in a panel of one image. */
export async function openDisplay(panel: FrameLocator): Promise<void> {
  const closed = panel.getByRole('button', { name: 'Display', expanded: false });
  if ((await closed.count()) > 0) await closed.click();
  await panel.getByRole('button', { name: 'Display', expanded: true }).waitFor();
}

/**
 * Looks at the panel that was opened last in each theme and in a narrow window, and keeps a screenshot of each (`<name>-light` …). axe must
 * find nothing serious, and nothing may be cut off. Begins and ends in the dark theme and the usual window.
 */
export async function lookInEveryTheme(bench: Workbench, name: string): Promise<void> {
  const body = bench.webview().locator('body');
  const background = () =>
    body.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).backgroundColor);
  let before = await background();
  const changeTheme = async (theme: string) => {
    bench.useTheme(theme);
    await expect.poll(background).not.toBe(before);
    before = await background();
    // What is drawn on a canvas follows with the next frame.
    await nextFrame(body);
  };
  for (const [theme, suffix] of OTHER_THEMES) {
    await changeTheme(theme);
    await bench.screenshot(`${name}-${suffix}`);
    expect(await accessibilityProblems(bench.webview()), theme).toEqual([]);
  }
  await changeTheme(DARK_THEME);
  await bench.page.setViewportSize({ width: WINDOW.width / 2, height: WINDOW.height });
  await bench.screenshot(`${name}-narrow`);
  const isWider = await body.evaluate((element) => element.scrollWidth > element.clientWidth);
  expect(isWider, 'nothing is cut off').toBe(false);
  await bench.page.setViewportSize(WINDOW);
}

/** Nothing may run in a panel but its own script, and nothing may be loaded but its own styles and fonts. */
export async function expectStrictPolicy(panel: FrameLocator): Promise<void> {
  const policy = await panel.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const directives = new Map(
    (policy ?? '').split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/);
      return [name, sources.join(' ')];
    }),
  );
  expect([...directives.keys()]).toEqual(['default-src', 'script-src', 'style-src', 'font-src']);
  expect(directives.get('default-src')).toBe("'none'");
  expect(directives.get('script-src')).toMatch(/^'nonce-[\w+/]{22}=='$/);
  for (const name of ['style-src', 'font-src']) expect(directives.get(name)).toMatch(/^'self' https:\/\/\S+$/);
}
