import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProbeMetrics } from '../../../src/metrics/metricsLine.js';
import { type EventFile, openEventFile } from '../../../src/runs/tensorBoard/eventFile.js';
import { encodeEvent, type TensorBoardEvent } from '../../../src/runs/tensorBoard/events.js';
import { recordOf } from '../../../src/runs/tensorBoard/record.js';
import { temporaryFolder } from './temporaryFolder.js';

/** What tensorboard 2.21.0 writes for the same events (its RecordWriter and event_pb2). */
const WRITTEN_BY_TENSORBOARD: readonly (readonly [string, TensorBoardEvent, string])[] = [
  [
    'scalars, one of them 0',
    {
      wallTime: 1.5,
      step: 3,
      summary: {
        value: [
          { tag: 'loss/loss', simpleValue: 0.25 },
          { tag: 'a', simpleValue: 0 },
        ],
      },
    },
    '290000000000000037ff5f0009000000000000f83f10032a1c0a100a096c6f73732f6c6f7373150000803e0a080a01611500000000f5a24a0c',
  ],
  [
    'the start of a session',
    { wallTime: 2, step: 7, sessionLog: { status: 1 } },
    '0f000000000000006d532b0909000000000000004010073a020801d1715dcb',
  ],
  [
    'an image',
    {
      wallTime: 2,
      step: 9,
      summary: {
        value: [{ tag: 'i', image: { height: 2, width: 5, colorspace: 3, encodedImageString: Buffer.from('png') } }],
      },
    },
    '1f00000000000000514b441809000000000000004010092a120a100a0169220b0802100518032203706e678023808d',
  ],
];

describe("TensorBoard's records", () => {
  it.each(WRITTEN_BY_TENSORBOARD)('of %s are the same bytes as its own', (_, event, bytes) => {
    expect(Buffer.from(recordOf(encodeEvent(event))).toString('hex')).toBe(bytes);
  });
});

const probe = (step: number): ProbeMetrics => ({
  step,
  epoch: 0,
  probe_images: 8,
  probe_view_agreement: 12.5,
  time: 1_700_000_000_500,
});

const files = (dir: string): string[] => readdirSync(join(dir, 'tensorboard')).sort();
const lengths = (dir: string, name: string): number[] => {
  const bytes = readFileSync(join(dir, 'tensorboard', name));
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += 16 + (found.at(-1) as number))
    found.push(Number(bytes.readBigUInt64LE(at)));
  return found;
};

/** With each metric under its group. */
const PROBE = encodeEvent({
  wallTime: 1_700_000_000.5,
  step: 5,
  summary: {
    value: [
      { tag: 'probe/probe_images', simpleValue: 8 },
      { tag: 'probe/probe_view_agreement', simpleValue: 12.5 },
    ],
  },
});

afterEach(() => {
  vi.useRealTimers();
});

describe('an event file', () => {
  it('has whole records within a second, and what is flushed at once', () => {
    vi.useFakeTimers();
    const dir = temporaryFolder();
    const file = openEventFile(dir, 0);
    const [name = ''] = files(dir);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./);
    expect(lengths(dir, name)).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(lengths(dir, name)).toHaveLength(2);
    file.metrics(probe(5));
    file.flush();
    const whole = readFileSync(join(dir, 'tensorboard', name));
    expect(whole.subarray(whole.length - PROBE.length - 16)).toEqual(Buffer.from(recordOf(PROBE)));
    file.images(5, [{ tag: 'attention/a.png', png: Buffer.from('png'), width: 2, height: 1 }]);
    file.close();
    expect(lengths(dir, name)).toHaveLength(4);
  });

  it('comes behind those before it, whatever the clock says, and says from which step on they are void', () => {
    const dir = temporaryFolder();
    const closed = (file: EventFile) => file.close();
    closed(openEventFile(dir, 0));
    writeFileSync(join(dir, 'tensorboard', 'events.out.tfevents.9000000000.host.1'), '');
    closed(openEventFile(dir, 41));
    const last = files(dir).at(-1) ?? '';
    expect(last).toMatch(/^events\.out\.tfevents\.9000000001\./);
    const bytes = readFileSync(join(dir, 'tensorboard', last));
    // Field 2, the step, then field 7, the session that starts.
    expect(bytes.subarray(-4 - 6, -4).toString('hex')).toBe('102a3a020801');
  });

  it('is refused in a sentence where there is a file in its place', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'tensorboard'), '');
    expect(() => openEventFile(dir, 0)).toThrow(/^The events in .* cannot be written: it exists already\.$/);
  });
});
