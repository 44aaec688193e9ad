/** What a run writes for TensorBoard: each line of metrics and, at checkpoints that stay, attention images and the embedding. */
import { isImageDataset } from '../data/dataset.js';
import { withChannels } from '../data/image.js';
import type { Engine, Session } from '../engines/engine.js';
import { errorMessage } from '../errors/errorMessage.js';
import { type Sprite, spriteOf, writeProjectorFiles } from '../evaluation/projectorFiles.js';
import type { MetricsWriter } from '../runs/metricsFile.js';
import { type EventFile, openEventFile, tensorBoardFolder } from '../runs/tensorBoard/eventFile.js';
import { AttentionImages } from './attentionImages.js';
import { BackgroundWork } from './backgroundWork.js';
import type { ProbedFeatures } from './healthProbe.js';
import type { Preparation } from './prepare.js';
import type { ProbeSample } from './probeSample.js';
import { type LookSurroundings, unlessItFails } from './unlessItFails.js';

/** Share of the training's time that drawing may take. */
const SHARE = 0.05;
/** That attention is drawn on; a sample has more. */
const IMAGES = 4;

/** Where the images of a checkpoint come from. */
interface Probed {
  readonly sample: ProbeSample | undefined;
  readonly features: ProbedFeatures | undefined;
}

export class RunEvents {
  #file: EventFile | undefined;
  #attention: AttentionImages | undefined;
  #sprite: Sprite | undefined;
  #work: BackgroundWork | undefined;
  #drawn: number | undefined;

  constructor(
    private readonly dir: string,
    private readonly preparation: Preparation,
    private readonly surroundings: LookSurroundings,
  ) {}

  /** Has each line go to TensorBoard, too; what is behind `step` is measured anew. */
  joined(metrics: MetricsWriter, step: number): MetricsWriter {
    this.#unlessFull(() => {
      this.#file = openEventFile(this.dir, step);
    });
    return {
      append: (line) => {
        metrics.append(line);
        this.#unlessFull(() => this.#file?.metrics(line));
      },
      flush: () => {
        metrics.flush();
        this.#unlessFull(() => this.#file?.flush());
      },
      close: () => {
        const file = this.#file;
        this.#file = undefined;
        this.#unlessFull(() => file?.close());
        metrics.close();
      },
    };
  }

  async begin(engine: Engine, training: Session, { sample }: Pick<Probed, 'sample'>): Promise<void> {
    if (this.#file === undefined || sample === undefined) return;
    await this.#unlessItFails(async () => {
      this.#attention = await AttentionImages.create(
        engine,
        this.preparation.settings,
        training,
        this.surroundings.stop,
      );
    });
  }

  /** The network as it is now is drawn in the steps that follow, unless the one before it is not done yet. */
  async checkpoint(training: Session, step: number, probed: Probed): Promise<void> {
    if (this.#attention === undefined || this.#work !== undefined || this.#drawn === step) return;
    await this.#unlessItFails(async () => {
      await this.#attention?.take(training);
      this.#drawn = step;
      this.#work = new BackgroundWork(this.#pieces(step, probed), SHARE);
    });
  }

  /** @param stepMs what the step took */
  async stepMade(stepMs: number): Promise<void> {
    await this.#unlessItFails(async () => {
      if (await this.#work?.advance(stepMs)) this.#work = undefined;
    });
  }

  /** Draws what is left. */
  async finish(): Promise<void> {
    await this.#unlessItFails(async () => {
      await this.#work?.finish();
      this.#work = undefined;
    });
  }

  async end(): Promise<void> {
    const attention = this.#attention;
    this.#attention = undefined;
    this.#work = undefined;
    await attention?.dispose();
  }

  async *#pieces(step: number, { sample, features }: Probed): AsyncGenerator<void, void> {
    if (sample === undefined) return;
    for (let i = 0; i < IMAGES; i++) {
      const place = Math.floor((i * sample.images) / IMAGES);
      const pixels = sample.whole[place];
      const drawing = pixels && (await this.#attention?.draw(pixels));
      const name = this.#nameOf(sample.indices[place] ?? -1);
      if (drawing) this.#file?.images(step, [{ tag: `attention/${name}`, ...drawing }]);
      yield;
    }
    this.#sprite ??= await spriteOf(imagesOf(sample, this.preparation.settings), [...sample.whole.keys()]);
    yield;
    if (features !== undefined) await this.#writeEmbedding(sample, features, this.#sprite);
  }

  async #writeEmbedding(sample: ProbeSample, { step, matrix }: ProbedFeatures, sprite: Sprite): Promise<void> {
    const { dataset } = this.preparation;
    const classes = isImageDataset(dataset) ? dataset.classes : undefined;
    const names = sample.indices.map((index) => this.#nameOf(index));
    const labels = Array.from(sample.labels, (label) => classes?.[label] ?? '');
    await writeProjectorFiles(tensorBoardFolder(this.dir), {
      title: `step ${step}`,
      features: matrix,
      metadata: [{ name: 'name', values: names }, ...(classes ? [{ name: 'class', values: labels }] : [])],
      sprite,
    });
  }

  #nameOf(index: number): string {
    const { dataset } = this.preparation;
    return isImageDataset(dataset) ? dataset.nameOf(index) : String(index);
  }

  /** A run does not end because there is no room for its events. */
  #unlessFull(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#file = undefined;
      this.surroundings.log('warn', `TensorBoard's events are left out from here on: ${errorMessage(error)}`);
    }
  }

  #unlessItFails(look: () => Promise<void>): Promise<void> {
    return unlessItFails(this.surroundings, "TensorBoard's images are left out from here on", look, () => this.end());
  }
}

/** The sample as a data set of its own. */
const imagesOf = ({ whole }: ProbeSample, { image_size: side, in_chans: channels }: Preparation['settings']) => ({
  read: async (place: number) =>
    withChannels({ width: side, height: side, channels, data: new Uint8Array(whole[place] ?? []) }, 3),
});
