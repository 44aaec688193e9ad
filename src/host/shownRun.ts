/** What the page of curves says of a run: how it stands, what it was set to, and what came out. */
import * as l10n from '@vscode/l10n';
import { curvesOf, METRICS, metricsOf } from '../metrics/catalogue.js';
import type { EVALUATION_METRICS } from '../metrics/evaluations.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import type { ShownMetric, ShownRun } from '../protocol/curves.js';
import { SETTINGS } from '../settings/settings.js';
import { isLive, type RunSummary } from './runSummary.js';
import { describeProgress, durationText, STATE_NAMES, speedText, troubleOf } from './wording.js';

/** @param look which of the looks it has among the runs that are shown */
export function describeShownRun(summary: RunSummary, look: number): ShownRun {
  const { dir, name, state, problems, run, diagnosis } = summary;
  const description = describeProgress(summary);
  const [problem] = problems;
  return {
    dir,
    name,
    look,
    description: description.startsWith(STATE_NAMES[state]) ? description : `${STATE_NAMES[state]} · ${description}`,
    stepsPerEpoch: run?.record.totals.stepsPerEpoch ?? 0,
    batchSize: run?.record.config.batch_size ?? 0,
    uniformLoss: run ? Math.log(run.record.config.out_dim) : 0,
    ...(diagnosis && {
      diagnosis: {
        isTrouble: troubleOf(summary) !== undefined,
        text: [diagnosis, ...diagnosis.also].flatMap(({ finding, remedy }) => [finding, remedy ?? []].flat()).join(' '),
      },
    }),
    ...(problem !== undefined && { problem }),
    metrics: shownMetrics(run ? metricsOf(run.record.config.method) : METRICS, run?.record.config.knn_freq ?? 0),
    settings: settingsOf(summary),
    results: resultsOf(summary),
  };
}

/**
 * What of a catalogue the page of curves offers.
 * @param knnFreq epochs from one k-NN to the next while the run trains; 0: none, so that nobody waits for it
 */
export const shownMetrics = (catalogue: readonly MetricSpec[], knnFreq: number): ShownMetric[] =>
  curvesOf(catalogue).map(({ name, title, unit, format, meaning, group, curve, result, isExact = false }) => ({
    ...{ name, title, unit, format, meaning, group, isExact },
    isDrawn: curve === 'shown' || (name === KNN && knnFreq > 0),
    ...(result !== undefined && { result }),
  }));

/** What `knn_freq` measures. */
const KNN: (typeof EVALUATION_METRICS)[number]['name'] = 'knn_top1';

type Described = ShownRun['settings'];

function settingsOf({ run }: RunSummary): Described {
  if (run === undefined) return [];
  const { config, dataset, preset } = run.record;
  return [
    { key: 'data', label: 'data', value: dataset.path },
    { key: 'preset', label: 'preset', value: preset ?? '–' },
    ...SETTINGS.keysOf(config).map((key) => ({ key, label: key, value: settingText(config[key]) })),
  ];
}

const settingText = (value: unknown): string =>
  Array.isArray(value) ? value.join(' to ') : typeof value === 'object' ? JSON.stringify(value) : String(value);

function resultsOf(summary: RunSummary): Described {
  const { state, step, totalSteps, epoch, imagesPerSecond, run } = summary;
  const { engine, totals, dataset } = run?.record ?? {};
  const rows: (readonly [key: string, label: string, value: string | undefined, order?: number | undefined])[] = [
    ['state', l10n.t('State'), STATE_NAMES[state]],
    ['step', l10n.t('Step'), totalSteps > 0 ? l10n.t('{0} of {1}', step, totalSteps) : `${step}`, step],
    ['epoch', l10n.t('Epoch'), epoch.toFixed(2)],
    // Of a live run it is written with its checkpoints alone.
    [
      'time',
      l10n.t('Training time'),
      totals && totals.seconds > 0 && !isLive(summary) ? durationText(totals.seconds) : undefined,
      totals?.seconds,
    ],
    ['speed', l10n.t('Speed'), imagesPerSecond === undefined ? undefined : speedText(imagesPerSecond), imagesPerSecond],
    ['pictures', l10n.t('Images'), dataset && `${dataset.images}`],
    ['unreadable', l10n.t('Unreadable images'), totals && totals.unreadable > 0 ? `${totals.unreadable}` : undefined],
    ['engine', l10n.t('Engine'), engine?.version],
  ];
  return rows.flatMap(([key, label, value, order]) =>
    value === undefined ? [] : [{ key, label, value, ...(order !== undefined && { order }) }],
  );
}
