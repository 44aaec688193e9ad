import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineDecision } from '../../../src/runs/engineDecision.js';
import { type EditorSettings, resolveSettings, type SettingsRequest } from '../../../src/settings/resolve.js';
import { temporaryFolder } from './temporaryFolder.js';

const editor = (scope: EditorSettings['scope'], engine = 'tensorflow'): EditorSettings => ({
  scope,
  settings: { engine },
});
const decisionOf = (request: SettingsRequest, before?: 'file' | 'user') => {
  const resolved = resolveSettings(request);
  const { by, said } = engineDecision(resolved, { editor: request.editor, before }) ?? {};
  return { engine: resolved.settings.engine, by, said };
};
function configFile(text: string): string {
  const path = join(temporaryFolder(), 'dino.json');
  writeFileSync(path, text);
  return path;
}

describe('the engine is decided by the nearest that names one', () => {
  const file = () => configFile('{ "engine": "onnx" }');
  const silentFile = () => configFile('{ "epochs": 3 }');

  test('a choice at the start wins over all', () => {
    expect(decisionOf({ set: { engine: 'eager' }, configFile: file(), editor: editor('folder') })).toEqual({
      engine: 'eager',
      by: 'start',
      said: 'engine eager, chosen at the start, which overrides the VS Code setting dino.engine, tensorflow',
    });
  });

  test('then the config file, which says what it overrides', () => {
    expect(decisionOf({ configFile: file(), editor: editor('folder') })).toEqual({
      engine: 'onnx',
      by: 'file',
      said: 'engine onnx, from the config file, which overrides the VS Code setting dino.engine, tensorflow',
    });
    expect(decisionOf({ configFile: file(), editor: editor('user', 'onnx') }).said).toBe(
      'engine onnx, from the config file',
    );
    expect(decisionOf({ configFile: file() }).by).toBe('file');
  });

  test.each(['folder', 'workspace', 'user'] as const)('then the setting of the %s, also beside a preset', (scope) => {
    for (const request of [{ configFile: silentFile() }, { preset: 'tiny' }])
      expect(decisionOf({ ...request, editor: editor(scope) })).toEqual({
        engine: 'tensorflow',
        by: scope,
        said: `engine tensorflow, from the VS Code setting dino.engine of the ${scope}`,
      });
  });

  test('else the default, unless the run that is resumed has one', () => {
    expect(decisionOf({ configFile: silentFile() })).toMatchObject({ engine: 'auto', by: 'default' });
    const run = resolveSettings({ configFile: file() }).settings;
    expect(decisionOf({ run }, 'file')).toMatchObject({ engine: 'onnx', by: 'file' });
    expect(decisionOf({ run }), 'of a run of an earlier version').toEqual({
      engine: 'onnx',
      by: undefined,
      said: undefined,
    });
    expect(decisionOf({ run, set: { engine: 'eager' } }, 'file').by).toBe('start');
  });

  test('a word that is no engine is refused where it stands', () => {
    expect(() => resolveSettings({ editor: editor('user', 'cuda') })).toThrow(
      'engine is "cuda" in VS Code\'s settings, but must be one of auto, onnx, tensorflow, eager.',
    );
  });
});
