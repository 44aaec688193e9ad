/** What the host has answered, kept so that going back to it costs nothing. */
import { LRUCache } from 'lru-cache';
import { shownRatio } from '../../src/attention/shownShape.js';
import { answerSchema, ask, type Question } from '../../src/protocol/attentionPanel.js';
import { request } from '../shared/host.js';
import { type Look, lookOf } from '../shared/look.js';

const KEPT_BYTES = 200 * 2 ** 20;

const emptyCache = () =>
  new LRUCache<string, Look>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (look) => look.image.byteLength + bytesOf(look),
  });

const bytesOf = (look: Look): number =>
  look.kind === 'attention' ? look.queries.byteLength + look.keys.byteLength : look.activations.byteLength;

export class Looks {
  #kept = emptyCache();
  #version = 0;

  /** Another number when the image has become another one. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error with the host's sentence */
  async of(question: Question): Promise<Look> {
    const key = JSON.stringify(question);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const into = this.#kept;
    const look = lookOf(await request(ask, answerSchema, question));
    into.set(key, look);
    return look;
  }

  /** The image is another one now. Answers that are under way are not kept either. */
  forget(): void {
    this.#kept = emptyCache();
    this.#version++;
  }
}

/** As large as the image in the answer, in a shape that patches can be pointed at in. */
export function shownSize({ original, width, height }: Look): { readonly width: number; readonly height: number } {
  const ratio = shownRatio(original);
  const longer = Math.max(width, height);
  return { width: Math.round(longer * Math.min(1, ratio)), height: Math.round(longer / Math.max(1, ratio)) };
}
