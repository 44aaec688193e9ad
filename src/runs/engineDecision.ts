/** What decided which engine a run is trained on: of all that name one, the nearest to the run. */
import type { EditorSettings, ResolvedSettings, SettingOrigin } from '../settings/resolve.js';

/** From the nearest to the farthest: a choice at the start, the config file, VS Code's settings by their scope, nothing. */
export const ENGINE_DECIDERS = ['start', 'file', 'folder', 'workspace', 'user', 'default'] as const;
export type EngineDecider = (typeof ENGINE_DECIDERS)[number];

export interface EngineDecision {
  readonly by: EngineDecider;
  /** For the log, e.g. `engine onnx, from the config file, which overrides the VS Code setting dino.engine, tensorflow`. */
  readonly said: string;
}

interface Asked {
  readonly editor?: EditorSettings | undefined;
  /** Of a run that is resumed: what decided when it was started, where its record tells. */
  readonly before?: EngineDecider | undefined;
}

/** @returns undefined where nobody knows: for a run of an earlier version that is resumed */
export function engineDecision(
  { settings, origin }: Pick<ResolvedSettings, 'settings' | 'origin'>,
  { editor, before }: Asked,
): EngineDecision | undefined {
  const by = origin.engine === 'run' ? before : decider(origin.engine, editor);
  return by && { by, said: said(settings.engine, by, editor) };
}

function decider(origin: SettingOrigin, editor: EditorSettings | undefined): EngineDecider {
  if (origin === 'set') return 'start';
  if (origin === 'file') return 'file';
  return (origin === 'editor' ? editor?.scope : undefined) ?? 'default';
}

const SAID: Readonly<Record<EngineDecider, string>> = {
  start: 'chosen at the start',
  file: 'from the config file',
  folder: 'from the VS Code setting dino.engine of the folder',
  workspace: 'from the VS Code setting dino.engine of the workspace',
  user: 'from the VS Code setting dino.engine of the user',
  default: 'by default',
};

function said(engine: string, by: EngineDecider, editor: EditorSettings | undefined): string {
  const asked = editor?.settings['engine'];
  const isOverridden = (by === 'start' || by === 'file') && asked !== undefined && asked !== engine;
  const more = isOverridden ? `, which overrides the VS Code setting dino.engine, ${String(asked)}` : '';
  return `engine ${engine}, ${SAID[by]}${more}`;
}
