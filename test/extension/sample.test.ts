import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { answering, eventually, parts, removeRuns, summaryOf } from './surroundings.js';

const tabLabels = (): string[] => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label);

describe('The sample', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await removeRuns();
  });

  it('is listed, with its curves and the attention of its last checkpoint, each time it is opened', async () => {
    const { runs, curves, attentionPanels } = await parts();
    await vscode.commands.executeCommand('dino.openSample');
    const listed = runs.runs.find(({ summary }) => summary.name === 'sample: photographs');
    assert(listed, 'the run is listed');
    const { dir, root } = listed;
    assert.equal(root, runs.roots.at(-1));
    await eventually('tabs', () => tabLabels().some((label) => label.startsWith('Loss: sample')));
    await eventually('points', () => (curves.get(dir)?.pointsShown(dir) ?? 0) > 100);
    await eventually('attention', () => tabLabels().includes('Attention: nagasaki-boats.jpg'));
    const [image] = attentionPanels.shown.slice(-1);
    assert.equal(image?.image.kind, 'file');
    assert(existsSync(image.image.path));

    // A record that was damaged meanwhile is whole again.
    writeFileSync(path.join(dir, 'run.json'), '{');
    await runs.refresh();
    assert.equal((await summaryOf(dir)).state, 'broken');
    await vscode.commands.executeCommand('dino.openSample');
    assert.notEqual((await summaryOf(dir)).state, 'broken');
  });

  it('lies outside of the extension, and is not trained further', async () => {
    const { runs } = await parts();
    await vscode.commands.executeCommand('dino.openSample');
    const listed = runs.runs.find(({ summary }) => summary.name === 'sample: photographs');
    assert(listed);
    assert(!listed.dir.startsWith(path.join(__dirname, '..', '..', '..', 'media')));
    const said = await answering('showErrorMessage', undefined, async (messages) => {
      await vscode.commands.executeCommand('dino.resumeRun', listed.dir);
      await eventually('answer', () => messages.length > 0);
      return messages;
    });
    assert.match(said.join('\n'), /cannot be resumed/);
  });
});
