/** Where the time of a program goes: spans of time, as a Chrome trace and as a sum by op. */

/** Something that took time. */
export interface Span {
  /** What it worked on, e.g. the name of a graph's node. */
  readonly name: string;
  /** The kind of op, e.g. `MatMul`; absent for what is not an op. */
  readonly op?: string;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
  /** A line of the trace each: spans on one line do not overlap, or lie inside one another. */
  readonly thread: string;
}

/** What `chrome://tracing` and ui.perfetto.dev open: the JSON object format of Chrome's traces, in microseconds. */
export function chromeTrace(spans: readonly Span[]): object {
  const threads = [...new Set(spans.map(({ thread }) => thread))];
  return {
    displayTimeUnit: 'ms',
    traceEvents: [
      ...threads.map((name, tid) => ({ name: 'thread_name', ph: 'M', pid: process.pid, tid, args: { name } })),
      ...spans.map(({ name, op, start, duration, thread }) => ({
        name: op ?? name,
        cat: op === undefined ? 'dino' : 'op',
        ph: 'X',
        ts: 1000 * start,
        dur: 1000 * duration,
        pid: process.pid,
        tid: threads.indexOf(thread),
        ...(op !== undefined && { args: { node: name } }),
      })),
    ],
  };
}

export interface OpCost {
  readonly op: string;
  /** In all spans together. */
  readonly count: number;
  readonly milliseconds: number;
  /** Of the time of all ops, from 0 to 1. */
  readonly share: number;
}

/** The ops among the spans, dearest first. */
export function costByOp(spans: readonly Span[]): OpCost[] {
  const sums = new Map<string, { count: number; milliseconds: number }>();
  let total = 0;
  for (const { op, duration } of spans) {
    if (op === undefined) continue;
    const { count, milliseconds } = sums.get(op) ?? { count: 0, milliseconds: 0 };
    sums.set(op, { count: count + 1, milliseconds: milliseconds + duration });
    total += duration;
  }
  return [...sums]
    .map(([op, sum]) => ({ op, ...sum, share: sum.milliseconds / total }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
