import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { settingsSources } from '../../src/host/settingsSources.js';
import { writeSettings } from '../../src/host/writeSettings.js';
import { eventually, makeImages, parts, removeRuns, startRun, untilTrained, workspaceFolder } from './surroundings.js';

/** Whatever is asked to be picked, the first item that holds the text is. */
async function picking<T>(text: string, act: () => Promise<T>): Promise<T> {
  const original = vscode.window.showQuickPick;
  const pick = async (items: readonly vscode.QuickPickItem[]) => items.find(({ label }) => label.includes(text));
  Object.assign(vscode.window, { showQuickPick: pick });
  try {
    return await act();
  } finally {
    Object.assign(vscode.window, { showQuickPick: original });
  }
}

describe('The previews of crops', () => {
  const config = () => path.join(workspaceFolder(), 'dino.json');
  afterEach(async () => {
    await removeRuns();
    rmSync(config(), { force: true });
  });

  const imageFile = (): string => {
    const folder = makeImages('images');
    return path.join(folder, readdirSync(folder)[0] ?? '');
  };

  it('show the crops that the preset for such images makes', async () => {
    const { cropPreviews } = await parts();
    const file = imageFile();
    await vscode.commands.executeCommand('dino.previewCrops', vscode.Uri.file(file));
    const crops = await eventually('crops in the page', () => cropPreviews.get(file)?.lastCrops);
    assert.deepEqual(
      crops.records.map(({ kind, size }) => `${kind} ${size}`),
      ['global 24', 'global 24', 'local 12', 'local 12', 'local 12', 'local 12'],
    );
    assert.equal(crops.pixels.byteLength, 3 * (2 * 24 * 24 + 4 * 12 * 12));
  });

  it('open the attention in a crop, and in the whole image', async () => {
    const { cropPreviews, attentionPanels } = await parts();
    const file = imageFile();
    await vscode.commands.executeCommand('dino.previewCrops', vscode.Uri.file(file));
    const preview = () => cropPreviews.get(file);
    const crops = await eventually('crops in the page', () => preview()?.lastCrops);
    preview()?.showAttention(3);
    preview()?.showAttention();
    const image = { kind: 'file', path: file };
    assert.deepEqual(
      attentionPanels.shown.map(({ image: shown, region }) => ({ shown, region })),
      [
        { shown: image, region: crops.records[3]?.box },
        { shown: image, region: undefined },
      ],
    );
  });

  it('show what a run is trained on, and move on with it', async () => {
    const { cropPreviews } = await parts();
    const run = await startRun('watched');
    await untilTrained(run, 2);
    await vscode.commands.executeCommand('dino.previewCrops', run);
    const first = await eventually('crops in the page', () => cropPreviews.get(run)?.lastCrops);
    assert.equal(first.records.length, 4);
    await eventually('crops of another batch', () => {
      const boxes = JSON.stringify(cropPreviews.get(run)?.lastCrops?.records);
      return boxes !== JSON.stringify(first.records);
    });
  });

  it('write settings into a config file, which keeps the rest', async () => {
    const text = '{\n  // Mine.\n  "preset": "small-data",\n  "local_crops_scale": [0.05, 0.4]\n}\n';
    writeFileSync(config(), text);
    const [source] = await eventually('config file', async () => {
      const sources = await settingsSources();
      return sources[0]?.configFile === config() && sources;
    });
    assert(source);
    const tried = { local_crops_scale: [0.1, 0.3] as [number, number], local_crops_number: 4 };
    await picking('dino.json', () => writeSettings(tried, source));
    assert.equal(readFileSync(config(), 'utf8'), text.replace('[0.05, 0.4]', '[0.1, 0.3]'));

    // The small-data preset has patches of 4 pixels.
    await assert.rejects(
      picking('dino.json', () => writeSettings({ local_size: 18 }, source)),
      /local_size is 18, but must be a multiple of patch_size, which is 4/,
    );
    assert.equal(readFileSync(config(), 'utf8'), text.replace('[0.05, 0.4]', '[0.1, 0.3]'));
  });

  it('write a new config file that starts from the preset', async () => {
    const original = vscode.window.showSaveDialog;
    Object.assign(vscode.window, { showSaveDialog: async () => vscode.Uri.file(config()) });
    try {
      const source = (await settingsSources()).find(({ preset }) => preset === 'tiny');
      assert(source);
      await picking('New Config File', () => writeSettings({ blur_radius: [0.1, 1], image_size: 224 }, source));
    } finally {
      Object.assign(vscode.window, { showSaveDialog: original });
    }
    assert.equal(readFileSync(config(), 'utf8'), '{\n  "preset": "tiny",\n  "blur_radius": [0.1, 1]\n}\n');
  });

  it('write nothing when no file was chosen', async () => {
    const [source] = await settingsSources();
    assert(source);
    assert.equal(await picking('no such item', () => writeSettings({ local_crops_number: 3 }, source)), undefined);
    assert.equal(existsSync(config()), false);
  });
});
