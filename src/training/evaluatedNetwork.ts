/** The network of a training that is evaluated (of DINO the teacher), compiled without gradients: its weights are put in again and again. */
import { normalize } from '../data/normalize.js';
import type { Engine, Session } from '../engines/engine.js';
import { featuresProgram, networkLogits } from '../method/features.js';
import { classifier } from '../method/methods/finetune.js';
import type { NamedHostTensors, Program } from '../program/program.js';
import type { Settings } from '../settings/settings.js';
import { classifierSpec, featureDimOf, networkSpec } from '../settings/specs.js';
import { trainedMethodOf } from './methods/index.js';

/** What is computed of images. */
interface Evaluated {
  program(batch: number): Program;
  /** The program's output, [batch, width]. */
  readonly output: string;
  readonly width: number;
}

const features = (settings: Settings): Evaluated => {
  const { backbone } = networkSpec(settings);
  const { imageSize: height } = backbone;
  return {
    program: (batch) => featuresProgram(backbone, { batch, height, width: height }),
    output: 'cls',
    width: featureDimOf(settings),
  };
};

/** Of a fine-tuning. */
export const classLogits = (settings: Settings): Evaluated => {
  const spec = classifierSpec(settings);
  const { imageSize: height } = spec.backbone;
  return {
    program: (batch) => networkLogits(classifier(spec), JSON.stringify(spec), { batch, height, width: height }),
    output: 'logits',
    width: spec.labels,
  };
};

export class EvaluatedNetwork {
  private constructor(
    private readonly settings: Settings,
    /** Images of a call. */
    readonly batch: number,
    private readonly session: Session,
    private readonly parameters: readonly string[],
    private readonly evaluated: Evaluated,
  ) {}

  /** @throws the reason of `stop` when it aborts */
  static async create(
    engine: Engine,
    settings: Settings,
    batch: number,
    training: Session,
    stop: AbortSignal,
    evaluated = features(settings),
  ): Promise<EvaluatedNetwork> {
    const program = evaluated.program(batch);
    const parameters = Object.keys(program.state);
    const session = await engine.compile(program, await evaluatedWeights(training, settings, parameters), { stop });
    return new EvaluatedNetwork(settings, batch, session, parameters, evaluated);
  }

  /** Width of the features, or of what else is computed. */
  get dim(): number {
    return this.evaluated.width;
  }

  /** From here on it is the network as it is now. */
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
    const { [this.evaluated.output]: rows } = await this.session.call({
      images: { shape: [this.batch, in_chans, image_size, image_size], dtype: 'float32', data: input },
    });
    if (rows === undefined) throw new Error(`the evaluated network gave no ${this.evaluated.output}`);
    return rows.data.subarray(0, images.length * this.dim);
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}

/** The values of these parameters in the network that is looked at. */
export async function evaluatedWeights(
  training: Session,
  settings: Settings,
  parameters: readonly string[],
): Promise<NamedHostTensors> {
  const prefix = `${trainedMethodOf(settings).evaluated}.`;
  const values = await training.readState(parameters.map((name) => `${prefix}${name}`));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(prefix.length), value]));
}
