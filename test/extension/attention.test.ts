import assert from 'node:assert/strict';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { checkpointSources, usualCheckpoint } from '../../src/host/checkpointSources.js';
import { listCheckpoints } from '../../src/runs/checkpoint.js';
import { attentive } from '../unit/evaluation/attentive.js';
import {
  eventually,
  makeImages,
  parts,
  removeRuns,
  startRun,
  untilState,
  untilTrained,
  workspaceFolder,
} from './surroundings.js';

describe('Attention', () => {
  const notes = () => path.join(workspaceFolder(), 'notes.md');
  afterEach(async () => {
    await removeRuns();
    rmSync(notes(), { force: true });
  });

  const images = (): readonly [string, string] => {
    const folder = makeImages('images');
    const [one = '', other = ''] = readdirSync(folder);
    return [path.join(folder, one), path.join(folder, other)];
  };

  /** A run that has been stopped, with a checkpoint more than the untrained one. */
  async function trainedRun(name: string): Promise<string> {
    const run = await startRun(name);
    await untilTrained(run, 2);
    await vscode.commands.executeCommand('dino.stopRun', run);
    await untilState(run, 'stopped');
    return run;
  }

  async function hoverOver(text: string, character: number): Promise<string> {
    writeFileSync(notes(), text);
    const document = await vscode.workspace.openTextDocument(notes());
    await vscode.commands.executeCommand('workbench.action.files.revert');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(0, character),
    );
    const contents = hovers.flatMap(({ contents: each }) => each);
    return contents.map((content) => (typeof content === 'string' ? content : content.value)).join('\n');
  }

  it('is seen where an image is named, unless the setting says no', async () => {
    const { attentionChoice } = await parts();
    const run = await trainedRun('hovered');
    const [latest] = listCheckpoints(run).slice(-1);
    assert(latest);
    await vscode.commands.executeCommand('dino.useForAttention', latest);
    assert.equal(attentionChoice.path, latest.path);
    const [image] = images();
    const line = `See ![it](images/${path.basename(image)}), and no-such.png`;
    const seen = await hoverOver(line, line.indexOf('images'));
    const png = /data:image\/png;base64,([\w+/=]+)/.exec(seen)?.[1];
    assert(png, `an image in ${seen.slice(0, 200)}`);
    // Width and height are the first fields of a PNG.
    assert.deepEqual(
      [Buffer.from(png, 'base64').readUInt32BE(16), Buffer.from(png, 'base64').readUInt32BE(20)],
      [326, 160],
    );
    assert.match(seen, /command:dino\.showAttention\?/);
    assert.match(seen, /step&nbsp;\d+|step \d+/);

    assert.doesNotMatch(await hoverOver(line, line.indexOf('no-such') + 2), /showAttention/);
    assert.doesNotMatch(await hoverOver(line, 1), /showAttention/);
    const settings = vscode.workspace.getConfiguration('dino');
    await settings.update('attentionHover', false, vscode.ConfigurationTarget.Workspace);
    try {
      assert.doesNotMatch(await hoverOver(line, line.indexOf('images')), /showAttention/);
    } finally {
      await settings.update('attentionHover', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('follows the image that becomes active, in a tab or under the text cursor', async () => {
    const { attentionPanels } = await parts();
    const [one, other] = images();
    // Not the text of another test, which the editor may remember.
    const list = path.join(workspaceFolder(), 'list.csv');
    const shows = (file: string) => () => {
      const shown = attentionPanels.follower?.shown.image;
      return shown?.path === file;
    };
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(one));
    await vscode.commands.executeCommand('dino.showAttentionToSide');
    await eventually('panel that follows', shows(one));
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(other), vscode.ViewColumn.One);
    await eventually('the other image', shows(other));
    writeFileSync(list, `nothing\n${path.basename(workspaceFolder())}\nimages/${path.basename(one)}\n`);
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(list), {
      viewColumn: vscode.ViewColumn.One,
    });
    assert(shows(other)(), 'it stays while no image is active');
    const place = new vscode.Position(2, 12);
    editor.selection = new vscode.Selection(place, place);
    await eventually('the image under the text cursor', shows(one));
    assert.equal(attentionPanels.shown.length, 1, 'in one panel');
    const labels = () => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label);
    await eventually('its title', () => labels().includes(`Attention: ${path.basename(one)}`));

    // As the editor's menu does.
    await vscode.commands.executeCommand('dino.showAttention', editor.document.uri);
    assert.equal(attentionPanels.shown.length, 1, 'which the command for the path under the cursor reveals');
    rmSync(list);
  });

  it('has a slider over the checkpoints that are there', async () => {
    const { runs, runsView, attentionChoice, imports } = await parts();
    const run = await trainedRun('slid');
    const of = () =>
      checkpointSources({ runs, runsView, imports, choice: attentionChoice }).sources.find(({ id }) => id === run);
    const checkpoints = listCheckpoints(run);
    assert.deepEqual(
      of()?.checkpoints.map(({ step }) => step),
      checkpoints.map(({ step }) => step),
    );
    assert.equal(of()?.checkpoints[0]?.step, 0, 'the untrained network is kept');
    const [first] = checkpoints;
    assert(first);
    await vscode.commands.executeCommand('dino.useForAttention', first);
    assert.equal(usualCheckpoint({ runs, runsView, imports, choice: attentionChoice }), first.path);
    renameSync(first.path, path.join(path.dirname(first.path), '.gone'));
    assert(!of()?.checkpoints.some(({ id }) => id === first.path), 'one that was removed is not offered');
  });

  it('swaps weights for another checkpoint, and says when an image or a checkpoint has gone', async () => {
    const { inspector } = await parts();
    const run = await trainedRun('swapped');
    const checkpoints = listCheckpoints(run);
    const [path0 = '', path1 = ''] = [checkpoints[0]?.path, checkpoints.at(-1)?.path];
    const [image] = images();
    const look = (checkpoint: string, block?: number) =>
      attentive(
        inspector.attention({
          checkpoint,
          image: { kind: 'file', path: image },
          ...(block !== undefined && { block }),
        }),
      );
    const [untrained, trained] = [await look(path0), await look(path1)];
    assert.notDeepEqual(untrained.queries, trained.queries);
    assert.deepEqual((await look(path0)).queries, untrained.queries);
    assert.deepEqual([untrained.block, untrained.blocks], [1, 2]);
    assert.notDeepEqual((await look(path0, 0)).queries, untrained.queries);
    await assert.rejects(look(path0, 2), /there is no block 3/);
    rmSync(image);
    await assert.rejects(look(path0), /cannot be read: the file is no longer there/);
    rmSync(path1, { recursive: true });
    await assert.rejects(look(path1), /cannot be read/);
  });
});
