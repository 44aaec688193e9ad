/**
 * The child process that the extension host forks: serves `protocol/worker.ts` over the IPC channel until the parent goes.
 * Engines compute on other threads; `eager` on this one, where messages are answered between steps.
 */
import '../engines/nativeThreads.js';
import { fileURLToPath } from 'node:url';
import {
  type CancellationToken,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { version } from '../../package.json';
import { storageFolder } from '../engines/storage.js';
import { endProcess } from '../engines/underWay.js';
import { type ErrorCode, errorCodeOf } from '../errors/codedError.js';
import { errorMessage } from '../errors/errorMessage.js';
import { glance } from '../evaluation/attentionGlance.js';
import { AttentionModels } from '../evaluation/attentionModels.js';
import { embeddingFilesIn } from '../evaluation/embeddingFiles.js';
import * as embedding from '../protocol/embeddingWork.js';
import * as evaluation from '../protocol/evaluationWork.js';
import { exportCheckpoint, offeredExports } from '../protocol/exportWork.js';
import * as search from '../protocol/imageSearchWork.js';
import * as imports from '../protocol/importWork.js';
import * as suggestions from '../protocol/suggestWork.js';
import * as video from '../protocol/videoWork.js';
import * as protocol from '../protocol/worker.js';
import { importWeights } from '../runs/importWeights.js';
import { surveyWeights } from '../runs/weightsSurvey.js';
import { batchMasks } from '../training/batchMasks.js';
import { surveyData } from '../training/survey.js';
import { type TrainEvents, train } from '../training/trainer.js';
import { CropPreviews } from './cropPreviews.js';
import { Embeddings } from './embeddings.js';
import { Evaluations } from './evaluations.js';
import { exported, offeredFormats } from './exports.js';
import { ImageSearch } from './imageSearch.js';
import { Installation } from './install.js';
import { answerSuggest, answerTryOut } from './suggestions.js';
import { Throttle } from './throttle.js';
import { Videos } from './videos.js';

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
  const training = serveTraining(connection);
  serveInsights(connection);
  serveEmbeddings(connection);
  serveEvaluations(connection);
  serveImports(connection);
  serveImageSearch(connection);
  serveVideos(connection);
  serveSuggestions(connection);
  serveExports(connection);
  const installation = serveInstallation(connection);

  // The parent has gone, or somebody else (another window of VS Code) wants the run to end.
  const end = (): void => {
    const quit = (): void => endProcess(0);
    setTimeout(quit, GRACE_MS);
    void Promise.allSettled([training.stop(), installation.cancel()]).then(quit);
  };
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  connection.listen();
  notify(() => connection.sendNotification(protocol.ready, { version, pid: process.pid, node: process.version }));
}

/** @returns `stop`, settled when no run is being trained any more */
function serveTraining(connection: MessageConnection): { stop(): Promise<unknown> } {
  const progress = new Throttle<protocol.TrainProgress>(PROGRESS_EVERY_MS, (value) =>
    notify(() => connection.sendNotification(protocol.progress, value)),
  );
  let lastPhase: protocol.TrainPhase | undefined;
  const events: TrainEvents = {
    onProgress: (value) => {
      // A change of phase is never held back.
      if (value.phase !== lastPhase) progress.flush();
      progress.offer(value);
      if (value.phase !== lastPhase) progress.flush();
      lastPhase = value.phase;
    },
    onLog: (level, message) => notify(() => connection.sendNotification(protocol.log, { level, message })),
  };
  let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;
  connection.onRequest(
    protocol.train,
    answering(async (request) => {
      if (running !== undefined) throw new Error('a run is being trained in this process already');
      const stop = new AbortController();
      const training = train(request, { events, stop: stop.signal, cropWorkerFile });
      running = { stop, ended: training };
      try {
        return await training;
      } finally {
        progress.flush();
        running = undefined;
      }
    }),
  );
  connection.onRequest(protocol.stop, () => running?.stop.abort());
  return {
    stop: async () => {
      running?.stop.abort();
      await running?.ended;
    },
  };
}

/** Looks at data sets, images and what networks show of them. */
function serveInsights(connection: MessageConnection): void {
  const models = new AttentionModels();
  const previews = new CropPreviews();
  connection.onRequest(
    protocol.survey,
    answering(({ data }) => surveyData(data)),
  );
  connection.onRequest(
    protocol.attention,
    answering((request, token) => models.attention(request, stopOf(token))),
  );
  connection.onRequest(
    protocol.patches,
    answering((request, token) => models.patches(request, stopOf(token))),
  );
  connection.onRequest(
    protocol.attentionGlance,
    answering((request, token) => glance(models, request, stopOf(token))),
  );
  connection.onRequest(
    protocol.image,
    answering((request) => previews.image(request)),
  );
  connection.onRequest(
    protocol.crops,
    answering((request) => previews.crops(request)),
  );
  connection.onRequest(
    protocol.masks,
    answering(async ({ settings, step }) => batchMasks(settings, step)),
  );
  connection.onRequest(
    protocol.batchImages,
    answering((request) => previews.batchImages(request)),
  );
}

function serveEmbeddings(connection: MessageConnection): void {
  const embeddings = new Embeddings(
    (value) => notify(() => connection.sendNotification(embedding.embeddingProgress, value)),
    embeddingFilesIn(storageFolder()),
  );
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
}

function serveEvaluations(connection: MessageConnection): void {
  const evaluations = new Evaluations(
    (value) => notify(() => connection.sendNotification(evaluation.evaluationProgress, value)),
    (message) => notify(() => connection.sendNotification(protocol.log, { level: 'warn', message })),
  );
  connection.onRequest(
    evaluation.offeredEvaluations,
    answering(({ data }) => evaluations.offered(data)),
  );
  connection.onRequest(
    evaluation.evaluate,
    answering((request, token) => evaluations.evaluate(request, stopOf(token))),
  );
}

function serveImports(connection: MessageConnection): void {
  connection.onRequest(
    imports.askAboutWeights,
    answering(({ path, ...said }) => surveyWeights(path, said)),
  );
  connection.onRequest(
    imports.importWeights,
    answering(async ({ id, ...request }, token) => {
      const progress = new Throttle<imports.ImportProgress>(PROGRESS_EVERY_MS, (value) =>
        notify(() => connection.sendNotification(imports.importProgress, value)),
      );
      const versions = { node: process.versions.node, 'dino-lab': version };
      const { notes } = await importWeights(
        { ...request, versions },
        { signal: stopOf(token), onProgress: (done, total) => progress.offer({ id, done, total }) },
      );
      progress.flush();
      return { notes };
    }),
  );
}

function serveImageSearch(connection: MessageConnection): void {
  const images = new ImageSearch(
    (value) => notify(() => connection.sendNotification(search.searchProgress, value)),
    storageFolder(),
  );
  connection.onRequest(
    search.findSimilar,
    answering((request, token) => images.similar(request, stopOf(token))),
  );
  connection.onRequest(
    search.findCopies,
    answering((request, token) => images.copies(request, stopOf(token))),
  );
  connection.onRequest(
    search.searchedImages,
    answering((request) => images.images(request)),
  );
}

function serveVideos(connection: MessageConnection): void {
  const videos = new Videos((value) => notify(() => connection.sendNotification(video.segmentedFrame, value)));
  connection.onRequest(
    video.videosIn,
    answering((request) => videos.videosIn(request)),
  );
  connection.onRequest(
    video.segmentVideo,
    answering((request, token) => videos.segment(request, stopOf(token))),
  );
  connection.onRequest(
    video.frameImages,
    answering((request) => videos.images(request)),
  );
}

function serveSuggestions(connection: MessageConnection): void {
  connection.onRequest(
    suggestions.suggest,
    answering((question, token) => answerSuggest(question, stopOf(token))),
  );
  connection.onRequest(
    suggestions.tryOut,
    answering((question, token) => answerTryOut(question, stopOf(token), cropWorkerFile)),
  );
}

function serveExports(connection: MessageConnection): void {
  connection.onRequest(offeredExports, offeredFormats);
  connection.onRequest(
    exportCheckpoint,
    answering((request) => exported(request)),
  );
}

function serveInstallation(connection: MessageConnection): Installation {
  const installation = new Installation();
  const progress = new Throttle<protocol.InstallProgress>(PROGRESS_EVERY_MS, (value) =>
    notify(() => connection.sendNotification(protocol.installProgress, value)),
  );
  connection.onRequest(
    protocol.installTensorFlow,
    answering((request, token) => installation.run(request, token, (value) => progress.offer(value))),
  );
  return installation;
}

const answering =
  <P, A>(answer: (request: P, token: CancellationToken) => Promise<A>) =>
  (request: P, token: CancellationToken): Promise<A> =>
    answer(request, token).catch((error: unknown) => Promise.reject(asResponse(error)));

/** jsonrpc passes on the message of a ResponseError, as it is, and its data, which are the code. */
const asResponse = (error: unknown): ResponseError<ErrorCode | undefined> =>
  new ResponseError(REQUEST_FAILED, errorMessage(error), errorCodeOf(error));

/** A message that the parent can no longer take is dropped: the disconnect handler ends this process. */
function notify(send: () => Promise<void>): void {
  if (process.connected) void send().catch(() => undefined);
}

function stopOf(token: CancellationToken): AbortSignal {
  const stop = new AbortController();
  token.onCancellationRequested(() => stop.abort());
  return stop.signal;
}

serve();
