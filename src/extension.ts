import './host/localize.js';
import * as vscode from 'vscode';
import { ActiveImage } from './host/activeImage.js';
import { AttentionChoice } from './host/attentionChoice.js';
import { AttentionHover } from './host/attentionHover.js';
import { AttentionPanels } from './host/attentionPanels.js';
import { lookInto } from './host/checkpointLook.js';
import { CheckpointsView } from './host/checkpointsView.js';
import { registerAttentionCommands } from './host/commands/attentionCommands.js';
import { registerCopyResults } from './host/commands/copyResults.js';
import { registerDuplicateRun } from './host/commands/duplicateRun.js';
import { registerEvaluate } from './host/commands/evaluate.js';
import { registerExport } from './host/commands/exportCheckpoint.js';
import { registerFindImages } from './host/commands/findImages.js';
import { registerFinetune } from './host/commands/finetune.js';
import { importDropped, registerImportWeights } from './host/commands/importWeights.js';
import { registerInstallTensorFlow } from './host/commands/installTensorFlow.js';
import { registerOpenConfig } from './host/commands/openConfig.js';
import { registerOpenSample } from './host/commands/openSample.js';
import { registerOrganizeRuns } from './host/commands/organizeRuns.js';
import { registerPreviewCrops } from './host/commands/previewCrops.js';
import { registerRunCommands } from './host/commands/runCommands.js';
import { registerSegmentVideo } from './host/commands/segmentVideo.js';
import { registerShowEmbedding } from './host/commands/showEmbedding.js';
import { registerStartTraining } from './host/commands/startTraining.js';
import { registerTourCommands } from './host/commands/tourCommands.js';
import { registerTrainFromWeights } from './host/commands/trainFromWeights.js';
import { CropPreviews } from './host/cropPreviews.js';
import { Curves } from './host/curves.js';
import { EmbeddingPanels } from './host/embedding/embeddingPanels.js';
import { Imports } from './host/imports.js';
import { Inspector } from './host/inspector.js';
import { Notices } from './host/notices.js';
import { offerQueueAgain } from './host/queueOfLastTime.js';
import { RunDecorations } from './host/runDecorations.js';
import { RunList } from './host/runList.js';
import { RunsView } from './host/runsView.js';
import { Sample } from './host/sample/sample.js';
import { CopiesPanels } from './host/search/copiesPanels.js';
import { SimilarPanels } from './host/search/similarPanels.js';
import { StatusBar } from './host/statusBar.js';
import { Hints } from './host/tour/hints.js';
import { TourOnOpen } from './host/tour/tourOnOpen.js';
import { Trainings } from './host/trainings.js';
import { VideoPanels } from './host/video/videoPanels.js';
import { WeightsDrop } from './host/weightsDrop.js';

/** What tests look at beside what a person sees. */
export interface ExtensionParts {
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly checkpointsView: CheckpointsView;
  readonly imports: Imports;
  readonly weightsDrop: vscode.TreeDragAndDropController<unknown>;
  readonly trainings: Trainings;
  readonly inspector: Inspector;
  readonly attentionChoice: AttentionChoice;
  readonly curves: Curves;
  readonly attentionPanels: AttentionPanels;
  readonly attentionHover: AttentionHover;
  readonly cropPreviews: CropPreviews;
  readonly embeddingPanels: EmbeddingPanels;
  readonly similarPanels: SimilarPanels;
  readonly copiesPanels: CopiesPanels;
  readonly videoPanels: VideoPanels;
  readonly statusBar: StatusBar;
}

export function activate(context: vscode.ExtensionContext) {
  const { subscriptions, extension, extensionUri, workspaceState } = context;
  const own = <T extends vscode.Disposable>(part: T): T => {
    subscriptions.push(part);
    return part;
  };
  const output = own(vscode.window.createOutputChannel('DINO', { log: true }));
  const settings = () => vscode.workspace.getConfiguration('dino');
  const nodePath = () => settings().get('nodePath', '').trim();
  output.info(
    `DINO Lab ${extension.packageJSON.version}, VS Code ${vscode.version}, settings ${JSON.stringify(settings())}`,
  );

  const workerFile = vscode.Uri.joinPath(extensionUri, 'dist', 'worker.cjs').fsPath;
  const storage = context.globalStorageUri.fsPath;
  const trainings = own(new Trainings({ workerFile, storage, output, memory: workspaceState, nodePath }));
  const inspector = own(new Inspector({ name: 'inspector', workerFile, storage, output, nodePath }));
  // Of its own: features of many images take minutes and much memory, and attention must not wait for them.
  const embedder = own(new Inspector({ name: 'embedder', workerFile, storage, output, nodePath }));
  const attentionChoice = own(new AttentionChoice(workspaceState));
  const sample = own(
    new Sample({
      packaged: vscode.Uri.joinPath(extensionUri, 'media', 'sample').fsPath,
      folder: vscode.Uri.joinPath(context.globalStorageUri, 'sample').fsPath,
      memory: workspaceState,
    }),
  );
  const runs = own(new RunList(trainings, sample, output));
  const hints = own(new Hints(context.globalState));
  const runsView = own(new RunsView(runs, hints));
  own(new RunDecorations(runs));
  const imports = own(new Imports());
  const importParts = {
    imports,
    embedder,
    reveal: (folder: string): Promise<void> => checkpointsView.revealImport(folder),
    output,
  };
  const weightsDrop: ExtensionParts['weightsDrop'] = new WeightsDrop<unknown>(importDropped(importParts));
  const checkpointsView: CheckpointsView = own(
    new CheckpointsView(runsView, runs, attentionChoice, imports, weightsDrop),
  );
  const statusBar = own(new StatusBar(trainings, runs));
  own(new Notices(trainings, runs));
  const attentionPanels = own(
    new AttentionPanels({
      extensionUri,
      inspector,
      activeImage: own(new ActiveImage()),
      runs,
      runsView,
      choice: attentionChoice,
      imports,
      hints,
      output,
    }),
  );
  const curves = own(
    new Curves({
      extensionUri,
      runs,
      inspector,
      embedder,
      memory: workspaceState,
      hints,
      lookInto: (dir, step) => lookInto(dir, step, { runs, attentionPanels, choice: attentionChoice }),
      output,
    }),
  );
  const searching = { extensionUri, embedder, runs, runsView, choice: attentionChoice, imports, output };
  const copiesPanels = own(new CopiesPanels(searching));
  const similarPanels = own(
    new SimilarPanels({
      ...searching,
      inspector,
      attention: attentionPanels,
      showCopies: (image, folder) => copiesPanels.show({ folder, image }),
    }),
  );
  const videoPanels = own(new VideoPanels({ ...searching, inspector }));
  const embeddingPanels = own(
    new EmbeddingPanels({
      extensionUri,
      embedder,
      runs,
      runsView,
      choice: attentionChoice,
      imports,
      attention: attentionPanels,
      similar: similarPanels,
      memory: workspaceState,
      output,
    }),
  );
  const attentionHover = own(
    new AttentionHover({ inspector, runs, runsView, choice: attentionChoice, imports, output }),
  );
  const cropPreviews = own(new CropPreviews({ extensionUri, inspector, runs, attentionPanels, output }));

  const childOptions = (name: string) => ({ file: workerFile, storage, output, name, nodePath: nodePath() });
  const startParts = { trainings, inspector, runs, runsView, childOptions, output };
  own(registerStartTraining(startParts));
  own(registerTrainFromWeights({ ...startParts, imports }));
  own(registerImportWeights(importParts));
  own(registerRunCommands({ trainings, runs, runsView, statusBar, curves, output }));
  own(registerDuplicateRun({ trainings, runs, runsView, output }));
  own(registerOrganizeRuns(runs, runsView, output));
  own(registerOpenConfig(runs, output));
  own(registerInstallTensorFlow({ childOptions, output }));
  own(registerPreviewCrops(cropPreviews, runs, output));
  own(registerShowEmbedding(embeddingPanels, runs, attentionChoice, output));
  own(registerFindImages({ similar: similarPanels, copies: copiesPanels, runs, output }));
  own(registerSegmentVideo({ videos: videoPanels, inspector, runs, output }));
  own(registerEvaluate({ runs, runsView, checkpointsView, embedder, output }));
  own(registerCopyResults(checkpointsView, output));
  own(registerFinetune({ ...startParts, embedder }));
  own(registerExport({ runs, embedder, output }));
  own(registerAttentionCommands({ panels: attentionPanels, cropPreviews, choice: attentionChoice, output }));

  const tour = { runs, runsView, curves, attentionPanels, choice: attentionChoice, hints };
  own(registerTourCommands(tour, output));
  own(registerOpenSample(sample, tour, output));
  own(new TourOnOpen(tour, workspaceState, output));

  void offerQueueAgain(trainings, runs);

  const parts: ExtensionParts = {
    runs,
    runsView,
    checkpointsView,
    imports,
    weightsDrop,
    trainings,
    inspector,
    attentionChoice,
    curves,
    attentionPanels,
    attentionHover,
    cropPreviews,
    embeddingPanels,
    similarPanels,
    copiesPanels,
    videoPanels,
    statusBar,
  };
  return parts;
}
