import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import {
  answering,
  eventually,
  parts,
  picking,
  removeRuns,
  startRun,
  untilState,
  untilTrained,
} from './surroundings.js';

describe('An export', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'dino-export-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(removeRuns);

  async function stoppedRun(): Promise<string> {
    const run = await startRun('exported');
    await untilTrained(run, 2);
    await (await parts()).trainings.get(run)?.stop();
    await untilState(run, 'stopped');
    return run;
  }

  /** Picks the format and the file as a person does. @returns what was offered */
  async function exporting(subject: unknown, format: string, target: string): Promise<readonly string[]> {
    let offered: readonly { label: string; detail: string }[] = [];
    await picking(
      'showQuickPick',
      (items) => {
        offered = items as typeof offered;
        return offered.find(({ label }) => label === format);
      },
      () =>
        picking(
          'showSaveDialog',
          () => vscode.Uri.file(target),
          () => vscode.commands.executeCommand('dino.export', subject),
        ),
    );
    return offered.map(({ label }) => label);
  }

  it('of a run and of a checkpoint is written where the person says, and its code can be copied', async () => {
    const { runsView, checkpointsView } = await parts();
    const run = await stoppedRun();
    const file = path.join(folder, 'network.onnx');
    await answering('showInformationMessage', 'Copy Code', async (said) => {
      const formats = await exporting(run, 'ONNX', file);
      assert(formats.includes('timm') && formats.includes('Hugging Face') && formats.includes('PyTorch'));
      await eventually('message', () => said.length > 0);
      assert.match(
        said.join(),
        /exported, step \d+ \(teacher\) was exported for ONNX: network\.onnx\..*head was left out/,
      );
    });
    assert(existsSync(file));
    await eventually('code in the clipboard', async () =>
      (await vscode.env.clipboard.readText()).includes(`onnxruntime.InferenceSession(${JSON.stringify(file)})`),
    );

    await runsView.reveal(run);
    const untrained = await eventually('checkpoints', () => checkpointsView.getChildren().at(-1));
    const timm = path.join(folder, 'timm');
    await answering('showInformationMessage', undefined, () => exporting(untrained, 'timm', timm));
    const config: unknown = JSON.parse(readFileSync(path.join(timm, 'config.json'), 'utf8'));
    assert.equal((config as { architecture: string }).architecture, 'vit_small_patch16_224');

    await answering('showErrorMessage', undefined, async (said) => {
      await exporting(untrained, 'timm', timm);
      await eventually('refusal', () => said.length > 0);
      assert.match(said.join(), /timm is there already: choose another name/);
    });
  });
});
