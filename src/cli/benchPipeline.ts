/** How fast the input pipeline of a run makes crops, with nothing else running. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Batches, openBatches } from '../data/batches.js';
import { images } from '../data/modalities/images.js';
import type { Settings } from '../settings/settings.js';
import { cropWorkerFile } from './cropWorkerFile.js';

export interface PipelineTiming {
  readonly crops_per_s: number;
  readonly pipeline_images_per_s: number;
}

const PIPELINE_MS = 5000;
/** Enough for a measurement, and each is decoded: a data set that fits into memory is decoded in its first epoch alone. */
const MADE_UP_IMAGES = 512;

/** Takes batches as fast as the pool makes them, with nothing else running: one epoch, or its first seconds. */
export async function timePipeline(settings: Settings, data: string | undefined): Promise<PipelineTiming> {
  const folder = data === undefined ? await mkdtemp(join(tmpdir(), 'dino-bench-')) : undefined;
  try {
    if (folder !== undefined) await writeImages(folder, settings);
    const batches = openBatches({
      dataset: await images.open(folder ?? data ?? ''),
      views: images.views(settings),
      batchSize: settings.batch_size,
      seed: settings.seed,
      workers: settings.num_workers,
      startEpoch: 0,
      startIteration: 0,
      epochs: 1,
      maxUnreadableShare: settings.max_unreadable_share,
      cacheBytes: settings.cache_mb * 2 ** 20,
      workerFile: cropWorkerFile,
    });
    const crops_per_s = await measureCrops(batches).finally(() => batches.close());
    return { crops_per_s, pipeline_images_per_s: crops_per_s / (2 + settings.local_crops_number) };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function measureCrops(batches: Batches): Promise<number> {
  const started = performance.now();
  for (let taken = 0; taken < batches.iterationsPerEpoch && performance.now() - started < PIPELINE_MS; taken++) {
    batches.giveBack(await batches.next());
  }
  return batches.viewsPerSecond;
}

/** JPEGs with some structure to decode: colored noise, blurred by enlarging it. */
async function writeImages(folder: string, { batch_size, image_size }: Settings): Promise<void> {
  const side = 2 * image_size;
  const coarse = Math.max(1, side >> 3);
  for (let index = 0; index < Math.max(batch_size, MADE_UP_IMAGES); index++) {
    const noise = Uint8Array.from({ length: coarse * coarse * 3 }, () => 256 * Math.random());
    await sharp(noise, { raw: { width: coarse, height: coarse, channels: 3 } })
      .resize(side, side, { kernel: 'cubic' })
      .jpeg({ quality: 90 })
      .toFile(join(folder, `${index}.jpg`));
  }
}
