import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { latestCheckpoint } from '../../src/runs/checkpoint.js';
import {
  answering,
  eventually,
  makeImages,
  parts,
  removeRuns,
  startRun,
  untilState,
  untilTrained,
} from './surroundings.js';

describe('A search among images', () => {
  afterEach(removeRuns);

  /** The page of a panel asks by itself when it is there or the folder changes, which stops what was asked before. */
  const answerOf = <T>(find: () => Promise<T>): Promise<T> =>
    eventually('answer', () =>
      find().catch((error: Error) => {
        if (error.message === 'The search was stopped.') return undefined;
        throw error;
      }),
    );

  async function checkpointOf(name: string): Promise<string> {
    const run = await startRun(name);
    await untilTrained(run, 2);
    await (await parts()).trainings.get(run)?.stop();
    await untilState(run, 'stopped');
    const latest = latestCheckpoint(run);
    assert(latest);
    return latest.path;
  }

  it('finds what is like an image, goes on from there and back, and follows the folder', async () => {
    const { similarPanels } = await parts();
    const checkpoint = await checkpointOf('seen');
    const folder = makeImages('images');
    const [first = '', second = ''] = readdirSync(folder);
    await vscode.commands.executeCommand('dino.findSimilar', vscode.Uri.file(path.join(folder, first)));
    const panel = await eventually('panel', () => similarPanels.all[0]);
    assert.equal(panel.folder, folder);
    const found = await answerOf(() => panel.find({ checkpoint }));
    assert.equal(found.images, 32);
    assert.equal(found.found.length, 31);
    assert(found.found.every(({ name }) => name !== first));

    panel.crop({ left: 0, top: 0, width: 64, height: 64 });
    const ofPart = await answerOf(() => panel.find({ checkpoint }));
    assert.equal(ofPart.found[0]?.name, first);
    panel.moreLike(0);
    assert.deepEqual(panel.query.image, { kind: 'file', path: path.join(folder, first) });
    panel.back();
    assert.notEqual(panel.query.region, undefined);

    copyFileSync(path.join(folder, second), path.join(folder, 'another.png'));
    try {
      const countImages = async () => (await answerOf(() => panel.find({ checkpoint }))).images;
      await eventually('the new image', async () => (await countImages()) === 33);
      await assert.rejects(panel.find({ checkpoint: '/elsewhere' }), /no longer exists: choose another one/);
    } finally {
      rmSync(path.join(folder, 'another.png'));
    }
  });

  it('groups copies, and deletes those that are not wanted after a question', async () => {
    const { copiesPanels } = await parts();
    const checkpoint = await checkpointOf('copied');
    const folder = makeImages('duplicates', 8);
    const [first = ''] = readdirSync(folder);
    copyFileSync(path.join(folder, first), path.join(folder, 'copy.png'));
    await vscode.commands.executeCommand('dino.findCopies', vscode.Uri.file(folder));
    const panel = await eventually('panel', () => copiesPanels.all[0]);
    const { names, links } = await answerOf(() => panel.find({ checkpoint }));
    const strongest = [...links].sort((one, other) => other.similarity - one.similarity)[0];
    assert(strongest);
    assert.deepEqual([names[strongest.one], names[strongest.other]].sort(), ['copy.png', first].sort());
    const place = names.indexOf('copy.png');
    await answering('showWarningMessage', undefined, async () => assert.deepEqual(await panel.delete([place]), []));
    assert(existsSync(path.join(folder, 'copy.png')));
    const yes = async (said: string[]) => {
      const deleted = await panel.delete([place]);
      assert.match(said[0] ?? '', /^Move 1 image to the bin\?$/);
      return deleted;
    };
    const deleted = await answering('showWarningMessage', 'Move to Bin', yes);
    // A server without a bin asks once more.
    if (deleted.length === 0) {
      assert(existsSync(path.join(folder, 'copy.png')));
      const original = vscode.window.showWarningMessage;
      Object.assign(vscode.window, { showWarningMessage: async (...asked: string[]) => asked.at(-1) });
      try {
        assert.deepEqual(await panel.delete([place]), [place]);
      } finally {
        Object.assign(vscode.window, { showWarningMessage: original });
      }
    }
    assert(!existsSync(path.join(folder, 'copy.png')));
    rmSync(folder, { recursive: true });
  });
});
