/** One of the threads that update the state: serves `stateUpdater.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { type UpdateWork, workerOn } from './work.js';

const work = workerOn(workerData as UpdateWork);

parentPort?.on('message', () => {
  work();
  parentPort?.postMessage(undefined);
});
