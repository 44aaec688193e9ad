/** Which Node the child processes run on: a plain one where there is one, else the one inside VS Code. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as l10n from '@vscode/l10n';

export interface NodeRuntime {
  readonly execPath: string;
  /** Added to the child's environment. */
  readonly env: NodeJS.ProcessEnv;
  /** For the log. */
  readonly description: string;
}

const OLDEST_MAJOR = 20;
const VERSION_TIMEOUT_MS = 60_000;
const run = promisify(execFile);

/**
 * The Node that the setting names, else the one on PATH, else VS Code's own runtime (which has a 4 GB heap and copies
 * tensors that a plain Node shares with native code, so it comes last).
 * @throws Error when the setting names something that is no Node, or too old a one
 */
export async function findNode(configured: string): Promise<NodeRuntime> {
  if (configured !== '') {
    const version = await versionOf(configured);
    if (version === undefined)
      throw new Error(
        l10n.t('The setting dino.nodePath is {0}, which does not run as Node: correct or clear it.', configured),
      );
    if (!isRecent(version))
      throw new Error(
        l10n.t(
          'The setting dino.nodePath is Node {0}, but {1} or later is needed: correct or clear it.',
          version,
          OLDEST_MAJOR,
        ),
      );
    return plainNode(configured, version);
  }
  const version = await versionOf('node');
  if (version !== undefined && isRecent(version)) return plainNode('node', version);
  return {
    execPath: process.execPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
    description: l10n.t("VS Code's own Node {0}", process.versions.node),
  };
}

const plainNode = (execPath: string, version: string): NodeRuntime => ({
  execPath,
  env: {},
  description: l10n.t('Node {0} ({1})', version, execPath),
});

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return /^v(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1];
  } catch {
    return undefined; // No such program, or none that answers: the next choice is tried.
  }
}

const isRecent = (version: string): boolean => Number.parseInt(version, 10) >= OLDEST_MAJOR;
