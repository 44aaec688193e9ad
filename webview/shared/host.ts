/** The extension host, as a page sees it: messages that are checked, and a state that survives hiding and reloading. */
import { HOST_EXTENSION, type NotificationType, type RequestType } from 'vscode-messenger-common';
import { Messenger } from 'vscode-messenger-webview';
import { z } from 'zod';
import { CodedError, isErrorCode } from '../../src/errors/codedError.js';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

// The page's policy forbids the code that zod would otherwise generate.
z.config({ jitless: true });

const api = acquireVsCodeApi();
const messenger = new Messenger(api);

/** Handles a notification; one of another form is an error in the console. */
export function onMessage<S extends z.ZodType>(
  type: NotificationType<z.output<S>>,
  schema: S,
  handle: (message: z.output<S>) => void,
): void {
  messenger.onNotification<unknown>({ method: type.method }, (message) => handle(schema.parse(message)));
}

const beginnings: (() => void)[] = [];

/** To be done once the page is there: what a part of it says before would be lost. */
export function onStart(begin: () => void): void {
  beginnings.push(begin);
}

/** Says that the page is there: messages sent before would be lost. To be called when all handlers are in place. */
export function start(ready: NotificationType<void>): void {
  messenger.start();
  messenger.sendNotification(ready, HOST_EXTENSION);
  for (const begin of beginnings) begin();
}

export function tell<P>(type: NotificationType<P>, message: P): void {
  messenger.sendNotification(type, HOST_EXTENSION, message);
}

/** @throws Error with the host's sentence; a CodedError where it has a code */
export async function request<P, S extends z.ZodType>(
  type: RequestType<P, z.output<S>>,
  schema: S,
  message: P,
): Promise<z.output<S>> {
  try {
    return schema.parse(await messenger.sendRequest<P, unknown>({ method: type.method }, HOST_EXTENSION, message));
  } catch (error) {
    if (error instanceof Error) throw error;
    const { message, data: code } = rejectionSchema.safeParse(error).data ?? { message: String(error) };
    throw isErrorCode(code) ? new CodedError(message, code) : new Error(message);
  }
}

const rejectionSchema = z.object({ message: z.string(), data: z.unknown().optional() });

/** What the page keeps: what it was last set to, or the defaults where that is of an earlier version. */
export class PersistedState<S extends z.ZodObject> {
  #value: z.output<S>;

  constructor(schema: S, defaults: z.output<S>) {
    const { data } = schema.safeParse(api.getState());
    this.#value = data ?? defaults;
  }

  get value(): z.output<S> {
    return this.#value;
  }

  set(change: Partial<z.output<S>>): void {
    this.#value = { ...this.#value, ...change };
    api.setState(this.#value);
  }
}
