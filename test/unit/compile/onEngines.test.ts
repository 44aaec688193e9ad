/** Every op that can be traced, run by each engine that graphs are written for: it gives what tfjs gives. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { takenRows } from '../../../src/method/layers/takenRows.js';
import type { HostTensor } from '../../../src/program/program.js';
import { callOnce, EVERY_ENGINE } from '../engines/everyEngine.js';
import { BODIES, programOf, X } from './bodies.js';
import { interpret } from './interpret.js';

const ROWS = () => tf.tensor1d([1, 0, 1, 1], 'int32');
const FACTORS = () => tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2], [4, 3]);

/** Rows that are taken, one of them three times, and their gradients, which are added up. */
const OF_ROWS: typeof BODIES = {
  rows: (x) => takenRows(x as tf.Tensor2D, ROWS()),
  rowsGradient: (x) => tf.grad((x) => tf.sum(tf.mul(takenRows(x as tf.Tensor2D, ROWS()), FACTORS())))(x),
};
const ALL = { ...BODIES, ...OF_ROWS };

/** The largest difference: for numbers above 1 its share of them. */
const difference = (actual: HostTensor | undefined, wanted: ArrayLike<number> | undefined): number =>
  Math.max(
    ...Array.from(wanted ?? [], (value, i) => {
      const own = actual?.data[i] ?? Number.POSITIVE_INFINITY;
      return Math.abs(own - value) / Math.max(1, Math.abs(value));
    }),
  );

describe.each(EVERY_ENGINE)('$name', ({ open, isMissing, compilesSlowly }) => {
  it.skipIf(isMissing || compilesSlowly)('computes each op as tfjs does', async () => {
    const program = programOf((x) => Object.fromEntries(Object.entries(ALL).map(([name, body]) => [name, body(x)])));
    const wanted = await interpret(await trace(program), { x: X });
    const { outputs } = await callOnce(open(), program, {}, { x: { shape: [2, 3], dtype: 'float32', data: X } });
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(ALL).sort());
    const wrong = Object.keys(ALL).filter(
      (name) => outputs[name]?.data.length !== wanted[name]?.length || difference(outputs[name], wanted[name]) > 1e-5,
    );
    expect(wrong).toEqual([]);
  });
});
