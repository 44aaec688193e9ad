import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import {
  answering,
  eventually,
  makeImages,
  parts,
  removeRuns,
  startRun,
  TINY,
  untilState,
  untilTrained,
} from './surroundings.js';

describe('An evaluation', () => {
  afterEach(removeRuns);

  /** The images in two folders, which are their classes. */
  function makeClasses(name: string): string {
    const folder = makeImages(name);
    readdirSync(folder).forEach((file, index) => {
      const kind = path.join(folder, index % 2 === 0 ? 'even' : 'odd');
      mkdirSync(kind, { recursive: true });
      if (file.endsWith('.png')) renameSync(path.join(folder, file), path.join(kind, file));
    });
    return folder;
  }

  async function stopped(run: string): Promise<string> {
    await untilTrained(run, 2);
    await (await parts()).trainings.get(run)?.stop();
    await untilState(run, 'stopped');
    return run;
  }

  async function startLabeled(): Promise<string> {
    const { trainings } = await parts();
    const before = new Set(trainings.all.map(({ request }) => request.run));
    const data = vscode.Uri.file(makeClasses('labeled'));
    await vscode.commands.executeCommand('dino.startTraining', data, { name: 'labeled', settings: TINY });
    const training = trainings.all.find(({ request }) => !before.has(request.run));
    assert(training, 'the training was started');
    return training.request.run;
  }

  it('of a run and of a checkpoint is kept, stands below the checkpoint and on the curves', async () => {
    const { runs, runsView, checkpointsView } = await parts();
    const run = await stopped(await startLabeled());
    await runsView.reveal(run);
    await vscode.commands.executeCommand('dino.evaluate', run, { evaluations: ['knn'] });
    const rows = () => checkpointsView.getChildren();
    const [latest] = await eventually('result below the newest checkpoint', () => {
      const [first] = rows();
      return first !== undefined && checkpointsView.getChildren(first).length === 1 && rows();
    });
    assert(latest);
    const [result] = checkpointsView.getChildren(latest);
    assert(result);
    assert.match(String(checkpointsView.getTreeItem(result).description), /^\d+\.\d\d % top-1 · /);
    await eventually('result that is revealed', () => checkpointsView.selection.length === 1);
    assert.equal(
      checkpointsView.getTreeItem(checkpointsView.selection[0] ?? latest).id,
      checkpointsView.getTreeItem(result).id,
    );
    await vscode.commands.executeCommand('dino.copyResults', latest);
    assert.match(
      await vscode.env.clipboard.readText(),
      /^checkpoint,step,network,evaluation,metric,value,unit,data,date\n/,
    );

    const untrained = rows().at(-1);
    await vscode.commands.executeCommand('dino.evaluate', untrained, { evaluations: ['knn'] });
    await eventually('result below the untrained network', () => {
      const last = rows().at(-1);
      return last !== undefined && checkpointsView.getChildren(last).length === 1;
    });
    assert(runs.get(run));
    assert.equal(readdirSync(path.join(run, 'evaluations')).length, 2);
  });

  it('is what a fine-tuning of a checkpoint makes as it learns the classes', async () => {
    const { runs, runsView, checkpointsView, trainings } = await parts();
    const run = await stopped(await startLabeled());
    await runsView.reveal(run);
    const [latest] = await eventually('the checkpoints', () => {
      const rows = checkpointsView.getChildren();
      return rows.length > 0 && rows;
    });
    const data = vscode.Uri.file(String(runs.get(run)?.summary.run?.record.dataset.path));
    await vscode.commands.executeCommand('dino.finetune', latest, { data, settings: { batch_size: 2, epochs: 1 } });
    const training = trainings.all.find(({ request }) => request.settings?.['method'] === 'finetune');
    assert(training, 'the fine-tuning was started');
    const fineTuned = training.request.run;
    await untilState(fineTuned, 'finished');
    const record = runs.get(fineTuned)?.summary.run?.record;
    assert.deepEqual(record?.classes, ['even', 'odd']);
    assert.equal(record?.config.embed_dim, TINY.embed_dim);
    assert.ok((record?.best?.test_top1 ?? -1) >= 0);
  });

  it('of images without classes is refused by what they lack', async () => {
    const run = await stopped(await startRun('unlabeled'));
    await answering('showErrorMessage', undefined, async (said) => {
      await vscode.commands.executeCommand('dino.evaluate', run, { evaluations: ['knn'] });
      await eventually('refusal', () => said.length > 0);
      assert.match(said.join(), /No evaluation fits the images in .*: the images have no classes/);
    });
  });
});
