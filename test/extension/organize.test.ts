import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { runFile } from '../../src/runs/run.js';
import {
  answering,
  eventually,
  isAlive,
  makeImages,
  parts,
  picking,
  removeRuns,
  repository,
  startRun,
  summaryOf,
  TINY,
  untilState,
  untilTrained,
} from './surroundings.js';

describe('What is noted of runs', () => {
  let runs: string[];
  before(async () => {
    runs = [];
    for (const name of ['one', 'two', 'three']) {
      const run = await startRun(name, { epochs: 1 });
      await untilState(run, 'finished');
      runs.push(run);
    }
  });
  after(removeRuns);

  const rows = async () => {
    const { runsView } = await parts();
    return runsView.getChildren().map((row) => {
      const { label, contextValue } = runsView.getTreeItem(row);
      return contextValue === 'archive' ? `[${String(label)}]` : String(label);
    });
  };
  const run = (index: number): string => runs[index] ?? '';
  const execute = (command: string, ...given: unknown[]) => vscode.commands.executeCommand(`dino.${command}`, ...given);

  it('is another name, which stays when the record changes', async () => {
    await execute('renameRun', run(0), 'renamed');
    assert.equal((await summaryOf(run(0))).name, 'renamed');
    assert.match(readFileSync(runFile(run(0)), 'utf8'), /"name": "one"/);
    await picking(
      'showInputBox',
      () => '',
      () => execute('renameRun', run(0)),
    );
    assert.equal((await summaryOf(run(0))).name, 'one');
  });

  it('is a star, which brings a run to the top', async () => {
    assert.deepEqual(await rows(), ['three', 'two', 'one']);
    await execute('starRun', { dir: run(0) }, [{ dir: run(0) }, { dir: run(1) }]);
    assert.deepEqual(await rows(), ['★ two', '★ one', 'three']);
    await execute('unstarRun', run(1));
    assert.deepEqual(await rows(), ['★ one', 'three', 'two']);
  });

  it('is that it was put away, under a row of its own', async () => {
    const { runsView, runs: list } = await parts();
    await execute('archiveRun', run(1));
    assert.deepEqual(await rows(), ['★ one', 'three', '[Archived]']);
    const archive = runsView.getChildren().at(-1);
    assert(archive);
    const [listed] = runsView.getChildren(archive);
    assert.equal(listed, list.get(run(1)));
    assert(listed);
    assert.equal(runsView.getParent(listed), archive, 'it can be revealed');
    await execute('unarchiveRun', run(1));
    assert.deepEqual(await rows(), ['★ one', 'three', 'two']);
  });

  it('is a color, the same in the tree and in the curves', async () => {
    await execute('colourRun', run(2), 4);
    assert.equal((await summaryOf(run(2))).run?.notes.look, 4);
    await picking(
      'showQuickPick',
      (items) => (items as readonly unknown[]).at(-1),
      () => execute('colourRun', run(2)),
    );
    assert.equal((await summaryOf(run(2))).run?.notes.look, undefined);
  });

  it('can be copied, value by value', async () => {
    const choose = (label: string) => (items: unknown) =>
      (items as readonly { label: string }[]).find((item) => item.label === label);
    await picking('showQuickPick', choose('out_dim'), () => execute('copyRunValue', run(0)));
    assert.equal(await vscode.env.clipboard.readText(), '96');
    await picking('showQuickPick', choose('id'), () => execute('copyRunValue', run(0)));
    assert.equal(await vscode.env.clipboard.readText(), path.basename(run(0)));
  });

  it('is exported as a table', async () => {
    const target = path.join(path.dirname(run(0)), '..', 'all.csv');
    await picking(
      'showSaveDialog',
      () => vscode.Uri.file(target),
      () => execute('exportRuns'),
    );
    const lines = readFileSync(target, 'utf8').trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[0] ?? '', /^name,folder,status,.*,lowest_loss,.*,out_dim,/);
    await answering('showErrorMessage', undefined, async (said) => {
      await picking(
        'showSaveDialog',
        () => vscode.Uri.file('/nowhere/at/all.csv'),
        () => execute('exportRuns', run(0)),
      );
      assert.match(said.join(), /^The runs could not be saved as \/nowhere\/at\/all\.csv: /);
    });
  });

  it('comes to nothing when several are deleted, after one question', async () => {
    await answering('showWarningMessage', 'Delete', async (said) => {
      await execute('deleteRun', { dir: run(0) }, [{ dir: run(0) }, { dir: run(1) }]);
      assert.deepEqual(said, ['Delete 2 runs?']);
    });
    assert.deepEqual([run(0), run(1), run(2)].map(existsSync), [false, false, true]);
    const left = readdirSync(path.dirname(run(2)));
    assert.deepEqual(left, [path.basename(run(2))], 'nothing of them is left on the disk');
  });
});

describe('Several trainings', () => {
  afterEach(removeRuns);

  it('wait for their turn where the person wants it, and begin when the first has ended', async () => {
    const { trainings, runsView, runs } = await parts();
    const first = await startRun('first');
    await untilTrained(first, 1);
    const data = vscode.Uri.file(makeImages('images'));
    const start = (name: string) =>
      vscode.commands.executeCommand('dino.startTraining', data, { name, settings: TINY, when: 'queued' });
    await start('second');
    await start('third');
    const [second, third] = trainings.all.slice(-2).map(({ request }) => request.run);
    assert(second && third);
    const listed = runs.get(second);
    assert(listed);
    assert.equal(listed.summary.state, 'queued');
    assert.match(runsView.getTreeItem(listed).contextValue ?? '', /\bqueued\b/);
    assert.equal(trainings.get(second)?.pid, undefined, 'it takes nothing of the machine yet');

    await vscode.commands.executeCommand('dino.stopRun', first);
    await untilTrained(second, 1);
    assert.equal((await summaryOf(third)).state, 'queued', 'one after the other');
    await vscode.commands.executeCommand('dino.startQueuedRun', third);
    await untilTrained(third, 1);
    await vscode.commands.executeCommand('dino.stopAllRuns');
    await untilState(second, 'stopped');
    await untilState(third, 'stopped');
  });

  it('stop at once, those that wait too', async () => {
    const { trainings } = await parts();
    const first = await startRun('first');
    await untilTrained(first, 1);
    await vscode.commands.executeCommand('dino.stopRun', first);
    await untilState(first, 'stopped');
    await vscode.commands.executeCommand('dino.resumeRun', first);
    const data = vscode.Uri.file(makeImages('images'));
    const given = { name: 'second', settings: TINY, when: 'queued' };
    await vscode.commands.executeCommand('dino.startTraining', data, given);
    const second = trainings.all.at(-1)?.request.run ?? '';
    await vscode.commands.executeCommand('dino.stopAllRuns');
    await untilState(first, 'stopped');
    await untilState(second, 'stopped');
    assert.equal(trainings.active.length, 0);
    assert.deepEqual(await trainings.takeQueueOfLastTime(), [], 'nothing waits');
  });

  it('can be had again with other settings', async () => {
    const { trainings } = await parts();
    const first = await startRun('first', { epochs: 1 });
    await untilState(first, 'finished');
    await vscode.commands.executeCommand('dino.duplicateRun', first, { lr: 0.002 });
    const copy = trainings.all.at(-1)?.request.run ?? '';
    assert.notEqual(copy, first);
    const { run, name } = await untilState(copy, 'finished');
    assert.equal(name, 'first, lr 0.002');
    assert.equal(run?.record.config.lr, 0.002);
    assert.equal(run.record.config.out_dim, 96);
    await answering('showErrorMessage', undefined, async (said) => {
      await vscode.commands.executeCommand('dino.duplicateRun', first, { embed_dim: 50 });
      assert.match(said.join(), /embed_dim is 50, but must be a multiple of num_heads/);
    });

    // As a person does: one setting, typed, then the start.
    let asked = 0;
    await picking(
      'showQuickPick',
      (items) => {
        const all = items as readonly { label: string }[];
        return asked++ === 0 ? all.find(({ label }) => label === 'seed') : all[0];
      },
      () =>
        picking(
          'showInputBox',
          () => '7',
          () => vscode.commands.executeCommand('dino.duplicateRun', first),
        ),
    );
    const third = trainings.all.at(-1)?.request.run ?? '';
    assert.equal((await untilState(third, 'finished')).run?.record.config.seed, 7);
  });

  it('that another window or the command line began can be stopped from here', async function () {
    if (process.platform === 'win32') this.skip(); // There are no signals to ask with.
    const { runs } = await parts();
    const [root] = runs.roots;
    assert(root);
    const dir = path.join(root, 'elsewhere');
    const settings = Object.entries(TINY).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const cli = path.join(repository(), 'dist', 'cli.cjs');
    const child = spawn(process.execPath, [cli, 'train', makeImages('images'), '--out', dir, ...settings]);
    try {
      await eventually('run of others', () => runs.get(dir)?.summary.state === 'running');
      await untilTrained(dir, 2);
      await vscode.commands.executeCommand('dino.stopRun', dir);
      const { step } = await untilState(dir, 'stopped');
      assert.ok(step >= 2, 'it was saved');
      const { pid } = child;
      await eventually('end of its process', () => pid !== undefined && !isAlive(pid));
    } finally {
      child.kill('SIGKILL');
    }
  });
});
