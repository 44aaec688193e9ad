import { z } from 'zod';
import { originalSchema } from './originalArguments.js';
import { PRESET_NAMES, PRESETS } from './presets.js';
import { SETTINGS } from './settings.js';

/**
 * The JSON schema of a config file, with which an editor completes keys and marks values out of range.
 * @param settings the schema of all settings
 */
export function configJsonSchema(settings: z.ZodObject): object {
  // Draft 7 is the newest that VS Code's JSON support knows fully.
  const form = { target: 'draft-7', io: 'input' } as const;
  const { $schema, properties, ...rest } = z.toJSONSchema(settings, form);
  const preset = {
    description: 'What the settings that are left out start from. Without it: the defaults of the original.',
    type: 'string',
    enum: PRESET_NAMES,
    enumDescriptions: PRESET_NAMES.map((name) => PRESETS[name].description),
  };
  return {
    $schema,
    title: 'DINO Lab config',
    allowComments: true,
    allowTrailingCommas: true,
    ...rest,
    properties: {
      $schema: { type: 'string' },
      preset,
      ...properties,
      ...z.toJSONSchema(originalSchema, form).properties,
    },
  };
}

/** The text of `media/config.schema.json`. */
export const configSchemaText = (): string => `${JSON.stringify(configJsonSchema(SETTINGS.schema), null, 2)}\n`;
