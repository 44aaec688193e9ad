/** The tables of emitters are complete by their types; here, that nothing is left for which they have none. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Graph } from '../../../src/compile/graph.js';
import { TRACED_OPS } from '../../../src/compile/kernels.js';
import { emitOnnx } from '../../../src/compile/onnx/emit.js';
import { emitterOf } from '../../../src/compile/ops.js';
import { recompute } from '../../../src/compile/recompute.js';
import { simplify } from '../../../src/compile/simplify.js';
import { emitSavedModel } from '../../../src/compile/tensorflow/emit.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { sectionBegins } from '../../../src/program/sections.js';
import { programOf } from './bodies.js';

const opsOf = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

it('no op is left that has no emitter', async () => {
  const body = (x: tf.Tensor) => ({ y: tf.expandDims(tf.square(tf.clone(sectionBegins(x))), 0) });
  const traced = await trace(programOf(body));
  expect(opsOf(traced)).toEqual(expect.arrayContaining(['ExpandDims', 'Identity', 'Square', 'SectionBegins']));
  await useCpuBackend();
  const graph = recompute(simplify(traced));
  expect(opsOf(graph)).toEqual(['Multiply', 'Reshape']);
  expect(emitOnnx('test', graph).length).toBeGreaterThan(0);
  expect(emitSavedModel('test', graph, { xla: false }).length).toBeGreaterThan(0);
  expect(() => emitOnnx('test', traced)).toThrow('was not taken out of the graph before it was to be written');
});

it('a table of emitters is asked for every op but these', () => {
  const named = new Proxy({}, { get: (_, op) => op });
  const refused = TRACED_OPS.filter((op) => {
    try {
      return emitterOf(named as Parameters<typeof emitterOf<string>>[0], op) !== op;
    } catch {
      return true;
    }
  });
  expect(refused.sort()).toEqual(['ExpandDims', 'Identity', 'ReplicaMean', 'SectionBegins', 'Square']);
});
