/**
 * The child process that the extension host forks: serves `protocol/worker.ts` over the IPC channel until the parent goes.
 * Training computes on this thread, one step at a time; between steps the messages that came in are answered.
 */
import { fileURLToPath } from 'node:url';
import {
  type CancellationToken,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { storageFolder } from '../engines/storage.js';
import { endProcess } from '../engines/underWay.js';
import { errorMessage } from '../errors/errorMessage.js';
import { glance } from '../evaluation/attentionGlance.js';
import { AttentionModels } from '../evaluation/attentionModels.js';
import { embeddingFilesIn } from '../evaluation/embeddingFiles.js';
import * as embedding from '../protocol/embeddingWork.js';
import * as protocol from '../protocol/worker.js';
import { surveyData } from '../training/survey.js';
import { type TrainEvents, train } from '../training/trainer.js';
import { CropPreviews } from './cropPreviews.js';
import { Embeddings } from './embeddings.js';
import { Installation } from './install.js';
import { Throttle } from './throttle.js';

/** What the crop pool's threads run: it lies beside the bundle of this program. */
const cropWorkerFile = fileURLToPath(new URL('cropWorker.cjs', import.meta.url));
/** The request was understood and could not be done; the message says why. */
const REQUEST_FAILED = -32803;
const PROGRESS_EVERY_MS = 100;
/** How long a run may take to save once the parent has gone, on a busy machine too. */
const GRACE_MS = 30_000;

function serve(): void {
  if (process.send === undefined) {
    process.stderr.write('This program is started by DINO Lab itself; for the command line use `dino`.\n');
    process.exitCode = 2;
    return;
  }
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const models = new AttentionModels();
  const previews = new CropPreviews();
  const embeddings = new Embeddings((value) => {
    if (process.connected) void connection.sendNotification(embedding.embeddingProgress, value).catch(ignoreGoneParent);
  }, embeddingFilesIn(storageFolder()));
  let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

  const say = (level: protocol.LogLevel, message: string): void => {
    if (process.connected) void connection.sendNotification(protocol.log, { level, message }).catch(ignoreGoneParent);
  };
  const progress = new Throttle<protocol.TrainProgress>(PROGRESS_EVERY_MS, (value) => {
    if (process.connected) void connection.sendNotification(protocol.progress, value).catch(ignoreGoneParent);
  });
  const installation = new Installation();
  const installProgress = new Throttle<protocol.InstallProgress>(PROGRESS_EVERY_MS, (value) => {
    if (process.connected) void connection.sendNotification(protocol.installProgress, value).catch(ignoreGoneParent);
  });
  let lastPhase: protocol.TrainPhase | undefined;
  const events: TrainEvents = {
    onProgress: (value) => {
      // A change of phase is never held back.
      if (value.phase !== lastPhase) progress.flush();
      progress.offer(value);
      if (value.phase !== lastPhase) progress.flush();
      lastPhase = value.phase;
    },
    onLog: say,
  };

  connection.onRequest(protocol.train, async (request) => {
    if (running !== undefined)
      throw new ResponseError(REQUEST_FAILED, 'a run is being trained in this process already');
    const stop = new AbortController();
    const training = train(request, { events, stop: stop.signal, cropWorkerFile });
    running = { stop, ended: training };
    try {
      return await training;
    } catch (error) {
      throw asResponse(error);
    } finally {
      progress.flush();
      running = undefined;
    }
  });
  connection.onRequest(protocol.stop, () => running?.stop.abort());
  connection.onRequest(protocol.survey, ({ data }) =>
    surveyData(data).catch((error) => Promise.reject(asResponse(error))),
  );
  connection.onRequest(protocol.attention, (request, token) =>
    models.attention(request, stopOf(token)).catch((error) => Promise.reject(asResponse(error))),
  );
  connection.onRequest(protocol.attentionGlance, (request, token) =>
    glance(models, request, stopOf(token)).catch((error) => Promise.reject(asResponse(error))),
  );
  connection.onRequest(protocol.image, (request) =>
    previews.image(request).catch((error) => Promise.reject(asResponse(error))),
  );
  connection.onRequest(protocol.crops, (request) =>
    previews.crops(request).catch((error) => Promise.reject(asResponse(error))),
  );
  connection.onRequest(protocol.batchImages, (request) =>
    previews.batchImages(request).catch((error) => Promise.reject(asResponse(error))),
  );
  const answering =
    <P, A>(answer: (request: P, token: CancellationToken) => Promise<A>) =>
    (request: P, token: CancellationToken): Promise<A> =>
      answer(request, token).catch((error) => Promise.reject(asResponse(error)));
  connection.onRequest(
    embedding.embed,
    answering((request, token) => embeddings.embed(request, token)),
  );
  connection.onRequest(
    embedding.project,
    answering((request, token) => embeddings.project(request, token)),
  );
  connection.onRequest(
    embedding.nearest,
    answering((request, token) => embeddings.nearest(request, token)),
  );
  connection.onRequest(
    embedding.predict,
    answering((request, token) => embeddings.predict(request, token)),
  );
  connection.onRequest(
    embedding.thumbnails,
    answering((request) => embeddings.thumbnails(request)),
  );
  connection.onRequest(
    embedding.openTable,
    answering((request) => embeddings.openTable(request)),
  );
  connection.onRequest(
    embedding.readColumn,
    answering((request) => embeddings.readColumn(request)),
  );
  connection.onRequest(
    embedding.writeProjector,
    answering((request, token) => embeddings.writeProjector(request, token)),
  );
  connection.onNotification(embedding.holdProjection, (message) => embeddings.hold(message));
  connection.onRequest(protocol.installTensorFlow, (request, token) =>
    installation
      .run(request, token, (value) => installProgress.offer(value))
      .catch((error) => Promise.reject(asResponse(error))),
  );

  // The parent has gone, or somebody else (another window of VS Code) wants the run to end.
  const end = (): void => {
    const quit = (): void => endProcess(0);
    setTimeout(quit, GRACE_MS);
    running?.stop.abort();
    void Promise.allSettled([running?.ended, installation.cancel()]).then(quit);
  };
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  connection.listen();
  void connection
    .sendNotification(protocol.ready, { protocol: protocol.PROTOCOL_VERSION, pid: process.pid, node: process.version })
    .catch(ignoreGoneParent);
}

/** jsonrpc passes on the message of a ResponseError alone, as it is. */
const asResponse = (error: unknown): ResponseError<void> => new ResponseError(REQUEST_FAILED, errorMessage(error));

function stopOf(token: CancellationToken): AbortSignal {
  const stop = new AbortController();
  token.onCancellationRequested(() => stop.abort());
  return stop.signal;
}

/** A message that the parent can no longer take: the disconnect handler ends this process. */
const ignoreGoneParent = (): void => undefined;

serve();
