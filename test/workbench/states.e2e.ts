/** A person meets each panel when there is nothing to see, while it computes, when something fails, and with names that are too long. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ask } from '../../scripts/dino.mjs';
import { changeNotes } from '../../src/runs/runNotes.js';
import { accessibilityProblems } from './accessibility.js';
import { EMOJI, lookInEveryTheme, SMALL_NETWORK, setArguments, stepsIn } from './person.js';
import { openWorkbench, WINDOW, type Workbench } from './workbench.js';
import { canHoldWorkers, signalWorkers } from './workers.js';

/** Of 80 characters and more, with spaces and other alphabets. */
const LONG = 'a name that goes on and on, 深層学習の画像データセット, до самого конца строки и ещё дальше';
const FOLDER = `classes, ${LONG}`;
const IMAGE = `an image, ${LONG}.png`;
const BROKEN = 'broken.png';
/** Frames without a mask, which go away later. */
const EMPTY = 'empty';
const FRAMES = ['00000.png', '00001.png', '00002.png'];
/** Of 60 characters. */
const CLASSES = [
  'Großschreibung und Umlaute in einem langen Klassennamen, äöüß',
  'картинки с очень длинным названием класса на русском языке',
  'class_without_any_space_in_its_name_which_can_not_be_broken_x',
];
/** A window of the usual size with everything at 200 %: the panel has some 280 pixels, and a scroll bar takes some of them. */
const SMALL_WINDOW = { width: WINDOW.width / 2, height: WINDOW.height / 2 };
const RUNS = ['first', 'second'] as const;

let folder: string;
/** Runs that the workspace does not have yet. */
let aside: string;
let bench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-e2e-'));
  aside = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-aside-'));
  const all = readdirSync(EMOJI);
  CLASSES.forEach((name, at) => {
    mkdirSync(path.join(folder, FOLDER, name), { recursive: true });
    for (const file of all.slice(1000 + 300 * at, 1008 + 300 * at))
      cpSync(path.join(EMOJI, file), path.join(folder, FOLDER, name, file));
  });
  cpSync(path.join(EMOJI, '1f981.png'), path.join(folder, IMAGE));
  writeFileSync(path.join(folder, BROKEN), 'no image');
  mkdirSync(path.join(folder, EMPTY));
  for (const name of FRAMES) cpSync(path.join(EMOJI, '1f981.png'), path.join(folder, EMPTY, name));
  const open = async () => {
    bench = await openWorkbench(folder);
  };
  await Promise.all([open(), train()]);
});

async function train(): Promise<void> {
  const [first, second] = [path.join(aside, 'first'), path.join(aside, 'second')];
  const settings = setArguments({ ...SMALL_NETWORK, epochs: 2, saveckp_freq: 1 });
  await ask(['train', path.join(folder, FOLDER), '--out', first, ...settings]);
  cpSync(first, second, { recursive: true });
  nameRuns(aside, LONG);
}

function nameRuns(runs: string, rest: string): void {
  for (const run of RUNS) changeNotes(path.join(runs, run), { name: `${run} run, ${rest}` });
}

afterAll(async () => {
  try {
    if (canHoldWorkers) signalWorkers('SIGCONT');
  } finally {
    await bench?.close();
    for (const made of [folder, aside]) rmSync(made, { recursive: true, force: true });
  }
});

/** How far a part of the panel lies over the one below it, in pixels. */
const overlap = async (panel: FrameLocator, upper: string, lower: string): Promise<number> => {
  const [above, below] = [
    await panel.locator(upper).first().boundingBox(),
    await panel.locator(lower).first().boundingBox(),
  ];
  if (above === null || below === null) throw new Error(`${upper} or ${lower} is not there.`);
  return Math.max(0, Math.round(above.y + above.height - below.y));
};

/** Nothing is cut off at the right, whatever is in the panel. */
const overflow = (panel: FrameLocator) => panel.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);

/** A panel as it is now: kept, and looked at as axe does. */
async function look(name: string): Promise<void> {
  await bench.screenshot(name);
  expect(await accessibilityProblems(bench.webview()), name).toEqual([]);
}

/** With long names, in the usual window and in a small one. What axe finds does not hang on names: other tests ask it about these panels. */
async function lookInBothWindows(name: string, inSmall: () => Promise<void> = async () => undefined): Promise<void> {
  await bench.screenshot(name);
  await bench.page.setViewportSize(SMALL_WINDOW);
  await expect.poll(() => overflow(bench.webview()), { message: name }).toBe(0);
  await inSmall();
  await bench.screenshot(`${name}-zoomed`);
  await bench.page.setViewportSize(WINDOW);
}

describe('A person', () => {
  const step = stepsIn(() => bench);
  const close = () => bench.runCommand('View: Close All Editors');

  /** Opens a panel from the explorer, looks at it, and closes it. */
  async function meet(file: string, command: string, act: (panel: FrameLocator) => Promise<void>): Promise<void> {
    await bench.chooseFromMenu(bench.file(file), command);
    await act(bench.webview());
    await close();
  }

  /** One sentence and at most one button stand where the image would be. @returns the sentence */
  async function sentenceOf(panel: FrameLocator, buttons: number): Promise<string> {
    const blank = panel.locator('.blank');
    await blank.locator('p').waitFor();
    await expect.poll(() => blank.locator('vscode-button:visible').count()).toBe(buttons);
    const sentence = (await blank.locator('p').textContent()) ?? '';
    expect(sentence).toMatch(/^\p{Lu}.*[.…]$/u);
    return sentence;
  }

  step('is told what is missing where there is no network', async () => {
    await meet(IMAGE, 'Show Attention', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('no checkpoint yet');
      // Without a network there is nothing to set.
      expect(await panel.locator('vscode-dropdown:visible').count()).toBe(0);
      await look('empty-attention');
      await lookInEveryTheme(bench, 'empty-attention');
    });
    await meet(IMAGE, 'Find Similar Images', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('A search needs a network');
      await look('empty-similar');
    });
    await meet(FOLDER, 'Find Copies', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('A search needs a network');
      await look('empty-copies');
    });
    await meet(FOLDER, 'Show Embedding', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('A map needs a network');
      await look('empty-embedding');
    });
    await meet(EMPTY, 'Segment Video Frames…', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('Which objects are to be followed?');
      await look('empty-video');
    });
  });

  step('finds that long names leave the images their room', async () => {
    renameSync(aside, path.join(folder, 'runs'));
    await bench.runCommand('DINO: Refresh Runs');
    await meet(IMAGE, 'Show Attention', async (panel) => {
      await panel.locator('canvas.large').waitFor();
      await lookInBothWindows('long-attention', async () => {
        await expect.poll(() => overlap(panel, '.stage', '.tiles')).toBe(0);
        await expect.poll(() => overlap(panel, '.tiles', '.query')).toBe(0);
        await expect.poll(() => overlap(panel, '.query', '.timeLine')).toBe(0);
      });
    });
    await meet(IMAGE, 'Find Similar Images', async (panel) => {
      await panel.getByRole('option').first().waitFor();
      await expect.poll(() => panel.locator('.result canvas').count()).toBeGreaterThan(5);
      await lookInBothWindows('long-similar');
    });
    await meet(FOLDER, 'Find Copies', async (panel) => {
      await panel.getByRole('slider', { name: 'Similarity from' }).press('Home');
      await panel.locator('.copy canvas').nth(3).waitFor();
      await lookInBothWindows('long-copies');
    });
    await meet(FOLDER, 'Show Embedding', async (panel) => {
      await panel.locator('.legend').waitFor();
      await panel.locator('.work').waitFor({ state: 'hidden' });
      await lookInBothWindows('long-embedding');
    });
    await meet(IMAGE, 'Preview Crops', async (panel) => {
      await panel.locator('.tile canvas').first().waitFor();
      await lookInBothWindows('long-crops');
    });
  });

  step('compares runs with long names: each costs their images a line of text at most', async () => {
    await bench.showContainer('DINO Lab');
    await bench.row('first run').click();
    await bench.webview().locator('figure[data-series="loss"] .readings li').first().waitFor();
    await lookInBothWindows('long-curves');
    await bench.row('second run').click({ modifiers: ['ControlOrMeta'] });
    await bench.chooseFromMenu(bench.row('second run'), 'Compare Selected');
    const panel = bench.webview();
    const canvases = panel.locator('.strip td canvas');
    await expect.poll(() => canvases.count()).toBe(6);
    const side = () => canvases.first().evaluate((canvas) => canvas.clientWidth);
    const sideByLongNames = await side();
    expect(sideByLongNames).toBeGreaterThan(180);
    // The name of each run can be read, and what the run does stands beside or below it.
    const covered = await panel.locator('.runs .run').evaluateAll((runs) =>
      runs.filter((run) => {
        const [name, words] = ['vscode-checkbox', '.description'].map((part) =>
          run.querySelector(part)?.getBoundingClientRect(),
        );
        if (name === undefined || words === undefined) return true;
        return name.width < 100 || (words.left < name.right && words.top + 2 < name.bottom);
      }),
    );
    expect(covered.length).toBe(0);
    await lookInBothWindows('long-compare');
    await bench.page.setViewportSize({ width: WINDOW.width / 2, height: WINDOW.height });
    const scrolled = panel.locator('.attention .scrolled');
    await expect.poll(() => scrolled.evaluate((region) => region.scrollWidth - region.clientWidth)).toBe(0);
    await bench.page.setViewportSize(WINDOW);
    nameRuns(path.join(folder, 'runs'), 'short');
    await bench.runCommand('DINO: Refresh Runs');
    await panel.locator('.strip').getByText('second run, short', { exact: true }).first().waitFor();
    // What a run does goes below a long name: a line less, which the images of both runs share.
    const line = await panel
      .locator('.run .description')
      .first()
      .evaluate((words) => words.clientHeight);
    expect((await side()) - sideByLongNames).toBeLessThanOrEqual(Math.ceil(line / 2));
    await close();
    await bench.showContainer('Explorer');
  });

  const seesWork = async () => {
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
    const attention = bench.webview();
    await attention.locator('canvas.large').waitFor();
    const width = () => attention.locator('canvas.large').evaluate((canvas) => canvas.clientWidth);
    const before = await width();
    expect(signalWorkers('SIGSTOP')).toBeGreaterThan(0);
    await attention.getByRole('slider', { name: 'Network: training steps' }).press('Home');
    await attention.locator('.waiting').waitFor();
    expect(await width(), 'the image does not jump').toBe(before);
    await look('loading-attention-anew');
    await close();
    await meet(IMAGE, 'Show Attention', async (panel) => {
      expect(await sentenceOf(panel, 0)).toBe('Computing the attention…');
      await look('loading-attention');
    });
    await meet(FOLDER, 'Find Copies', async (panel) => {
      await panel.locator('.work').waitFor();
      await look('loading-copies');
    });
    await meet(IMAGE, 'Find Similar Images', async (panel) => {
      await panel.locator('.work').waitFor();
      await look('loading-similar');
    });
    await meet(FOLDER, 'Show Embedding', async (panel) => {
      await panel.locator('.work').waitFor();
      await look('loading-embedding');
    });
    // It is gone while somebody waits for it.
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
    await bench.webview().getByText('Computing the attention…').waitFor();
    signalWorkers('SIGKILL');
    await expect.poll(() => sentenceOf(bench.webview(), 1)).toContain('ended unexpectedly');
    await look('failing-process');
    await bench.webview().getByText('Try Again').click();
    await bench.webview().locator('canvas.large').waitFor();
    await close();
  };
  step('sees that something is being computed, and where it stood before', seesWork, { isPossible: canHoldWorkers });

  step('is told in one sentence what cannot be read', async () => {
    await meet(BROKEN, 'Show Attention', async (panel) => {
      expect(await sentenceOf(panel, 1)).toContain('broken.png cannot be read');
      await look('failing-attention');
    });
    await meet(BROKEN, 'Find Similar Images', async (panel) => {
      await expect.poll(() => sentenceOf(panel, 1)).toContain('broken.png cannot be read');
      await panel.locator('.work').waitFor({ state: 'hidden' });
      await look('failing-similar');
    });
    await meet(BROKEN, 'Preview Crops', async (panel) => {
      await expect.poll(() => sentenceOf(panel, 1)).toContain('broken.png cannot be read');
      await look('failing-crops');
    });
    for (const name of FRAMES) rmSync(path.join(folder, EMPTY, name));
    // No panel opens for it.
    await bench.chooseFromMenu(bench.file(EMPTY), 'Segment Video Frames…');
    await bench.page.locator('.notification-toast', { hasText: 'a video needs at least 2 images' }).waitFor();
    await bench.screenshot('failing-video');
    await bench.runCommand('Notifications: Clear All Notifications');
    await meet(EMPTY, 'Show Embedding', async (panel) => {
      await expect.poll(() => sentenceOf(panel, 1)).toContain('no images');
      await look('failing-embedding');
    });
    await meet(EMPTY, 'Find Copies', async (panel) => {
      await expect.poll(() => sentenceOf(panel, 1)).toContain('no images');
      await look('failing-copies');
    });
  });

  step('sees no curves of a run without a step, and is told why a run failed', async () => {
    const dir = path.join(folder, 'runs', 'third');
    cpSync(path.join(folder, 'runs', 'first'), dir, { recursive: true });
    changeNotes(dir, { name: 'third run' });
    rmSync(path.join(dir, 'metrics.jsonl'));
    await bench.showContainer('DINO Lab');
    // VS Code drops a click on a row that it writes anew meanwhile, as it does while the folder changes.
    const isOpen = async () => {
      await bench.row('third run').click();
      return bench.webview().getByText('The first step has not been made yet.').isVisible();
    };
    await expect.poll(isOpen, { interval: 2_000 }).toBe(true);
    await look('empty-curves');
    const record = path.join(dir, 'run.json');
    const { status, ...rest } = JSON.parse(readFileSync(record, 'utf8'));
    expect(status).toBe('finished');
    writeFileSync(record, JSON.stringify({ ...rest, status: 'failed', error: 'There is no room on the disk.' }));
    await bench.runCommand('DINO: Refresh Runs');
    await bench.webview().getByRole('alert').filter({ hasText: 'third run: There is no room on the disk.' }).waitFor();
    await look('failing-curves');
    await close();
    rmSync(dir, { recursive: true });
    await bench.showContainer('Explorer');
  });

  step('is told that all checkpoints were deleted', async () => {
    await bench.chooseFromMenu(bench.file(IMAGE), 'Show Attention');
    await bench.webview().locator('canvas.large').waitFor();
    for (const run of RUNS) rmSync(path.join(folder, 'runs', run, 'checkpoints'), { recursive: true });
    await bench.runCommand('DINO: Refresh Runs');
    await expect.poll(() => sentenceOf(bench.webview(), 1)).toContain('no checkpoint yet');
    await look('failing-checkpoints');
  });
});
