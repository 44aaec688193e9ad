/** Attention of single pictures, by networks that stay loaded and compiled for the next picture. */

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { attentionInput } from '../data/evaluationTransform.js';
import { readPicture } from '../data/picture.js';
import { chooseEngine } from '../engines/choose.js';
import type { EngineName, Session } from '../engines/engine.js';
import { attentionProgram } from '../method/features.js';
import type { HostTensor } from '../method/program.js';
import type { VitSpec } from '../method/specification.js';
import type { AttentionAnswer, AttentionRequest } from '../protocol/worker.js';
import { checkpointFolderOf } from '../runs/checkpoint.js';
import { loadNetwork } from '../runs/weights.js';
import { backboneOf } from './backbone.js';

/** What is asked of a network: the request of the extension, and what only the command line says. */
export interface AttentionQuestion extends AttentionRequest {
  readonly engine?: EngineName | 'auto';
  /** The network's attention heads, where the file does not tell. */
  readonly numHeads?: number;
}

interface CompiledModel {
  readonly vit: VitSpec;
  readonly session: Session;
  readonly name: string;
  readonly step?: number;
}

/** Sessions of large networks take hundreds of megabytes each. */
const KEPT_MODELS = 3;

export class AttentionModels {
  /** By what was asked for, the least recently used first. */
  readonly #models = new Map<string, Promise<CompiledModel>>();
  /** Calls of one session must not overlap, and there is one processor to share anyway. */
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @throws Error with one sentence when the checkpoint or the picture cannot be read
   */
  attention(question: AttentionQuestion): Promise<AttentionAnswer> {
    const answer = this.#queue.then(() => this.#answer(question));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  async dispose(): Promise<void> {
    for (const key of [...this.#models.keys()]) await this.#drop(key);
  }

  async #answer(question: AttentionQuestion): Promise<AttentionAnswer> {
    const { vit, session, name, step } = await this.#model(question);
    const picture = await readPicture(question.image, basename(question.image), vit.inChans);
    const { input, pixels, width, height } = attentionInput(
      picture,
      question.resolution ?? vit.imageSize,
      vit.patchSize,
    );
    const outputs = await session.call({
      images: { shape: [1, vit.inChans, height, width], dtype: 'float32', data: input },
    });
    return {
      heads: vit.numHeads,
      rows: height / vit.patchSize,
      columns: width / vit.patchSize,
      attention: clsAttention(outputs['attention']),
      picture: toRgb(pixels, vit.inChans),
      width,
      height,
      checkpointName: name,
      ...(step !== undefined && { step }),
    };
  }

  #model(question: AttentionQuestion): Promise<CompiledModel> {
    const key = JSON.stringify([
      identityOf(question.checkpoint),
      question.resolution,
      question.engine,
      question.numHeads,
    ]);
    const model = this.#models.get(key) ?? compileModel(question);
    this.#models.delete(key);
    this.#models.set(key, model);
    // A model that could not be loaded is tried again when it is asked for again.
    model.catch(() => this.#models.delete(key));
    const oldest = this.#models.keys().next().value;
    if (this.#models.size > KEPT_MODELS && oldest !== undefined) void this.#drop(oldest).catch(() => undefined);
    return model;
  }

  async #drop(key: string): Promise<void> {
    const model = this.#models.get(key);
    this.#models.delete(key);
    await (await model)?.session.dispose();
  }
}

/** Changes when a path comes to mean other weights: a run goes on, or a file is replaced. */
function identityOf(checkpoint: string): string {
  const stat = statSync(checkpoint, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile()) return `${checkpoint} ${stat?.mtimeMs}`;
  const folder = checkpointFolderOf(checkpoint);
  return `${folder} ${statSync(folder).mtimeMs}`;
}

/** All heads' tokens times tokens, in float32: 1 GiB. */
const MOST_ATTENTION_WEIGHTS = 2 ** 28;

async function compileModel(question: AttentionQuestion): Promise<CompiledModel> {
  const { checkpoint, numHeads, resolution, engine: engineName = 'auto' } = question;
  const network = await loadNetwork(checkpoint, { ...(numHeads !== undefined && { numHeads }) });
  const { vit, name, step } = network;
  const side = resolution ?? vit.imageSize;
  const kept = side - (side % vit.patchSize);
  if (kept === 0)
    throw new Error(`A resolution of ${side} pixels is smaller than one patch of ${vit.patchSize} pixels.`);
  const weights = vit.numHeads * ((kept / vit.patchSize) ** 2 + 1) ** 2;
  if (weights > MOST_ATTENTION_WEIGHTS)
    throw new Error(
      `At ${kept} pixels with patches of ${vit.patchSize} the attention has ${weights} weights, more than fit into memory: choose a lower resolution.`,
    );
  const engine = await chooseEngine(engineName);
  const program = attentionProgram(vit, { batch: 1, height: kept, width: kept });
  const session = await engine.compile(program, backboneOf(network));
  return { vit, session, name, ...(step !== undefined && { step }) };
}

/** [heads, patches] from [1, heads, tokens, tokens]: the row of the CLS token, without its attention to itself. */
function clsAttention(attention: HostTensor | undefined): Float32Array {
  const [, heads = 0, tokens = 0] = attention?.shape ?? [];
  if (!(attention?.data instanceof Float32Array)) throw new Error('the attention program gave no attention');
  const rows = new Float32Array(heads * (tokens - 1));
  for (let head = 0; head < heads; head++) {
    const start = head * tokens * tokens;
    rows.set(attention.data.subarray(start + 1, start + tokens), head * (tokens - 1));
  }
  return rows;
}

function toRgb(pixels: Uint8ClampedArray, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(pixels);
  return Uint8Array.from(
    { length: (pixels.length / channels) * 3 },
    (_, i) => pixels[Math.floor(i / 3) * channels] ?? 0,
  );
}
