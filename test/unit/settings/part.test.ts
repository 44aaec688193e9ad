import { expect, test } from 'vitest';
import { type Complete, catalogueOf, schemaOf } from '../../../src/settings/catalogue.js';
import { configJsonSchema } from '../../../src/settings/jsonSchema.js';
import { parseKeyValues } from '../../../src/settings/keyValue.js';
import { mergeLayers } from '../../../src/settings/layers.js';
import type { SettingsPart } from '../../../src/settings/part.js';
import { dinov2 } from '../../../src/settings/parts/dinov2.js';
import { distillation } from '../../../src/settings/parts/distillation.js';
import { finetune } from '../../../src/settings/parts/finetune.js';
import { SettingsError } from '../../../src/settings/problems.js';
import { SETTING_KEYS, SETTINGS } from '../../../src/settings/settings.js';
import { flag, number, whole } from '../../../src/settings/values.js';

/** What CONTRIBUTING's "Add a setting" asks for: the line of a setting in its part, and nothing else. */
const pendulum = {
  fixed: {
    swing: number(0, 2).default(0.5).describe('How far it swings.'),
    rests: whole(0, 9).optional().describe('How often it rests. When left out: ten times swing.'),
  },
  changeable: { loud: flag().default(false).describe('Whether it ticks.') },
  derived: { rests: ({ swing }: { readonly swing: number }) => 10 * swing },
  check: ({ swing, loud }: { readonly swing: number; readonly loud: boolean }) =>
    loud && swing === 0 ? ['loud is true, but swing is 0'] : [],
} satisfies SettingsPart;
const clock = {
  fixed: { hands: whole(1, 3).default(2).describe('How many hands it has.') },
  changeable: {},
} satisfies SettingsPart;

const parts = [pendulum, clock] as const;
const schema = schemaOf(parts);
const catalogue = catalogueOf<Complete<typeof schema>>(parts, schema);

const fromPairs = (...pairs: string[]) =>
  mergeLayers(catalogue, [{ origin: 'set', where: ' here', values: parseKeyValues(pairs) }]);

function problemsOf(...pairs: string[]): readonly string[] {
  try {
    fromPairs(...pairs);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
  }
  return [];
}

test('a setting has its default, or the value of a key=value pair', () => {
  expect(fromPairs().settings).toEqual({ swing: 0.5, rests: 5, loud: false, hands: 2 });
  const { settings, given } = fromPairs('swing=0.1', 'loud=true', 'rests=4');
  expect(settings).toEqual({ swing: 0.1, rests: 4, loud: true, hands: 2 });
  expect([...given.keys()]).toEqual(['swing', 'loud', 'rests']);
});

test('a value out of range, an unknown key, and values that do not go together are refused', () => {
  expect(problemsOf('swing=3', 'hand=1')).toEqual([
    'hand here is not a known setting; the nearest is hands.',
    'swing is 3 here, but must be a number from 0 to 2.',
  ]);
  expect(problemsOf('swing=0', 'loud=true')).toEqual(['loud is true, but swing is 0.']);
  expect(() => catalogue.complete({ swing: 0, loud: true }, () => ' in run.json')).toThrow('swing is 0 in run.json.');
});

test('an editor completes it', () => {
  expect(configJsonSchema(catalogue.schema)).toMatchObject({
    additionalProperties: false,
    properties: {
      swing: { type: 'number', minimum: 0, maximum: 2, default: 0.5, description: 'How far it swings.' },
      loud: { type: 'boolean', default: false },
    },
  });
});

test('settings of another backbone or method mean nothing for a run', () => {
  const keys = (settings: Readonly<Record<string, unknown>>) => SETTINGS.keysOf(SETTINGS.complete(settings));
  const isOf = (part: SettingsPart) => (key: string) => key in part.fixed || key in part.changeable;
  const others = SETTING_KEYS.filter((key) => !isOf(finetune)(key) && !isOf(distillation)(key));
  expect(keys({ method: 'dinov2' })).toEqual(others);
  expect(keys({ method: 'dinov2', distill_from: 'a', centering: 'sinkhorn_knopp' })).toEqual(
    SETTING_KEYS.filter((key) => !isOf(finetune)(key)),
  );
  expect(keys({})).toEqual(others.filter((key) => !(key in dinov2.fixed)));
  const without = keys({}).filter((key) => !keys({ arch: 'resnet50' }).includes(key));
  const ofDinov2 = ['num_register_tokens', 'layerscale', 'ffn_layer'];
  const more = ['layer_norm_eps', 'interpolate_antialias', 'interpolate_offset', 'drop_path_rate'];
  expect(without).toEqual(['embed_dim', 'depth', 'num_heads', 'patch_size', ...ofDinov2, ...more]);
});

test('a resumed run may change it or keeps it, as the part says', () => {
  const { settings } = fromPairs();
  expect(catalogue.keptKeysThatDiffer(settings, { ...settings, loud: true })).toEqual([]);
  expect(catalogue.keptKeysThatDiffer(settings, { ...settings, loud: true, swing: 1, hands: 3 })).toEqual([
    'swing',
    'hands',
  ]);
});

test('a key belongs to one part', () => {
  expect(() => schemaOf([pendulum, clock, { fixed: {}, changeable: { hands: flag() } }])).toThrow(
    'The setting hands stands in two parts: leave it in one of them.',
  );
});

test('every setting that may be left out without a default has a value that it follows from', () => {
  const { success, data } = SETTINGS.schema.safeParse({});
  expect(success).toBe(true);
  for (const key of SETTING_KEYS) expect(data?.[key] !== undefined || SETTINGS.isDerived(key), key).toBe(true);
});

test('a resumed run may change how it is computed and kept, and not what it computes', () => {
  const settings = SETTINGS.complete({});
  const other = { ...settings, engine: 'eager', num_workers: 7, saveckp_freq: 3, gpus: 2, cache_mb: 1 } as const;
  expect(SETTINGS.keptKeysThatDiffer(settings, other)).toEqual([]);
  expect(SETTINGS.keptKeysThatDiffer(settings, { ...other, seed: 9, precision: 'tf32' })).toEqual([
    'seed',
    'precision',
  ]);
});
