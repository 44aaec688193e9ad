import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configSchemaText } from '../../../src/settings/jsonSchema.js';
import { SETTING_KEYS } from '../../../src/settings/settings.js';
import { type EditorSetting, settingsReference } from '../../../src/settings/settingsReference.js';

const root = join(import.meta.dirname, '../../..');

test('media/config.schema.json is up to date (renew it with: npx vitest run test/unit/settings/jsonSchema -u)', async () => {
  await expect(configSchemaText()).toMatchFileSnapshot(join(root, 'media/config.schema.json'));
});

/** VS Code's settings as package.json contributes them, with the words of package.nls.json. */
function editorSettings(): EditorSetting[] {
  const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, unknown>;
  const words = json('package.nls.json') as Record<string, string>;
  const { contributes } = json('package.json') as {
    contributes: { configuration: { properties: Record<string, { default: unknown; markdownDescription: string }> } };
  };
  return Object.entries(contributes.configuration.properties).map(([key, setting]) => ({
    key,
    default: setting.default,
    description: words[setting.markdownDescription.slice(1, -1)] ?? '',
  }));
}

test('SETTINGS.md is up to date (the same command renews it)', async () => {
  await expect(settingsReference(editorSettings())).toMatchFileSnapshot(join(root, 'SETTINGS.md'));
});

test('the reference has one line for each setting, and one for each of VS Code', () => {
  const lines = settingsReference(editorSettings()).split('\n');
  const rowsOf = (key: string) => lines.filter((line) => line.startsWith(`| \`${key}\` |`));
  for (const key of [...SETTING_KEYS, 'dino.engine', 'dino.tables']) expect(rowsOf(key), key).toHaveLength(1);
  expect(rowsOf('patch_size')[0]).toMatch(
    /^\| `patch_size` \| `16` \| a whole number from 1 to 64 \| {2}\| Side in pixels/,
  );
  expect(rowsOf('warmup_epochs')[0]).toContain('| derived |');
  expect(rowsOf('cache_mb')[0]).toContain('| may change |');
});

test('every setting has a description, and completion shows its default and range', () => {
  const { properties } = JSON.parse(configSchemaText()) as { properties: Record<string, Record<string, unknown>> };
  for (const key of SETTING_KEYS) expect(properties[key]?.['description'], key).toMatch(/\.$/);
  expect(properties['epochs']).toMatchObject({ type: 'integer', minimum: 1, default: 100 });
  expect(properties['global_crops_scale']).toMatchObject({ default: [0.4, 1] });
});
