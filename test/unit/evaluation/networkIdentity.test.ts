/** Networks with the same features have the same identity, others have another one. */
import { expect, it } from 'vitest';
import { networkIdentity } from '../../../src/evaluation/networkIdentity.js';
import type { LoadedNetwork } from '../../../src/runs/network.js';
import { network } from './surroundings.js';

const vector = (...values: readonly number[]) =>
  ({ shape: [values.length], dtype: 'float32', data: Float32Array.from(values) }) as const;
const identity = (parameters: LoadedNetwork['parameters'], changes: Partial<LoadedNetwork> = {}) =>
  networkIdentity({ ...network, parameters, ...changes });

it('the order of the weights, the head, the name and the notes do not matter', () => {
  const [a, b] = [vector(1, 2), vector(3)];
  const own = identity({ 'backbone.a': a, 'backbone.b': b });
  expect(own).toMatch(/^[0-9a-f]{64}$/);
  expect(identity({ 'backbone.b': b, 'backbone.a': a })).toBe(own);
  expect(identity({ 'head.z': b, 'backbone.a': a, 'backbone.b': b }, { name: 'other', notes: ['x'] })).toBe(own);
});

it('a weight’s value, its name, and the backbone’s shape matter', () => {
  const [a, b] = [vector(1, 2), vector(3)];
  const others = [
    identity({ 'backbone.a': a, 'backbone.b': b }),
    identity({ 'backbone.a': a, 'backbone.b': vector(4) }),
    identity({ 'backbone.a': b, 'backbone.b': a }),
    identity({ 'backbone.a': a, 'backbone.c': b }),
    identity({ 'backbone.a': a }),
    identity({ 'backbone.a': a, 'backbone.b': b }, { backbone: { ...network.backbone, imageSize: 16 } }),
  ];
  expect(new Set(others).size).toBe(others.length);
});

it('weights count by their own bytes where several lie in one buffer', () => {
  const buffer = Float32Array.of(9, 1, 2, 9);
  const view = { shape: [2], dtype: 'float32', data: buffer.subarray(1, 3) } as const;
  expect(identity({ 'backbone.a': view })).toBe(identity({ 'backbone.a': vector(1, 2) }));
});
