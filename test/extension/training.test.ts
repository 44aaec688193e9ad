import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { isStep } from '../../src/metrics/metricsLine.js';
import { listCheckpoints } from '../../src/runs/checkpoint.js';
import { readMetrics } from '../../src/runs/metricsFile.js';
import { metricsFile } from '../../src/runs/run.js';
import {
  answering,
  eventually,
  isAlive,
  parts,
  removeRuns,
  startRun,
  summaryOf,
  untilState,
  untilTrained,
  workspaceFolder,
} from './surroundings.js';

describe('A training', () => {
  afterEach(removeRuns);

  it('lives: starts, shows how it goes, stops, goes on, and is deleted', async () => {
    const { runs, runsView, checkpointsView, statusBar, trainings } = await parts();
    const run = await startRun('flowers');
    assert.equal(await runs.get(run)?.summary.name, 'flowers', 'it is in the list before its first step');

    await untilTrained(run, 3);
    const row = () => {
      const listed = runs.get(run);
      assert(listed);
      return runsView.getTreeItem(listed);
    };
    assert.match(String(row().description), /^[▰▱]{5} \d+ % · .+ left · loss \d+\.\d\d$/);
    assert.match(row().contextValue ?? '', /\bstoppable\b/);
    await eventually('progress in the status bar', () =>
      /DINO \d+ % · loss \d+\.\d\d · [\d.]+ img\/s/.test(statusBar.text ?? ''),
    );
    const pid = trainings.get(run)?.pid;
    assert(pid);
    assert.ok(isAlive(pid));

    await vscode.commands.executeCommand('dino.stopRun', run);
    const stopped = await untilState(run, 'stopped');
    await eventually('end of its process', () => !isAlive(pid));
    assert.equal(statusBar.text, undefined, 'nothing is trained, nothing is shown');
    const [last] = listCheckpoints(run).slice(-1);
    assert.equal(last?.step, stopped.step, 'where it stopped is saved');
    await runsView.reveal(run);
    const [newest, ...older] = checkpointsView.getChildren();
    assert(newest !== undefined && 'step' in newest);
    assert.equal(newest.step, stopped.step, 'the newest checkpoint is the first');
    assert.ok(older.length > 0);

    await vscode.commands.executeCommand('dino.resumeRun', run);
    await untilTrained(run, stopped.step + 2);
    await answering('showErrorMessage', undefined, async (said) => {
      await vscode.commands.executeCommand('dino.deleteRun', run);
      assert.match(said.join(), /is being trained: stop it/);
    });
    assert.ok(existsSync(run));
    await vscode.commands.executeCommand('dino.stopRun', run);
    await untilState(run, 'stopped');
    const steps = readMetrics(metricsFile(run))
      .filter(isStep)
      .map(({ step }) => step);
    assert.deepEqual(
      steps,
      steps.map((_, i) => i + 1),
      'each step is measured once',
    );

    await answering('showWarningMessage', undefined, () => vscode.commands.executeCommand('dino.deleteRun', run));
    assert.ok(existsSync(run), 'cancelled: nothing is deleted');
    await answering('showWarningMessage', 'Delete', async (said) => {
      await vscode.commands.executeCommand('dino.deleteRun', run);
      assert.match(said.join(), /Delete the run “flowers”/);
    });
    assert.ok(!existsSync(run));
    assert.equal(runs.get(run), undefined);
  });

  it('finishes, and says so once', async () => {
    await answering('showInformationMessage', undefined, async (said) => {
      const run = await startRun('short', { epochs: 1 });
      await untilState(run, 'finished');
      await eventually('message', () => said.length > 0);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', /^“short” finished after step 4, loss \d+\.\d\d\.$/);
    });
  });

  it('that crashes is a failed run with its last words, and can be resumed', async function () {
    if (process.platform !== 'linux') this.skip(); // Its loader says on stderr, before a process begins, what it cannot load.
    const { runs, runsView, trainings } = await parts();
    process.env['LD_PRELOAD'] = '/nowhere/last-words.so';
    const begun = async () => {
      const run = await startRun('doomed');
      // Its process is started some time after the command has ended.
      await untilTrained(run, 2);
      return run;
    };
    const run = await begun().finally(() => delete process.env['LD_PRELOAD']);
    const pid = trainings.get(run)?.pid;
    assert(pid);
    await answering('showErrorMessage', undefined, async (said) => {
      process.kill(pid, 'SIGKILL');
      const { problems } = await untilState(run, 'failed');
      assert.match(problems[0] ?? '', /ended unexpectedly after step \d+ \(signal SIGKILL\)/);
      assert.match(problems.slice(1).join('\n'), /last-words\.so/);
      const listed = runs.get(run);
      assert(listed);
      assert.equal(runsView.getChildren(listed).length, problems.length, 'its last words are under it');
      assert.equal(runsView.getTreeItem(listed).collapsibleState, vscode.TreeItemCollapsibleState.Expanded);
      await eventually('message', () => said.length > 0);
    });
    await vscode.commands.executeCommand('dino.resumeRun', run);
    await untilTrained(run, 2);
  });

  it('with a setting out of range fails before it begins, with the setting named', async () => {
    await answering('showErrorMessage', undefined, async (said) => {
      const run = await startRun('wrong', { embed_dim: 50 });
      const { problems } = await untilState(run, 'failed');
      assert.match(problems.join(), /embed_dim is 50, but must be a multiple of num_heads, which is 3/);
      await eventually('message', () => said.length > 0);
      await answering('showWarningMessage', 'Delete', () => vscode.commands.executeCommand('dino.deleteRun', run));
      assert.ok(!existsSync(run), 'the empty folder is removed');
    });
  });

  it('of an empty folder fails with a sentence', async () => {
    const empty = path.join(workspaceFolder(), 'empty');
    mkdirSync(empty, { recursive: true });
    await answering('showErrorMessage', undefined, async (said) => {
      await vscode.commands.executeCommand('dino.startTraining', vscode.Uri.file(empty), { preset: 'tiny' });
      await eventually('message', () => said.length > 0);
      assert.match(said[0] ?? '', /has no images/);
    });
  });

  it('cannot begin where nothing may be written', async function () {
    if (process.platform !== 'linux') this.skip(); // The kernel's own folder is read-only even for root.
    const settings = vscode.workspace.getConfiguration('dino');
    await settings.update('runsFolder', '/sys/kernel/dino-runs', vscode.ConfigurationTarget.Global);
    try {
      await answering('showErrorMessage', undefined, async (said) => {
        const images = vscode.Uri.file(workspaceFolder());
        await vscode.commands.executeCommand('dino.startTraining', images, { preset: 'tiny' });
        assert.match(said.join(), /^A run cannot be made in \/sys\/kernel\/dino-runs: .*permi/);
      });
    } finally {
      await settings.update('runsFolder', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});

describe('The list of runs', () => {
  afterEach(removeRuns);

  it('shows a damaged run with its error, and deletes it', async () => {
    const { runs, runsView } = await parts();
    const [root] = runs.roots;
    assert(root);
    const dir = path.join(root, 'damaged');
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'run.json'), '{ "schemaVersion": 1,');
    const listed = await eventually('damaged run, without a refresh', () => runs.get(dir));
    assert.equal(listed.summary.state, 'broken');
    assert.match(listed.summary.problems.join(), /run\.json is damaged: it is not JSON/);
    assert.equal(runsView.getChildren(listed).length, 1);
    await answering('showWarningMessage', 'Delete', () => vscode.commands.executeCommand('dino.deleteRun', dir));
    assert.ok(!existsSync(dir));
  });

  it('shows a run whose process is gone as interrupted', async () => {
    const { runs } = await parts();
    const run = await startRun('left');
    await untilTrained(run, 1);
    await vscode.commands.executeCommand('dino.stopRun', run);
    await untilState(run, 'stopped');
    const file = path.join(run, 'run.json');
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    assert(typeof record === 'object');
    const gone = { pid: 1, start: 'long ago', host: 'this machine never had this name' };
    writeFileSync(file, JSON.stringify({ ...record, status: 'running', process: gone }));
    (await parts()).trainings.forget(run);
    await runs.refresh();
    assert.equal((await summaryOf(run)).state, 'interrupted');
  });
});
