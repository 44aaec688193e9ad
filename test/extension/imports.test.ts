import assert from 'node:assert/strict';
import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { openRun } from '../../src/runs/run.js';
import {
  answering,
  eventually,
  makeImages,
  parts,
  picking,
  removeRuns,
  repository,
  startRun,
  summaryOf,
  untilTrained,
} from './surroundings.js';

const weights = (...name: string[]): string => path.join(repository(), 'test', 'reference', 'weights', ...name);

/** Crops for its patches of 4 pixels. */
const SMALL = {
  image_size: 16,
  local_size: 8,
  local_crops_number: 2,
  out_dim: 96,
  head_hidden_dim: 64,
  head_bottleneck_dim: 32,
  batch_size: 8,
  epochs: 100_000,
  num_workers: 1,
};

describe('Imported weights', () => {
  afterEach(async () => {
    await removeRuns();
    const { imports } = await parts();
    for (const root of imports.roots) rmSync(root, { recursive: true, force: true });
    imports.refresh();
  });

  async function imported(name: string) {
    const { imports } = await parts();
    return eventually(`import ${name}`, () => imports.all.find((one) => one.name === name));
  }

  const saidNothing = <T>(act: (said: string[]) => PromiseLike<T>): Promise<T> =>
    answering('showInformationMessage', undefined, act);

  it('stand in the view with where they come from, are looked at, and start a run that says so', async () => {
    const { checkpointsView, inspector } = await parts();
    await saidNothing(async () => {
      await vscode.commands.executeCommand('dino.importWeights', vscode.Uri.file(weights('timm-dino')));
    });
    const one = await imported('timm-dino');
    const group = checkpointsView.getChildren().at(-1);
    assert(group);
    assert.deepEqual(checkpointsView.getChildren(group), [one]);
    const item = checkpointsView.getTreeItem(one);
    assert.equal(item.description, 'ViT 12 × 2/4 · timm');
    assert.match(String(item.tooltip), /Library: timm\n(?:.*\n)*model\.safetensors: \d+ bytes, SHA-256 [0-9a-f]{64}/);
    assert.equal(item.contextValue, 'import');

    const data = makeImages('imported', 16);
    const image = vscode.Uri.file(path.join(data, '0023-fe0f-20e3.png'));
    const answer = await inspector.attention({ checkpoint: one.path, image: { kind: 'file', path: image.fsPath } });
    assert.equal(answer.kind, 'attention');

    const given = { data: vscode.Uri.file(data), head: 'new', name: 'from timm', settings: SMALL };
    const { trainings } = await parts();
    await vscode.commands.executeCommand('dino.trainFromWeights', one, given);
    const run = trainings.all.find(({ request }) => request.name === 'from timm')?.request.run;
    assert(run);
    await untilTrained(run, 1);
    const { record } = await openRun(run);
    assert(typeof one.record !== 'string');
    assert.deepEqual(record.init, { ...one.record.source, head: 'new' });
    assert.deepEqual([record.config.embed_dim, record.config.patch_size], [12, 4]);
  });

  it('ask only what the file cannot tell, and a drop imports each file', async () => {
    const { weightsDrop, imports } = await parts();
    const uris = [weights('dinov2', 'chunked.pth'), weights('hf-dinov2')].map((file) => vscode.Uri.file(file));
    const transfer = new vscode.DataTransfer();
    transfer.set('text/uri-list', new vscode.DataTransferItem(uris.map(String).join('\r\n')));
    let asked = 0;
    const pickTwoHeads = (items: unknown) => {
      asked++;
      return (items as { label: string }[]).find(({ label }) => label === '2');
    };
    await saidNothing(() =>
      picking('showQuickPick', pickTwoHeads, async () => {
        const { token } = new vscode.CancellationTokenSource();
        await weightsDrop.handleDrop?.(undefined, transfer, token);
      }),
    );
    assert.equal(asked, 1, 'of the one that does not tell its heads');
    const [chunked, huggingFace] = [await imported('chunked'), await imported('hf-dinov2')];
    assert(typeof chunked.record !== 'string' && chunked.record.backbone.kind === 'vit');
    assert.equal(chunked.record.backbone.numHeads, 2);
    assert(typeof huggingFace.record !== 'string');
    assert.equal(imports.all.length, 2);
  });

  it('say in one sentence what is wrong with a file, and with an import that was altered', async () => {
    const { imports } = await parts();
    await answering('showErrorMessage', undefined, async (said) => {
      const file = vscode.Uri.file(path.join(repository(), 'package.json'));
      await vscode.commands.executeCommand('dino.importWeights', file);
      await eventually('refusal', () => said.length > 0);
      assert.match(said.join(), /package\.json is JSON text, not weights/);
    });
    assert.equal(imports.all.length, 0);
    await saidNothing(async () => {
      await vscode.commands.executeCommand('dino.importWeights', vscode.Uri.file(weights('timm-dino')));
    });
    const one = await imported('timm-dino');
    appendFileSync(path.join(one.path, 'weights.safetensors'), 'more');
    const { inspector } = await parts();
    const image = { kind: 'file', path: path.join(makeImages('imported', 1), '0023-fe0f-20e3.png') } as const;
    await assert.rejects(inspector.attention({ checkpoint: one.path, image }), /was changed after the import: it has/);
  });

  it('a checkpoint starts a run with its head kept', async () => {
    const { trainings, checkpointsView, runsView } = await parts();
    const first = await startRun('first');
    await untilTrained(first, 1);
    await trainings.get(first)?.stop();
    await eventually('its end', async () => (await summaryOf(first)).state === 'stopped');
    await runsView.reveal(first);
    const row = await eventually('checkpoint', () => checkpointsView.getChildren()[0]);
    const data = vscode.Uri.file(makeImages('images'));
    const settings = { image_size: 32, local_size: 16, local_crops_number: 2, batch_size: 8, num_workers: 1 };
    const given = { data, head: 'kept', name: 'second', settings: { ...settings, epochs: 100_000 } };
    await vscode.commands.executeCommand('dino.trainFromWeights', row, given);
    const run = trainings.all.find(({ request }) => request.name === 'second')?.request.run;
    assert(run);
    await untilTrained(run, 1);
    const { record } = await openRun(run);
    assert.equal(record.init?.head, 'kept');
    assert.equal(record.config.out_dim, 96);
  });
});
