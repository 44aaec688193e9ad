/** What the host has answered, kept so that going back to it costs nothing. */
import { LRUCache } from 'lru-cache';
import { shownRatio } from '../../src/attention/shownShape.js';
import {
  answerSchema,
  ask,
  askPatches,
  type PatchesQuestion,
  patchesAnswerSchema,
  type Question,
} from '../../src/protocol/attentionPanel.js';
import { request } from '../shared/host.js';
import { type Look, lookOf } from '../shared/look.js';
import { bytesOfPatches, type PatchesLook, patchesLookOf } from './patchesLook.js';
import type { Seen } from './sides.js';

const KEPT_BYTES = 200 * 2 ** 20;

const bytesOf = (look: Seen): number => {
  switch (look.kind) {
    case 'attention':
      return look.image.byteLength + look.queries.byteLength + look.keys.byteLength;
    case 'activations':
      return look.image.byteLength + look.activations.byteLength;
    case 'patches':
      return bytesOfPatches(look);
  }
};

const emptyCache = <L extends Seen>() => new LRUCache<string, L>({ maxSize: KEPT_BYTES, sizeCalculation: bytesOf });

class Looks<Q, L extends Seen> {
  #kept = emptyCache<L>();
  #version = 0;

  /** @param ask the host, of which the answer is kept */
  constructor(private readonly ask: (question: Q) => Promise<L>) {}

  /** Another number when the image has become another one. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error with the host's sentence */
  async of(question: Q): Promise<L> {
    const key = JSON.stringify(question);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const into = this.#kept;
    const look = await this.ask(question);
    into.set(key, look);
    return look;
  }

  /** The image is another one now. Answers that are under way are not kept either. */
  forget(): void {
    this.#kept = emptyCache();
    this.#version++;
  }
}

export const insightLooks = (): Looks<Question, Look> =>
  new Looks(async (question) => lookOf(await request(ask, answerSchema, question)));

export const patchesLooks = (): Looks<PatchesQuestion, PatchesLook> =>
  new Looks(async (question) => patchesLookOf(await request(askPatches, patchesAnswerSchema, question)));

/** As large as the image in the answer, in a shape that patches can be pointed at in. */
export function shownSize({ original, width, height }: Pick<Look, 'original' | 'width' | 'height'>): {
  readonly width: number;
  readonly height: number;
} {
  const ratio = shownRatio(original);
  const longer = Math.max(width, height);
  return { width: Math.round(longer * Math.min(1, ratio)), height: Math.round(longer / Math.max(1, ratio)) };
}
