/** A network for images of whatever size: what is compiled is made for one size, so a few of them are kept. */
import { LRUCache } from 'lru-cache';
import type { Planes } from '../data/bilinear.js';
import type { Engine, Session } from '../engines/engine.js';
import type { BackboneSpec } from '../method/backbones/index.js';
import type { ImageBatch } from '../method/features.js';
import type { NamedHostTensors, Program } from '../program/program.js';
import type { LoadedNetwork } from '../runs/network.js';
import { backboneWeights } from './backboneWeights.js';

/** Each has the weights. */
const KEPT_SESSIONS = 6;

export class SizedNetwork {
  readonly #ending = new Set<Promise<void>>();
  readonly #sessions = new LRUCache<string, Session>({
    max: KEPT_SESSIONS,
    dispose: (session) => this.#ending.add(session.dispose()),
  });
  readonly #weights: NamedHostTensors;

  constructor(
    private readonly engine: Engine,
    private readonly network: LoadedNetwork,
    private readonly programOf: (backbone: BackboneSpec, size: ImageBatch) => Program,
  ) {
    this.#weights = backboneWeights(network);
  }

  /**
   * One image at a time, for calls of a session must not overlap.
   * @param image normalized
   */
  async run({ data, planes, height, width }: Planes): Promise<NamedHostTensors> {
    const session = await this.#session({ batch: 1, height, width });
    return session.call({
      images: { shape: [1, planes, height, width], dtype: 'float32', data: Float32Array.from(data) },
    });
  }

  async dispose(): Promise<void> {
    this.#sessions.clear();
    await Promise.all(this.#ending);
  }

  async #session(size: ImageBatch): Promise<Session> {
    const key = `${size.height} x ${size.width}`;
    const kept = this.#sessions.get(key);
    if (kept !== undefined) return kept;
    const session = await this.engine.compile(this.programOf(this.network.backbone, size), this.#weights);
    this.#sessions.set(key, session);
    return session;
  }
}

/** One of a program's results as floats. */
export function floatsOf(outputs: NamedHostTensors, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`the network gave no ${name}`);
  return data;
}
