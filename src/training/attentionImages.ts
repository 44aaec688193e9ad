/** Attention of the network in training (of DINO the teacher) on a few images, drawn. */
import { normalize } from '../data/normalize.js';
import type { Engine, Session } from '../engines/engine.js';
import { insightInto } from '../evaluation/insight.js';
import { type Drawing, drawInsight } from '../evaluation/insightDrawing.js';
import type { Settings } from '../settings/settings.js';
import { networkSpec } from '../settings/specs.js';
import { evaluatedWeights } from './evaluatedNetwork.js';

export class AttentionImages {
  private constructor(
    private readonly settings: Settings,
    private readonly session: Session,
    /** Parameters of the backbone. */
    private readonly parameters: readonly string[],
  ) {}

  /** @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    settings: Settings,
    training: Session,
    stop: AbortSignal,
  ): Promise<AttentionImages> {
    const program = insightInto(networkSpec(settings).backbone).program(settings.image_size);
    const parameters = Object.keys(program.state);
    const weights = await evaluatedWeights(training, settings, parameters);
    return new AttentionImages(settings, await engine.compile(program, weights, { stop }), parameters);
  }

  /** From here on the images are those of the network as it is now. */
  async take(training: Session): Promise<void> {
    await this.session.writeState(await evaluatedWeights(training, this.settings, this.parameters));
  }

  /** @param pixels [size, size, channels], 8-bit */
  async draw(pixels: Uint8ClampedArray): Promise<Drawing> {
    const { image_size: side, in_chans: channels } = this.settings;
    const input = new Float32Array(channels * side * side);
    normalize(pixels, channels, side * side, input, 0);
    const outputs = await this.session.call({
      images: { shape: [1, channels, side, side], dtype: 'float32', data: input },
    });
    const image = { width: side, height: side, channels, data: new Uint8Array(pixels) };
    return drawInsight(networkSpec(this.settings).backbone, outputs, image);
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}
