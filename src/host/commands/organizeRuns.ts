/** What a person notes of runs: another name, a star, a color, that they are put away. */
import * as vscode from 'vscode';
import { changeNotes, type RunNotes } from '../../runs/runNotes.js';
import type { ListedRun, RunList } from '../runList.js';
import { LOOK_NAMES, lookOf } from '../runLooks.js';
import type { RunSummary } from '../runSummary.js';
import type { RunsView } from '../runsView.js';
import { pickRun, pickTargets, SELECTION } from './pickRun.js';
import { reporting } from './reporting.js';

const isRecorded = ({ run }: RunSummary): boolean => run !== undefined;
const notesOf = ({ run }: RunSummary): RunNotes => run?.notes ?? {};

export function registerOrganizeRuns(
  runs: RunList,
  runsView: RunsView,
  output: vscode.LogOutputChannel,
): vscode.Disposable {
  const note = async (some: readonly ListedRun[], change: Parameters<typeof changeNotes>[1]) => {
    for (const { dir } of some) changeNotes(dir, change);
    await runs.refresh();
  };
  /** For all runs that are selected. */
  const noting = (title: string, fits: (notes: RunNotes) => boolean, change: Parameters<typeof changeNotes>[1]) =>
    reporting(output, async (given: unknown, selected: unknown) => {
      const isFor = (summary: RunSummary) => isRecorded(summary) && fits(notesOf(summary));
      await note(await pickTargets(runs, runsView, [given, selected], title, isFor), change);
    });
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.renameRun',
      reporting(output, async (given: unknown, name: unknown) => {
        const run = await pickRun(
          runs,
          given === SELECTION ? runsView.selected : given,
          vscode.l10n.t('Rename Run'),
          isRecorded,
        );
        if (run === undefined) return;
        const answer = typeof name === 'string' ? name : await askForName(run.summary.name);
        if (answer !== undefined) await note([run], { name: answer.trim() === '' ? undefined : answer });
      }),
    ),
    vscode.commands.registerCommand(
      'dino.starRun',
      noting(vscode.l10n.t('Star Run'), ({ isStarred }) => !isStarred, { isStarred: true }),
    ),
    vscode.commands.registerCommand(
      'dino.unstarRun',
      noting(vscode.l10n.t('Unstar Run'), ({ isStarred }) => isStarred === true, { isStarred: undefined }),
    ),
    vscode.commands.registerCommand(
      'dino.archiveRun',
      noting(vscode.l10n.t('Archive Run'), ({ isArchived }) => !isArchived, { isArchived: true }),
    ),
    vscode.commands.registerCommand(
      'dino.unarchiveRun',
      noting(vscode.l10n.t('Unarchive Run'), ({ isArchived }) => isArchived === true, {
        isArchived: undefined,
      }),
    ),
    vscode.commands.registerCommand(
      'dino.colourRun',
      reporting(output, async (given: unknown, look: unknown) => {
        const run = await pickRun(runs, given, vscode.l10n.t('Change Color of Run'), isRecorded);
        if (run === undefined) return;
        const chosen = typeof look === 'number' ? { look } : await askForLook(run.summary);
        if (chosen !== undefined) await note([run], chosen);
      }),
    ),
  );
}

const askForName = (name: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: vscode.l10n.t('Rename Run'),
    prompt: vscode.l10n.t('The run’s new name; empty: the name that it was started with. Its folder stays as it is.'),
    value: name,
    validateInput: (text) => (text.trim().length > 200 ? vscode.l10n.t('At most 200 characters.') : undefined),
  });

async function askForLook(summary: RunSummary): Promise<{ readonly look: number | undefined } | undefined> {
  const own = lookOf(summary);
  const items = [
    ...LOOK_NAMES.map(({ name, marker }, look) => ({
      label: `${marker} ${name}`,
      ...(look === own && { description: vscode.l10n.t('now') }),
      look: look as number | undefined,
    })),
    { label: vscode.l10n.t('$(discard) As at first'), look: undefined },
  ];
  return vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Color of {0}', summary.name),
    placeHolder: vscode.l10n.t('The color also sets the marker and the dashes of its curves.'),
  });
}
