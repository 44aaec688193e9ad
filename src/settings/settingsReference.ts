/** SETTINGS.md: every setting by its owner, with its default and range, from what the parts say of them. */
import { DINOV2_DEFAULTS, DISTILLATION_DEFAULTS, DISTILLATION_RECIPE } from './dinov2Arguments.js';
import { originalSchema } from './originalArguments.js';
import type { Shape } from './part.js';
import { PRESET_NAMES, PRESETS, SMALL_IMAGE_SIDE, TINY_IMAGE_SIDE } from './presets.js';
import { PARTS, SETTINGS } from './settings.js';

/** A setting of VS Code, as the manifest has it. */
export interface EditorSetting {
  readonly key: string;
  readonly default: unknown;
  readonly description: string;
}

/** In the order of the parts. */
const TITLES: TitlesOf<typeof PARTS> = [
  'Method',
  'Backbone',
  'Vision Transformer',
  'Head, teacher and loss',
  'DINOv2',
  'Distillation',
  'Fine-tuning',
  'Optimizer',
  'Length, seed and checkpoints',
  'Crops',
  'Evaluation during training',
  'Machine',
];
type TitlesOf<Parts extends readonly unknown[]> = { readonly [Index in keyof Parts]: string };

/**
 * The text of SETTINGS.md.
 * @param editor VS Code's own settings of the extension
 */
export function settingsReference(editor: readonly EditorSetting[]): string {
  const sections = [
    INTRODUCTION,
    ...PARTS.map(({ fixed, changeable }, index) => section(TITLES[index] ?? '', tableOf(fixed, changeable))),
    section('What the presets set', `${PRESETS_NOTE}\n\n${presetLines().join('\n')}`),
    section("The original's arguments", `${ARGUMENTS}\n\n${table(['Argument', 'What becomes of it'], argumentRows())}`),
    section('In VS Code', `${EDITOR}\n\n${table(['Setting', 'Default', 'What it does'], editor.map(editorRow))}`),
  ];
  return `${sections.join('\n\n')}\n`;
}

const INTRODUCTION = `# Settings

All settings of a training run. A config file has them as JSON; \`--set key=value\` sets one on the command line. The
[guide](GUIDE.md#settings) says how they are combined. Defaults are the original's (\`main_dino.py\`); a preset, the method \`dinov2\`, a
fine-tuning, and the number and size of the images replace some of them, and a run lists what was chosen before its first step.
*Resume* says which settings may change when a run is resumed; all others are kept.

This page is generated from the sources (\`npx vitest run test/unit/settings/jsonSchema -u\`).`;

const PRESETS_NOTE = `All else keeps its default. \`few-images\`, \`small-data\` and \`dinov2-few-images\` also fit \`epochs\`, \`warmup_epochs\`,
\`freeze_last_layer\` and \`saveckp_freq\` to the number of images.`;

const ARGUMENTS = `The arguments of the original's training script that are not settings here are accepted and translated. The keys of DINOv2's configs are
accepted too: see the [guide](GUIDE.md#dinov2).`;

const EDITOR = 'These are settings of VS Code (*File > Preferences > Settings*), not of a config file.';

const section = (title: string, body: string) => `## ${title}\n\n${body}`;

const tableOf = (fixed: Shape, changeable: Shape) =>
  table(
    ['Setting', 'Default', 'Allowed', 'Resume', 'What it does'],
    [
      ...Object.keys(fixed).map((key) => settingRow(key, '')),
      ...Object.keys(changeable).map((key) => settingRow(key, 'may change')),
    ],
  );

function settingRow(key: string, resume: string): string[] {
  const schema = SETTINGS.schema.shape[key];
  if (schema === undefined) throw new Error(`The setting ${key} is in no schema.`);
  const absent = schema.safeParse(undefined);
  const fallback = !absent.success || absent.data === undefined ? 'derived' : code(absent.data);
  // What is said of a value that is never allowed: "a whole number from 1 to 64".
  const allowed = schema.safeParse(NEVER_ALLOWED).error?.issues[0]?.message;
  const description = schema.meta()?.description;
  if (allowed === undefined || description === undefined) throw new Error(`The setting ${key} is not described.`);
  return [`\`${key}\``, fallback, grouped(allowed), resume, description];
}

/** Null may be: there is nothing. */
const NEVER_ALLOWED = Symbol('never allowed');

/** 65536 as 65,536. */
const grouped = (allowed: string) => allowed.replaceAll(/(\d)(?=(\d{3})+(?!\d))/g, '$1,');

const presetLines = () => [
  ...PRESET_NAMES.map((name) => {
    const { settings, forLargeImages, forTinyImages } = PRESETS[name];
    const large =
      forLargeImages && `; for images larger than ${SMALL_IMAGE_SIDE} pixels ${assignments(forLargeImages)}`;
    const tiny = forTinyImages && `; for images of up to ${TINY_IMAGE_SIDE} pixels ${assignments(forTinyImages)}`;
    return `- \`${name}\`: ${assignments(settings)}${large ?? ''}${tiny ?? ''}`;
  }),
  `- The method \`dinov2\`, where no preset, file or \`--set\` says otherwise: ${assignments(DINOV2_DEFAULTS)}`,
  `- With a teacher (\`distill_from\`) besides: ${assignments(DISTILLATION_RECIPE)}; and where no preset says otherwise ${assignments(DISTILLATION_DEFAULTS)}`,
];

const assignments = (settings: object) =>
  Object.entries(settings)
    .map(([key, value]) => `\`${key}=${JSON.stringify(value)}\``)
    .join(', ');

const argumentRows = () =>
  Object.entries(originalSchema.shape).map(([key, schema]) => [`\`${key}\``, schema.meta()?.description ?? '']);

const editorRow = ({ key, default: value, description }: EditorSetting) => [`\`${key}\``, code(value), description];

const code = (value: unknown) => `\`${JSON.stringify(value)}\``;

const table = (headings: readonly string[], rows: readonly (readonly string[])[]) =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
