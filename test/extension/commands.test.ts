import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { logFile, runFile } from '../../src/runs/run.js';
import {
  eventually,
  makeImages,
  parts,
  removeRuns,
  startRun,
  TINY,
  untilState,
  workspaceFolder,
} from './surroundings.js';

const openFile = (): string | undefined => vscode.window.activeTextEditor?.document.uri.fsPath;

describe('The commands about a run', () => {
  let run: string;
  before(async () => {
    run = await startRun('looked at', { epochs: 1 });
    await untilState(run, 'finished');
  });
  after(removeRuns);

  it('Reveal Run selects it in the tree', async () => {
    const { runsView } = await parts();
    await vscode.commands.executeCommand('dino.revealRun', run);
    await eventually('selected run', () => runsView.selected?.dir === run);
  });

  it('Show Log opens its log, which says how it ended', async () => {
    await vscode.commands.executeCommand('dino.showLog', run);
    await eventually('log', () => openFile() === logFile(run));
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /ended after step 4 \(finished\)/);
  });

  it('Open Config of a run opens its record, at its settings', async () => {
    await vscode.commands.executeCommand('dino.openConfig', run);
    await eventually('record', () => openFile() === runFile(run));
    const editor = vscode.window.activeTextEditor;
    assert(editor);
    assert.match(editor.document.lineAt(editor.selection.active.line).text, /"config"/);
  });

  it('Copy Path of Run does', async () => {
    await vscode.commands.executeCommand('dino.copyRunPath', run);
    assert.equal(await vscode.env.clipboard.readText(), run);
  });
});

describe('Open Config', () => {
  const file = (): string => path.join(workspaceFolder(), 'dino.json');
  afterEach(() => rmSync(file(), { force: true }));

  it('makes a config file, once, with which a training can be started', async () => {
    await vscode.commands.executeCommand('dino.openConfig');
    await eventually('config file', () => openFile() === file());
    assert.ok(existsSync(file()));
    const made = readFileSync(file(), 'utf8');
    assert.match(made, /"preset": "dinov2-few-images"/);
    await vscode.commands.executeCommand('dino.openConfig');
    assert.equal(readFileSync(file(), 'utf8'), made, 'the second time it is opened as it is');
  });
});

describe('The settings', () => {
  afterEach(removeRuns);

  const withSetting = async (key: string, value: unknown, act: () => Promise<void>): Promise<void> => {
    const settings = vscode.workspace.getConfiguration('dino');
    await settings.update(key, value, vscode.ConfigurationTarget.Global);
    try {
      await act();
    } finally {
      await settings.update(key, undefined, vscode.ConfigurationTarget.Global);
    }
  };

  it('dino.engine runs new runs', () =>
    withSetting('engine', 'eager', async () => {
      const { runs } = await parts();
      const run = await startRun('eager', { epochs: 1 });
      const engine = () => runs.get(run)?.summary.run?.record.engine?.name;
      assert.equal(await eventually('engine', () => engine() ?? false), 'eager');
      assert.equal(runs.get(run)?.summary.run?.record.engine?.decidedBy, 'user');
    }));

  it('dino.engine yields to a config file that names an engine, and the run says so', () =>
    withSetting('engine', 'eager', async () => {
      const { runs, runsView } = await parts();
      const configFile = path.join(workspaceFolder(), 'engine.dino.json');
      writeFileSync(configFile, JSON.stringify({ ...TINY, epochs: 1, engine: 'onnx' }));
      try {
        const run = await startRun('by file', {}, configFile);
        const engine = () => runs.get(run)?.summary.run?.record.engine;
        const { name, decidedBy } = await eventually('engine', () => engine() ?? false);
        assert.deepEqual({ name, decidedBy }, { name: 'onnx', decidedBy: 'file' });
        const listed = runs.get(run);
        assert(listed);
        const tooltip = async () => {
          const { tooltip: text } = await runsView.resolveTreeItem(runsView.getTreeItem(listed), listed);
          assert(text instanceof vscode.MarkdownString);
          return text.value;
        };
        assert.match(await tooltip(), /onnxruntime.*from.*config.*file/);
        await untilState(run, 'finished');
        assert.match(await tooltip(), /!\[Loss over the run, from .*\]\(data:image\/svg\+xml;base64,/);
        assert.match(readFileSync(logFile(run), 'utf8'), /engine onnx, from the config file, which overrides .*eager/);
      } finally {
        rmSync(configFile, { force: true });
      }
    }));

  it('dino.runsFolder is where runs are kept', () => {
    const folder = path.join(workspaceFolder(), 'my runs');
    return withSetting('runsFolder', 'my runs', async () => {
      makeImages('images');
      const run = await startRun('elsewhere', { epochs: 1 });
      assert.equal(path.dirname(run), folder);
      await untilState(run, 'finished');
      await removeRuns();
    }).finally(() => rmSync(folder, { recursive: true, force: true }));
  });

  it('dino.nodePath that is no Node fails the run with a sentence that names it', () =>
    withSetting('nodePath', '/nowhere/node', async () => {
      const run = await startRun('without node');
      const { problems } = await untilState(run, 'failed');
      assert.match(problems.join(), /\/nowhere\/node/);
    }));
});
