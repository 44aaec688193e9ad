/** The network of a training that is evaluated (of DINO the teacher), compiled for features: its weights are put in again and again. */
import { normalize } from '../data/normalize.js';
import type { Engine, Session } from '../engines/engine.js';
import { featuresProgram } from '../method/features.js';
import type { NamedHostTensors } from '../program/program.js';
import type { Settings } from '../settings/settings.js';
import { featureDimOf, networkSpec } from '../settings/specs.js';
import { trainedMethodOf } from './methods/index.js';

export class EvaluatedNetwork {
  private constructor(
    private readonly settings: Settings,
    /** Images of a call. */
    readonly batch: number,
    private readonly session: Session,
    /** Parameters of the backbone. */
    private readonly parameters: readonly string[],
  ) {}

  /** @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    settings: Settings,
    batch: number,
    training: Session,
    stop: AbortSignal,
  ): Promise<EvaluatedNetwork> {
    const { backbone } = networkSpec(settings);
    const { imageSize } = backbone;
    const program = featuresProgram(backbone, { batch, height: imageSize, width: imageSize });
    const parameters = Object.keys(program.state);
    const session = await engine.compile(program, await evaluatedWeights(training, settings, parameters), { stop });
    return new EvaluatedNetwork(settings, batch, session, parameters);
  }

  /** Width of the features. */
  get dim(): number {
    return featureDimOf(this.settings);
  }

  /** From here on the features are those of the network as it is now. */
  async take(training: Session): Promise<void> {
    await this.session.writeState(await evaluatedWeights(training, this.settings, this.parameters));
  }

  /** @param images at most {@link batch}, each [size, size, channels], 8-bit @returns [images, dim] */
  async features(images: readonly Uint8ClampedArray[]): Promise<Float32Array | Int32Array> {
    const { image_size, in_chans } = this.settings;
    const area = image_size ** 2;
    // The program's batch is fixed: rows that are not filled are computed and dropped.
    const input = new Float32Array(this.batch * in_chans * area);
    images.forEach((pixels, place) => {
      normalize(pixels, in_chans, area, input, place * in_chans * area);
    });
    const { cls } = await this.session.call({
      images: { shape: [this.batch, in_chans, image_size, image_size], dtype: 'float32', data: input },
    });
    if (cls === undefined) throw new Error('the features program gave no cls');
    return cls.data.subarray(0, images.length * this.dim);
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}

/** The values of the backbone's parameters in the network that is looked at. */
async function evaluatedWeights(
  training: Session,
  settings: Settings,
  parameters: readonly string[],
): Promise<NamedHostTensors> {
  const prefix = `${trainedMethodOf(settings).evaluated}.`;
  const values = await training.readState(parameters.map((name) => `${prefix}${name}`));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(prefix.length), value]));
}
