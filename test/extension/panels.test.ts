import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { attentionOf } from '../../src/attention/queriesAndKeys.js';
import { shownFile } from '../../src/host/attentionPanels.js';
import { listCheckpoints } from '../../src/runs/checkpoint.js';
import { attentive } from '../unit/evaluation/attentive.js';
import {
  eventually,
  isAlive,
  makeImages,
  parts,
  removeRuns,
  repository,
  startRun,
  untilState,
  untilTrained,
} from './surroundings.js';

const tabLabels = (): string[] => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label);

describe('The panels', () => {
  afterEach(removeRuns);

  const imageFile = (): string => {
    const folder = makeImages('images');
    return path.join(folder, readdirSync(folder)[0] ?? '');
  };

  const file = (path: string) => ({ kind: 'file', path }) as const;

  it('draw a curve that grows while the run goes on', async () => {
    const { curves } = await parts();
    const run = await startRun('curved');
    await untilTrained(run, 2);
    await vscode.commands.executeCommand('dino.showLossCurve', run);
    await eventually('tab', () => tabLabels().includes('Loss: curved'));
    const first = await eventually('points in the page', () => {
      const shown = curves.get(run)?.pointsShown(run) ?? 0;
      return shown > 0 && shown;
    });
    await eventually('more points', () => (curves.get(run)?.pointsShown(run) ?? 0) > first);
    await vscode.commands.executeCommand('dino.showLossCurve', run);
    assert.equal(tabLabels().filter((label) => label === 'Loss: curved').length, 1, 'one panel a run');
  });

  it('stand side by side in the tour, and look into the run that trains', async () => {
    const { attentionPanels } = await parts();
    const run = await startRun('toured');
    await untilTrained(run, 1);
    await vscode.commands.executeCommand('dino.tour');
    const columnOf = (label: string) =>
      vscode.window.tabGroups.all.find(({ tabs }) => tabs.some((tab) => tab.label === label))?.viewColumn;
    await eventually('tabs', () => columnOf('Loss: toured') === 1 && columnOf('Attention: images #1') === 2);
    assert.deepEqual(attentionPanels.shown.at(-1)?.image, { kind: 'dataset', path: makeImages('images'), index: 0 });
    await vscode.commands.executeCommand('dino.tour');
    assert.equal(
      tabLabels().filter((label) => label === 'Attention: images #1').length,
      1,
      'taken again, no more panels',
    );
  });

  it('preview the run that is clicked, the next one in the same panel, and keep one that is clicked again', async () => {
    const { curves, runs, runsView } = await parts();
    const first = await startRun('one', { epochs: 1 });
    await untilState(first, 'finished');
    const second = await startRun('two', { epochs: 1 });
    await untilState(second, 'finished');
    const click = async (run: string) => {
      const listed = runs.get(run);
      assert(listed);
      const { command } = runsView.getTreeItem(listed);
      assert(command);
      await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
    };
    const previews = () =>
      tabLabels()
        .filter((label) => label.startsWith('Loss: '))
        .join();
    await click(first);
    await eventually('preview', () => previews() === 'Loss: one');
    await eventually('its points', () => (curves.get(first)?.pointsShown(first) ?? 0) > 0);
    await click(second);
    await eventually('the other run in its place', () => previews() === 'Loss: two');
    await eventually('its points', () => (curves.get(second)?.pointsShown(second) ?? 0) > 0);
    assert.equal(curves.get(first), undefined);
    await runs.refresh();
    await click(second);
    await click(first);
    await eventually('another preview beside the one that was kept', () => previews() === 'Loss: two,Loss: one');
    await runsView.reveal(second);
    await runs.refresh();
    assert.equal(
      previews(),
      'Loss: two,Loss: one',
      'a selection by a command, or a list that is read anew, opens nothing',
    );
    await vscode.commands.executeCommand('dino.compareRuns', [first, second]);
    await eventually('comparison', () => tabLabels().includes('Compare: two, one'));
  });

  it('compare runs, live ones too, at most seven', async () => {
    const { curves } = await parts();
    const first = await startRun('one');
    // The list has the newest first, by when their records were made, which processes do in their own time.
    await untilTrained(first, 2);
    const second = await startRun('two', { lr: 0.001 });
    await untilTrained(second, 2);
    await vscode.commands.executeCommand('dino.compareRuns', { dir: first }, [{ dir: first }, { dir: second }]);
    await eventually('tab', () => tabLabels().includes('Compare: two, one'));
    const panel = curves.get(second, first);
    assert(panel, 'in whatever order');
    const shown = () => [first, second].map((run) => panel.pointsShown(run));
    const before = await eventually('points of both', () => shown().every((count) => count > 0) && shown());
    await eventually('more points of both', () => shown().every((count, i) => count > (before[i] ?? 0)));
    await vscode.commands.executeCommand('dino.compareRuns', [second, first]);
    assert.equal(tabLabels().filter((label) => label === 'Compare: two, one').length, 1, 'one panel for the same runs');

    const covering = await vscode.workspace.openTextDocument({ content: 'in front of it' });
    await vscode.window.showTextDocument(covering);
    await eventually('nothing kept while it is hidden', () => shown().every((count) => count === 0));
    await vscode.commands.executeCommand('dino.compareRuns', [first, second]);
    await eventually('points again', () => shown().every((count) => count > 0));
    assert.throws(() => curves.show(Array.from({ length: 8 }, (_, i) => `${i}`)), /8 runs are selected.*select fewer/);
  });

  it('compute attention with the checkpoint that was chosen', async () => {
    const { inspector, attentionChoice } = await parts();
    const run = await startRun('seen');
    await untilTrained(run, 1);
    await vscode.commands.executeCommand('dino.stopRun', run);
    await untilState(run, 'stopped');
    const [untrained] = listCheckpoints(run);
    assert(untrained);
    await vscode.commands.executeCommand('dino.useForAttention', untrained);
    assert.equal(attentionChoice.path, untrained.path);

    const image = imageFile();
    await vscode.commands.executeCommand('dino.showAttention', vscode.Uri.file(image));
    await eventually('tab', () => tabLabels().includes(`Attention: ${path.basename(image)}`));

    const answer = await attentive(
      inspector.attention({ checkpoint: untrained.path, image: file(image), resolution: 64 }),
    );
    assert.equal(answer.heads, 3);
    assert.equal(answer.rows * answer.columns, 64);
    assert.equal(answer.image.length, 64 * 64 * 3);
    const attention = attentionOf(answer, 'cls');
    for (let head = 0; head < 3; head++) {
      const mass = attention.subarray(head * 64, (head + 1) * 64).reduce((sum, value) => sum + value, 0);
      assert.ok(mass > 0.5 && mass < 1, `the patches have ${mass} of the attention, the rest is the CLS token's own`);
    }
  });

  it('are one an image, also when VS Code restores one that is open already', async () => {
    const { attentionPanels } = await parts();
    const image = imageFile();
    const label = `Attention: ${path.basename(image)}`;
    const count = () => tabLabels().filter((title) => title === label).length;
    await vscode.commands.executeCommand('dino.showAttention', vscode.Uri.file(image));
    await eventually('tab', () => count() === 1);
    const restored = vscode.window.createWebviewPanel('dino.attention', label, vscode.ViewColumn.Active);
    await eventually('second tab', () => count() === 2);
    attentionPanels.restore(restored, { shown: shownFile(image), follows: false });
    await eventually('end of the second tab', () => count() === 1);
    await vscode.commands.executeCommand('dino.showAttention', vscode.Uri.file(image));
    assert.equal(count(), 1, 'the first one is still known');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await eventually('end of the first tab', () => count() === 0);
    await vscode.commands.executeCommand('dino.showAttention', vscode.Uri.file(image));
    await eventually('a new tab', () => count() === 1);
  });

  it("look into the original's own checkpoints", async () => {
    const { inspector } = await parts();
    const checkpoint = path.join(repository(), 'test', 'reference', 'tiny-vit', 'checkpoint.pth');
    const answer = await attentive(inspector.attention({ checkpoint, numHeads: 3, image: file(imageFile()) }));
    assert.equal(answer.heads, 3);
    assert.match(answer.checkpointName, /^checkpoint\.pth \(teacher\)$/);
  });

  it('say in a sentence what is wrong with a checkpoint', async () => {
    const { inspector } = await parts();
    const checkpoint = path.join(repository(), 'test', 'reference', 'tiny-vit', 'expected.json');
    await assert.rejects(inspector.attention({ checkpoint, image: file(imageFile()) }), (error: Error) => {
      assert.match(error.message, /expected\.json/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });

  it('get a new process when the one that looks into checkpoints has died', async function () {
    if (process.platform === 'win32') this.skip();
    const { inspector } = await parts();
    const images = makeImages('images');
    assert.equal((await inspector.survey(images)).preset, 'dinov2-few-images');
    const pid = await inspector.pid();
    assert(pid);
    process.kill(pid, 'SIGKILL');
    await eventually('end of the process', () => !isAlive(pid));
    assert.equal((await inspector.survey(images)).images, 32);
    assert.notEqual(await inspector.pid(), pid);
  });
});
