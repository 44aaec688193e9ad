/** One child process: its start, its connection, and its end, wanted or not. */

import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import treeKill from 'tree-kill';
import type * as vscode from 'vscode';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { version } from '../../package.json';
import { log, type Ready, ready } from '../protocol/worker.js';
import { Disposable } from './disposable.js';
import { findNode } from './nodeRuntime.js';
import { StderrTail } from './stderrTail.js';

/** Loading the engines takes about a second; a cold disk or a virus scanner makes that many. */
const READY_TIMEOUT_MS = 60_000;
/** After SIGTERM, and after the channel was closed with a run under way (which is saved within 30 s). */
const SIGTERM_GRACE_MS = 2000;
const DISCONNECT_GRACE_MS = 31_000;

export interface ChildExit {
  /** `disposed`: we ended it. `crashed`: it ended by itself. */
  readonly kind: 'disposed' | 'crashed';
  /** In words: `exit code 1`, `signal SIGKILL`. */
  readonly how: string;
  readonly stderr: readonly string[];
}

export interface ChildOptions {
  /** The bundled worker. */
  readonly file: string;
  /** The setting `dino.nodePath`. */
  readonly nodePath: string;
  /** The folder for what belongs to the machine, such as engines that were installed. */
  readonly storage: string;
  /** What the log calls it. */
  readonly name: string;
  readonly output: vscode.LogOutputChannel;
}

export class Child extends Disposable {
  readonly #process: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #stderr = new StderrTail();
  #isEnding = false;

  readonly pid: number;
  /** Settled when the process has gone; never rejects. */
  readonly exited: Promise<ChildExit>;

  /**
   * Starts a process and waits until it is ready.
   * @throws Error with its last words when it does not come up
   */
  static async start(options: ChildOptions): Promise<Child> {
    const node = await findNode(options.nodePath);
    const child = new Child(options, node.execPath, node.env);
    try {
      const { pid, node: version } = await child.#whenReady();
      options.output.debug(`${options.name}: process ${pid} is ready on ${node.description}, ${version}`);
      return child;
    } catch (error) {
      child.dispose();
      throw error;
    }
  }

  private constructor(
    private readonly options: ChildOptions,
    execPath: string,
    env: NodeJS.ProcessEnv,
  ) {
    super();
    const { file, name, output, storage } = options;
    this.#process = fork(file, [], {
      execPath,
      execArgv: [],
      env: { ...childEnvironment(), DINO_STORAGE: storage, ...env },
      // Typed arrays travel as they are.
      serialization: 'advanced',
      silent: true,
    });
    this.pid = this.#process.pid ?? 0;
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr.append(text);
      output.warn(`${name}: ${text.trimEnd()}`);
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => output.debug(`${name}: ${text.trimEnd()}`));
    this.exited = new Promise((resolve) => {
      const end = (how: string) =>
        resolve({ kind: this.#isEnding ? 'disposed' : 'crashed', how, stderr: this.#stderr.lines });
      this.#process.once('error', (error) => {
        // `error` also tells of a message that could not be sent, while the process lives on.
        if (this.#process.pid === undefined) end(error.message);
      });
      // `close` comes when stderr has been read to its end, too.
      this.#process.once('close', (code, signal) =>
        end(signal === null ? l10n.t('exit code {0}', `${code}`) : l10n.t('signal {0}', signal)),
      );
    });

    this.#connection = createMessageConnection(
      new IPCMessageReader(this.#process),
      new IPCMessageWriter(this.#process),
    );
    this._register(this.#connection.onNotification(log, ({ level, message }) => output[level](`${name}: ${message}`)));
    this._register({ dispose: () => this.#end() });
    this._register(this.#connection);
    void this.exited.then(({ kind, how }) => {
      output[kind === 'crashed' ? 'error' : 'debug'](`${name}: process ${this.pid} ended (${how})`);
      this.#connection.dispose();
    });
  }

  /** Requests and notifications of `protocol/worker.ts`. */
  get connection(): MessageConnection {
    return this.#connection;
  }

  /** From here on an exit is no crash. */
  expectExit(): void {
    this.#isEnding = true;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** SIGTERM, then the whole tree of processes is killed. */
  async kill(): Promise<void> {
    this.expectExit();
    if (this.hasExited) return;
    this.#process.kill('SIGTERM');
    await this.#killUnlessGoneAfter(SIGTERM_GRACE_MS);
  }

  /** Closing the channel tells the child to save what it trains, and to go. */
  #end(): void {
    this.expectExit();
    if (this.hasExited) return;
    if (this.#process.connected) this.#process.disconnect();
    void this.#killUnlessGoneAfter(DISCONNECT_GRACE_MS);
  }

  async #killUnlessGoneAfter(graceMs: number): Promise<void> {
    const isGone = await Promise.race([this.exited.then(() => true), delay(graceMs, false, { ref: false })]);
    if (isGone) return;
    this.options.output.warn(`${this.options.name}: process ${this.pid} does not end and is killed`);
    treeKill(this.pid, 'SIGKILL');
  }

  #whenReady(): Promise<Ready> {
    const { name, file } = this.options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(l10n.t('The process for {0} did not answer within {1} s.', name, READY_TIMEOUT_MS / 1000))),
        READY_TIMEOUT_MS,
      );
      const settled = this.#connection.onNotification(ready, (message) => {
        clearTimeout(timer);
        settled.dispose();
        if (message.version === version) resolve(message);
        else
          reject(
            new Error(l10n.t('{0} is of another version of DINO Lab: reload the window, or install it again.', file)),
          );
      });
      void this.exited.then(({ how, stderr }) => {
        clearTimeout(timer);
        const words = stderr.at(-1);
        reject(new Error(l10n.t('The process for {0} did not start ({1}{2}).', name, how, words ? `: ${words}` : '')));
      });
      this.#connection.listen();
    });
  }
}

/** Without what the extension host and its debugger put there for themselves. */
function childEnvironment(): NodeJS.ProcessEnv {
  const own = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_INSPECT)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
