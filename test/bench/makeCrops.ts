/** One measurement of `crops.mjs`: how many images a second the crop pool turns into crops. Prints one JSON object. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Batches, openBatches } from '../../src/data/batches.js';
import { images } from '../../src/data/modalities/images.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { resolveSettings } from '../../src/settings/resolve.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    workers: { type: 'string', default: '2' },
    batch: { type: 'string', default: '10' },
    'cache-mb': { type: 'string', default: '0' },
  },
});
const batchSize = Number(options.batch);

/** Takes `epochs` epochs as fast as the pool makes them. */
async function take(batches: Batches, epochs: number): Promise<number> {
  const count = epochs * batches.iterationsPerEpoch;
  for (let taken = 0; taken < count; taken++) batches.giveBack(await batches.next());
  return count * batchSize;
}

async function main(): Promise<void> {
  const dataset = await images.open(options.data);
  const batches = openBatches({
    dataset,
    views: images.views(resolveSettings({ set: {} }).settings),
    batchSize,
    seed: 0,
    workers: Number(options.workers),
    startEpoch: 0,
    startIteration: 0,
    maxUnreadableShare: 0,
    cacheBytes: Number(options['cache-mb']) * 2 ** 20,
    workerFile: path.resolve('dist/cropWorker.cjs'),
  });
  // Threads start and code is compiled in the first epoch; more work than is timed is always at hand.
  await take(batches, 1);
  const [started, used] = [performance.now(), process.cpuUsage()];
  const taken = await take(batches, 1);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  await batches.close();
  console.log(
    JSON.stringify({
      images_per_s: taken / seconds,
      cpu_ms_per_image: (user + system) / 1000 / taken,
      peak_rss_mb: process.resourceUsage().maxRSS / 1024,
    }),
  );
}

main().catch((error: unknown) => {
  console.error(errorMessage(error));
  process.exitCode = 1;
});
