/**
 * Attention and patch features of single images, or what a network without them shows instead, by networks that stay loaded and compiled for the next question. What is compiled belongs to an
 * architecture and a resolution: another checkpoint of the same network only changes the weights in it.
 */
import { LRUCache } from 'lru-cache';
import type { PatchColors, PatchFeatures } from '../attention/patchFeatures.js';
import { attentionInput, type EvaluationInput } from '../data/evaluationTransform.js';
import { withChannels } from '../data/image.js';
import { type ImageReference, KeptImages } from '../data/keptImages.js';
import type { Box } from '../data/resample.js';
import { type ShownImage, shownImage } from '../data/shownImage.js';
import type { EngineName } from '../engines/abilities.js';
import { chooseEngine } from '../engines/choose.js';
import type { Session } from '../engines/engine.js';
import { Turns } from '../engines/turns.js';
import type { NamedHostTensors } from '../program/program.js';
import type { AttentionRequest, InsightAnswer, PatchesAnswer, PatchesRequest, SeenImage } from '../protocol/worker.js';
import { identityOfNetwork, type LoadedNetwork, loadNetwork } from '../runs/network.js';
import { backboneWeights } from './backboneWeights.js';
import { insightInto, patchFeaturesOf } from './insight.js';
import { patchColors } from './patchColors.js';
import { requireVit } from './requireVit.js';

/** What only the command line says. */
interface ChosenNetwork {
  readonly engine?: EngineName | 'auto';
  /** The network to use where the checkpoint holds several. */
  readonly network?: string;
  /** Whose weights these are, where their names do not tell. */
  readonly library?: string;
}

/** What is asked of a network: the request of the extension, and the rest. */
export interface AttentionQuestion extends AttentionRequest, ChosenNetwork {}
export interface PatchesQuestion extends PatchesRequest, ChosenNetwork {}

type OfNetwork = ChosenNetwork & Pick<AttentionRequest, 'checkpoint' | 'numHeads'>;
type Model = Pick<LoadedNetwork, 'backbone' | 'parameters' | 'name' | 'network' | 'notes' | 'step'>;

interface Compiled {
  readonly session: Session;
  /** Whose weights are in it; undefined after these could not be changed. */
  holds: string | undefined;
}

/** All that one network gives of one image. */
interface Look {
  readonly outputs: NamedHostTensors;
  /** What the network sees. */
  readonly seen: Pick<EvaluationInput, 'pixels' | 'width' | 'height'>;
  /** The same part of the image, in its own pixels. The image itself is not kept: looks at many images stay, and each may be large. */
  readonly box: Box;
  readonly original: InsightAnswer['original'];
  readonly resolution: number;
}

/** Sessions of large networks take hundreds of megabytes each. */
const KEPT_SESSIONS = 3;
const KEPT_WEIGHTS_BYTES = 400 * 2 ** 20;
const KEPT_LOOKS_BYTES = 300 * 2 ** 20;
/** While a person goes through checkpoints, the image stays the same: in the panel, beside it and in a hover. */
const KEPT_SHOWN = 3;

const bytesOf = (tensors: NamedHostTensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 1);

export class AttentionModels {
  readonly #images = new KeptImages();
  readonly #models = new LRUCache<string, Model>({
    maxSize: KEPT_WEIGHTS_BYTES,
    sizeCalculation: ({ parameters }) => bytesOf(parameters),
  });
  readonly #compiled = new LRUCache<string, Compiled>({
    max: KEPT_SESSIONS,
    dispose: ({ session }) => this.#ending.add(session.dispose()),
  });
  readonly #looks = new LRUCache<string, Look>({
    maxSize: KEPT_LOOKS_BYTES,
    sizeCalculation: ({ outputs, seen }) => bytesOf(outputs) + seen.pixels.byteLength,
  });
  readonly #shown = new LRUCache<string, ShownImage>({ max: KEPT_SHOWN });
  readonly #ending = new Set<Promise<void>>();
  /** Calls of one session must not overlap, and there is one processor to share anyway. */
  readonly #turns = new Turns();

  /**
   * @param stop when it aborts before the question's turn, the question is not answered
   * @throws Error with one sentence when the checkpoint or the image cannot be read; the reason of `stop`
   */
  attention(question: AttentionQuestion, stop?: AbortSignal): Promise<InsightAnswer> {
    return this.#turns.take(() => this.#attention(question), stop);
  }

  /**
   * The patch features of images, and their colors by the principal components of all of them.
   * @param stop as above
   * @throws Error with one sentence as above, and when the network is a ResNet
   */
  patches(question: PatchesQuestion, stop?: AbortSignal): Promise<PatchesAnswer> {
    return this.#turns.take(() => this.#patches(question), stop);
  }

  dispose(): Promise<void> {
    return this.#turns.take(async () => {
      this.#compiled.clear();
      await Promise.allSettled(this.#ending);
    });
  }

  async #attention(question: AttentionQuestion): Promise<InsightAnswer> {
    const weights = weightsOf(question);
    const model = await this.#model(weights, question);
    const insight = insightInto(model.backbone);
    insight.requireBlock(model.name, question.block);
    const { outputs, seen } = await this.#seen(weights, model, question);
    return { ...insight.of(outputs, seen.seen, question.block), ...seen };
  }

  async #patches({ images, ...question }: PatchesQuestion): Promise<PatchesAnswer> {
    const weights = weightsOf(question);
    const model = await this.#model(weights, question);
    const vit = requireVit(model, 'patches');
    const looks: (SeenImage & PatchFeatures)[] = [];
    for (const each of images) {
      const { outputs, seen } = await this.#seen(weights, model, { ...question, ...each });
      looks.push({ ...patchFeaturesOf(vit, outputs, seen.seen), ...seen });
    }
    const { images: colored, ...parted } = await patchColors(looks);
    return { images: looks.map((look, index) => ({ ...look, ...(colored[index] as PatchColors) })), ...parted };
  }

  /** What the network gives of an image, and the image. */
  async #seen(weights: string, model: Model, question: AttentionQuestion) {
    const { outputs, seen, box, original, resolution } = await this.#look(weights, model, question);
    const { width, height } = seen;
    const channels = model.backbone.inChans;
    const { pixels: image, ...size } =
      question.shownSide === undefined
        ? asSeen(seen, channels)
        : await this.#shownImage(question.image, channels, question.shownSide, box);
    const answer: SeenImage = {
      image,
      ...size,
      seen: { width, height },
      original,
      resolution,
      checkpointName: model.name,
      notes: model.notes,
      ...(model.network !== undefined && { network: model.network }),
      ...(model.step !== undefined && { step: model.step }),
    };
    return { outputs, seen: answer };
  }

  async #model(weights: string, { checkpoint, numHeads, network: wanted, library }: OfNetwork): Promise<Model> {
    const kept = this.#models.get(weights);
    if (kept) return kept;
    const loaded = await loadNetwork(checkpoint, {
      ...(numHeads !== undefined && { numHeads }),
      ...(wanted !== undefined && { network: wanted }),
      ...(library !== undefined && { library }),
    });
    const { head: _, ...model } = { ...loaded, parameters: backboneWeights(loaded) };
    this.#models.set(weights, model);
    return model;
  }

  async #look(weights: string, model: Model, question: AttentionQuestion): Promise<Look> {
    const { inChans, imageSize } = model.backbone;
    const { image: reference, region, resolution: wanted = imageSize, engine = 'auto' } = question;
    const key = JSON.stringify([weights, await this.#images.identity(reference), region, wanted, engine]);
    const kept = this.#looks.get(key);
    if (kept) return kept;
    const image = await this.#images.read(reference, inChans);
    const part = region ?? { left: 0, top: 0, width: image.width, height: image.height };
    const insight = insightInto(model.backbone);
    const resolution = wanted === 'fine' ? insight.fineResolution(Math.max(part.width, part.height)) : wanted;
    const { input, pixels, width, height } = attentionInput(image, resolution, insight.cell, part);
    const session = await this.#session(weights, model, width, engine);
    const outputs = await session.call({
      images: { shape: [1, inChans, height, width], dtype: 'float32', data: input },
    });
    // What fills no patch at the right and the bottom is not seen.
    const box = {
      ...part,
      width: Math.max(1, Math.round((part.width * width) / resolution)),
      height: Math.max(1, Math.round((part.height * height) / resolution)),
    };
    const look = {
      outputs,
      seen: { pixels, width, height },
      box,
      original: { width: part.width, height: part.height },
      resolution,
    };
    this.#looks.set(key, look);
    return look;
  }

  async #shownImage(reference: ImageReference, channels: number, side: number, box: Box): Promise<ShownImage> {
    const key = JSON.stringify([await this.#images.identity(reference), channels, side, box]);
    const kept = this.#shown.get(key);
    if (kept) return kept;
    const shown = shownImage(await this.#images.read(reference, channels), side, box);
    this.#shown.set(key, shown);
    return shown;
  }

  /** With the weights in it. */
  async #session(weights: string, { backbone, parameters }: Model, side: number, engine: EngineName | 'auto') {
    const key = JSON.stringify([backbone, side, engine]);
    const compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      const program = insightInto(backbone).program(side);
      const session = await (await chooseEngine(engine)).compile(program, parameters);
      this.#compiled.set(key, { session, holds: weights });
      return session;
    }
    if (compiled.holds !== weights) {
      compiled.holds = undefined;
      await compiled.session.writeState(parameters);
      compiled.holds = weights;
    }
    return compiled.session;
  }
}

const weightsOf = ({ checkpoint, numHeads, network, library }: OfNetwork): string =>
  JSON.stringify([identityOfNetwork(checkpoint), numHeads, network, library]);

function asSeen({ width, height, pixels }: Look['seen'], channels: number): ShownImage {
  const { data } = withChannels({ width, height, channels, data: new Uint8Array(pixels) }, 3);
  return { width, height, pixels: data };
}
