/** The settings of a run, by the original's argument names (facebookresearch/dino main_dino.py, whose defaults they have). */
import type { z } from 'zod';
import { type Catalogue, type Complete, catalogueOf, schemaOf } from './catalogue.js';
import { backbone } from './parts/backbone.js';
import { crops } from './parts/crops.js';
import { dino } from './parts/dino.js';
import { dinov2 } from './parts/dinov2.js';
import { distillation } from './parts/distillation.js';
import { evaluation } from './parts/evaluation.js';
import { finetune } from './parts/finetune.js';
import { length } from './parts/length.js';
import { machine } from './parts/machine.js';
import { method } from './parts/method.js';
import { optimizer } from './parts/optimizer.js';
import { vit } from './parts/vit.js';

export const PARTS = [
  method,
  backbone,
  vit,
  dino,
  dinov2,
  distillation,
  finetune,
  optimizer,
  length,
  crops,
  evaluation,
  machine,
] as const;

export const settingsSchema = schemaOf(PARTS);

/** Some settings, as a config file has them. */
export type SettingsInput = z.input<typeof settingsSchema>;
/** All settings, every one with its value. */
export type Settings = Complete<typeof settingsSchema>;
export type SettingKey = keyof Settings;

export const SETTINGS: Catalogue<Settings> = catalogueOf<Settings>(PARTS, settingsSchema);
export const SETTING_KEYS: readonly SettingKey[] = SETTINGS.keys;

/**
 * Settings that were resolved before, as a run's record holds them.
 * @param where ends the clause about a problem, e.g. ` in /runs/a/run.json`
 * @throws SettingsError
 */
export const parseSettings = (values: unknown, where: string): Settings => SETTINGS.complete(values, () => where);
