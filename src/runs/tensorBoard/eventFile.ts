/** TensorBoard's event files of a run, `tensorboard/events.out.tfevents.*`: one for each time that it was started or resumed. */
import { mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileProblem } from '../../files/fileProblem.js';
import { openGrowingFile } from '../../files/growingFile.js';
import { METRICS } from '../../metrics/catalogue.js';
import type { MetricsLine } from '../../metrics/metricsLine.js';
import { encodeEvent, type TensorBoardEvent } from './events.js';
import { recordOf } from './record.js';

export const tensorBoardFolder = (dir: string): string => join(dir, 'tensorboard');

interface EventImage {
  readonly tag: string;
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface EventFile {
  /** What was measured on one occasion, under `group/name`. */
  metrics(line: MetricsLine): void;
  images(step: number, images: readonly EventImage[]): void;
  /** Has the disk keep what there is. */
  flush(): void;
  close(): void;
}

const VERSION = 'brain.Event:2';
const START = 1;
const COLORS = 3;

/**
 * Begins a file. TensorBoard then forgets what earlier files say of the steps behind `step`, so that a run resumed from there has each once.
 * @throws Error with one sentence when it cannot be written
 */
export function openEventFile(dir: string, step: number): EventFile {
  const folder = tensorBoardFolder(dir);
  const attempt = <T>(what: string, act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw new Error(`The events in ${folder} cannot be ${what}: ${fileProblem(error)}.`);
    }
  };
  const path = attempt('written', () => {
    mkdirSync(folder, { recursive: true });
    return join(folder, nameBehind(readdirSync(folder)));
  });
  const file = openGrowingFile(path, attempt);
  const append = (event: TensorBoardEvent) => file.append(recordOf(encodeEvent(event)));
  const now = () => Date.now() / 1000;
  append({ wallTime: now(), step: 0, fileVersion: VERSION });
  append({ wallTime: now(), step: step + 1, sessionLog: { status: START } });
  return {
    metrics(line) {
      append({ wallTime: line.time / 1000, step: line.step, summary: { value: scalarsOf(line) } });
    },
    images(at, images) {
      const value = images.map(({ tag, png, width, height }) => ({
        tag,
        image: { height, width, colorspace: COLORS, encodedImageString: png },
      }));
      append({ wallTime: now(), step: at, summary: { value } });
    },
    flush: file.flush,
    close: file.close,
  };
}

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/** TensorBoard reads the files in the order of their names: this one comes behind the others, even where a clock was set back. */
function nameBehind(names: readonly string[]): string {
  const latest = names.map((name) => Number(NAME.exec(name)?.[1] ?? 0)).reduce((most, one) => Math.max(most, one), 0);
  const seconds = Math.max(Math.floor(Date.now() / 1000), latest + 1);
  return `events.out.tfevents.${String(seconds).padStart(10, '0')}.${hostname()}.${process.pid}`;
}

function scalarsOf(line: MetricsLine) {
  const values: Readonly<Record<string, unknown>> = { ...line };
  return METRICS.flatMap(({ name, group }) => {
    const value = values[name];
    return typeof value === 'number' ? [{ tag: `${group}/${name}`, simpleValue: value }] : [];
  });
}
