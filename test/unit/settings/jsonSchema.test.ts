import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configSchemaText } from '../../../src/settings/jsonSchema.js';
import { SETTING_KEYS } from '../../../src/settings/settings.js';

test('media/config.schema.json is up to date (renew it with: npx vitest run test/unit/settings/jsonSchema -u)', async () => {
  await expect(configSchemaText()).toMatchFileSnapshot(join(import.meta.dirname, '../../../media/config.schema.json'));
});

test('every setting has a description, and completion shows its default and range', () => {
  const { properties } = JSON.parse(configSchemaText()) as { properties: Record<string, Record<string, unknown>> };
  for (const key of SETTING_KEYS) expect(properties[key]?.['description'], key).toMatch(/\.$/);
  expect(properties['epochs']).toMatchObject({ type: 'integer', minimum: 1, default: 100 });
  expect(properties['global_crops_scale']).toMatchObject({ default: [0.4, 1] });
});
