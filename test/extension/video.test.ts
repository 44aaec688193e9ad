import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { latestCheckpoint } from '../../src/runs/checkpoint.js';
import { writeMovingSquare } from '../unit/evaluation/video/movingSquare.js';
import {
  eventually,
  parts,
  picking,
  removeRuns,
  startRun,
  untilState,
  untilTrained,
  workspaceFolder,
} from './surroundings.js';

describe('Segment Video Frames', () => {
  afterEach(removeRuns);

  it('carries the first mask on, goes on with another checkpoint in the same tab, and saves the masks', async () => {
    const { videoPanels, trainings } = await parts();
    const run = await startRun('seen', { method: 'dino', patch_size: 16 });
    await untilTrained(run, 2);
    await trainings.get(run)?.stop();
    await untilState(run, 'stopped');
    const { images } = await writeMovingSquare(path.join(workspaceFolder(), 'davis'), 'square', { frames: 3 });
    await vscode.commands.executeCommand('dino.segmentVideo', vscode.Uri.file(images));
    const panel = await eventually('panel', () => videoPanels.all[0]);
    assert.equal(panel.shown.folder, images);

    // The page asks by itself, with the usual size.
    await eventually('all masks', () => panel.masks.length === 3);
    const checkpoint = latestCheckpoint(run)?.path;
    assert(checkpoint);
    const { whole } = await panel.segment({ checkpoint, shortSide: 64 });
    assert(whole && whole.region > 0 && whole.region <= 1);
    assert.deepEqual(
      panel.masks.map(({ index }) => index),
      [0, 1, 2],
    );
    // The same question again is answered with what is known.
    const { masks } = panel;
    await panel.segment({ checkpoint, shortSide: 64 });
    assert.equal(panel.masks[0], masks[0]);
    await assert.rejects(panel.segment({ checkpoint: '/elsewhere', shortSide: 64 }), /no longer exists/);

    videoPanels.show({ folder: images, checkpoint });
    assert.equal(videoPanels.all.length, 1);

    const into = path.join(workspaceFolder(), 'saved');
    try {
      const saved = await picking(
        'showOpenDialog',
        () => [vscode.Uri.file(into)],
        () => panel.save(),
      );
      assert.deepEqual(saved, { folder: path.join(into, 'square'), count: 3 });
      assert.deepEqual(readdirSync(path.join(into, 'square')), ['00000.png', '00001.png', '00002.png']);
      await assert.rejects(
        picking(
          'showOpenDialog',
          () => [vscode.Uri.file(path.dirname(images))],
          () => panel.save(),
        ),
        /it has the frames or the given masks of the video/,
      );
    } finally {
      rmSync(into, { recursive: true, force: true });
      rmSync(path.join(workspaceFolder(), 'davis'), { recursive: true, force: true });
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
