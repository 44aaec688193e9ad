// npm run test:extension: the Mocha suite of test/extension in the extension host of a real VS Code server.
// Exit code 0 only when the suite ran to its end, had tests, and all passed: a crash or a hang is a failure.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { root } from '../../scripts/setup.mjs';
import { patience } from '../patience.mjs';
import { browserOptions } from './browser.mjs';
import { startServer } from './server.mjs';

/** @typedef {import('../extension/index.js').TestEvent} TestEvent */

const reportFile = path.join(root, 'build', 'test-results', 'extension.jsonl');

/** Opens an empty folder with the suite as its payload. @returns {Promise<string>} How it ended, in words. */
async function runSuite() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dino-lab-extension-tests-'));
  const server = await startServer({ forTests: true, env: { EXTENSION_TEST_REPORT: reportFile } });
  const browser = await chromium.launch(await browserOptions());
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    if (process.env['VERBOSE']) page.on('console', (message) => console.log(`    ${message.text()}`));
    /** @type {(how: string) => void} */
    let end = () => {};
    /** @type {Promise<string>} */
    const ended = new Promise((resolve) => {
      end = resolve;
    });
    page.once('crash', () => end('the page crashed'));
    await page.exposeFunction('codeAutomationExit', () => end('the extension host ended'));
    await page.exposeFunction('codeAutomationLog', () => {});
    const payload = [
      ['extensionDevelopmentPath', server.remoteUri(root)],
      ['extensionTestsPath', server.remoteUri(path.join(root, 'dist', 'test', 'extension', 'index.cjs'))],
      ['skipWelcome', 'true'],
    ];
    await page.goto(`${server.folderUrl(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
    const late = `no end within ${patience.suite / 60_000} minutes`;
    return await Promise.race([ended, delay(patience.suite, late, { ref: false })]);
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns {TestEvent[]} What the suite has reported so far; a line that is still being written waits. */
function readEvents() {
  if (!existsSync(reportFile)) return [];
  const lines = readFileSync(reportFile, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** @returns {() => void} Prints what has been reported since the last call. */
function printer() {
  let printed = 0;
  return () => {
    const events = readEvents();
    for (const event of events.slice(printed)) {
      if (event.event === 'pass') console.log(`  ✓ ${event.test}`);
      if (event.event === 'skip') console.log(`  - ${event.test}`);
      if (event.event === 'fail') console.log(`  ✗ ${event.test}\n${event.message.replace(/^/gm, '      ')}`);
    }
    printed = events.length;
  };
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
mkdirSync(path.dirname(reportFile), { recursive: true });
rmSync(reportFile, { force: true });

const print = printer();
const timer = setInterval(print, 200);
const how = await runSuite();
clearInterval(timer);
print();

const events = readEvents();
const last = events.at(-1);
if (last?.event === 'end') {
  console.log(`${last.passed} passed, ${last.failed} failed, ${last.skipped} skipped`);
  if (last.passed + last.failed === 0) console.log('There is no test in test/extension.');
  process.exitCode = last.failed === 0 && last.passed > 0 ? 0 : 1;
} else {
  const during = last?.event === 'start' ? `during “${last.test}”` : 'outside any test';
  console.log(`The suite did not come to its end: ${how}, ${during}. VERBOSE=1 shows the workbench's log.`);
  process.exitCode = 1;
}
