/** What the host has answered, kept so that going back to it costs nothing. */
import { LRUCache } from 'lru-cache';
import type { AttentionMaps } from '../../src/attention/attentionMaps.js';
import { attentionOf, type QueriesAndKeys, type Query } from '../../src/attention/queriesAndKeys.js';
import { shownRatio } from '../../src/attention/shownShape.js';
import { type Answer, answerSchema, ask, type Question } from '../../src/protocol/attentionPanel.js';
import { request } from '../shared/host.js';

/** A picture as one block of a network sees it. */
export type Look = QueriesAndKeys & Omit<Answer, 'queries' | 'keys' | 'picture'> & { readonly picture: Uint8Array };

const KEPT_BYTES = 200 * 2 ** 20;

const emptyCache = () =>
  new LRUCache<string, Look>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ queries, keys, picture }) => queries.byteLength + keys.byteLength + picture.byteLength,
  });

export class Looks {
  #kept = emptyCache();
  #version = 0;

  /** Another number when the picture has become another one. */
  get version(): number {
    return this.#version;
  }

  /** @throws Error with the host's sentence */
  async of(question: Question): Promise<Look> {
    const key = JSON.stringify(question);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const into = this.#kept;
    const { queries, keys, picture, ...answer } = await request(ask, answerSchema, question);
    const look: Look = {
      ...answer,
      queries: new Float32Array(queries),
      keys: new Float32Array(keys),
      picture: new Uint8Array(picture),
    };
    into.set(key, look);
    return look;
  }

  /** The picture is another one now. Answers that are under way are not kept either. */
  forget(): void {
    this.#kept = emptyCache();
    this.#version++;
  }
}

/** The square that the network sees, drawn out to the shape of the picture. */
export function shownSize({ original, width, height }: Look): { readonly width: number; readonly height: number } {
  const ratio = shownRatio(original);
  return { width: Math.round(width * Math.max(1, ratio)), height: Math.round(height / Math.min(1, ratio)) };
}

/** What one query attends to. */
export const mapsOf = (look: Look, query: Query): AttentionMaps => ({ ...look, attention: attentionOf(look, query) });
