import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { EmbeddingPanel } from '../../src/host/embedding/embeddingPanel.js';
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

describe('The embedding', () => {
  afterEach(removeRuns);

  const METHOD = { kind: 'tsne', perplexity: 5, iterations: 250 } as const;

  async function stoppedRun(name: string): Promise<string> {
    const run = await startRun(name);
    await untilTrained(run, 2);
    await (await parts()).trainings.get(run)?.stop();
    await untilState(run, 'stopped');
    return run;
  }

  /** Its page starts it. */
  const untilLaidOut = (panel: EmbeddingPanel): Promise<true> =>
    eventually('plot', () => panel.layouts.size > 0 && panel.progress.phase === 'idle');

  it("of a folder is laid out by a run's newest checkpoint, then by another one from there, and written", async () => {
    const { embeddingPanels } = await parts();
    const run = await stoppedRun('alike');
    const folder = makeImages('images');
    await vscode.commands.executeCommand('dino.showEmbedding', vscode.Uri.file(folder));
    const panel = await eventually('panel', () => embeddingPanels.get(folder));
    await untilLaidOut(panel);
    await panel.begin({ network: run, method: METHOD, mostImages: 1000 });
    assert.deepEqual(panel.progress, { phase: 'idle' });
    const [[checkpoint, layout] = []] = [...panel.layouts];
    assert(checkpoint !== undefined && layout !== undefined);
    assert.equal(layout.length, 2 * readdirSync(folder).length);
    const checkpoints = path.dirname(checkpoint);
    const untrained = path.join(checkpoints, readdirSync(checkpoints).sort()[0] ?? '');
    await panel.visit([untrained]);
    assert.deepEqual([...panel.layouts.keys()], [checkpoint, untrained]);

    const table = path.join(workspaceFolder(), 'table.csv');
    writeFileSync(table, `file,kind\n${readdirSync(folder)[0]},one\n`);
    const { columns, note } = await panel.openTable(table);
    assert.deepEqual(columns, ['kind']);
    assert.match(note, /1 of 32 images are in it by “file”\. 31 have no line/);
    const settings = vscode.workspace.getConfiguration('dino');
    await settings.update('tables', { header: false }, vscode.ConfigurationTarget.Global);
    assert.deepEqual((await panel.openTable(table)).columns, ['column 2']);
    await settings.update('tables', undefined, vscode.ConfigurationTarget.Global);
    const projector = path.join(workspaceFolder(), 'projector');
    await panel.writeProjector(projector, checkpoint, [
      { name: 'kind', values: Array.from({ length: 32 }, () => 'x') },
    ]);
    assert(existsSync(path.join(projector, 'sprite.png')));
    assert.equal(readFileSync(path.join(projector, 'metadata.tsv'), 'utf8').split('\n')[0], 'name\tkind');
    rmSync(projector, { recursive: true });
    rmSync(table);
  });

  it('of a run is of the images that it learns from; one whose checkpoint has gone says so', async () => {
    const { embeddingPanels } = await parts();
    const run = await stoppedRun('learning');
    await vscode.commands.executeCommand('dino.showEmbedding', run);
    const panel = await eventually('panel', () => embeddingPanels.get(run));
    await untilLaidOut(panel);
    await panel.begin({ network: run, method: { kind: 'pca' }, mostImages: 5 });
    assert.equal([...panel.layouts.values()][0]?.length, 10);
    rmSync(path.join(run, 'checkpoints'), { recursive: true });
    await panel.begin({ network: run, method: { kind: 'pca' }, mostImages: 5 });
    assert.equal(panel.progress.phase, 'failed');
    assert.match(panel.progress.message, /no longer exists: choose another one/);
  });
});
