import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import { root, run } from '../../scripts/setup.mjs';
import { patience } from '../patience.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * A Chromium to drive: the one that the environment variable CHROMIUM names, an installed one, one that the system's
 * package manager installs, or playwright's own download, in this order.
 * @returns {Promise<string>} Its path.
 * @throws when none can be had.
 */
async function findBrowser() {
  const named = process.env['CHROMIUM'];
  if (named) {
    if (!starts(named)) throw new Error(`CHROMIUM is ${named}, which does not start. Name a Chromium, or unset it.`);
    return named;
  }
  return installedBrowser() ?? (await installByApt()) ?? (await download());
}

/** @returns {string | undefined} */
function installedBrowser() {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...onPath, ...places, chromium.executablePath()].filter(existsSync).find(starts);
}

/** Some systems have a `chromium` that only tells how to get one. Windows's prints nothing, so there the file is enough. */
function starts(/** @type {string} */ file) {
  if (process.platform === 'win32') return existsSync(file);
  return spawnSync(file, ['--version'], { timeout: patience.state }).status === 0;
}

async function installByApt() {
  if (spawnSync('apt-get', ['--version']).status !== 0) return undefined;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (/** @type {string[]} */ ...args) => {
    const [program = '', ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  console.log('Installing chromium with apt-get …');
  try {
    apt('update');
    apt('install', '-y', '--no-install-recommends', 'chromium');
  } catch (error) {
    console.log(`apt-get could not: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
  }
  return installedBrowser();
}

async function download() {
  console.log('Downloading chromium with playwright …');
  await run(process.execPath, [path.join(root, 'node_modules', 'playwright-core', 'cli.js'), 'install', 'chromium']);
  return chromium.executablePath();
}

/**
 * How to start it: without its sandbox, which containers do not allow, and with a GPU in software, for webviews.
 * @returns {Promise<import('playwright-core').LaunchOptions>}
 */
export async function browserOptions() {
  return { executablePath: await findBrowser(), args: ['--no-sandbox', '--enable-unsafe-webgpu'] };
}
