import { describe, expect, it } from 'vitest';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { vit } from '../../../src/method/backbones/vit/vit.js';
import { networkFrom } from '../../../src/method/network.js';
import { float32, type HostTensor, type NamedHostTensors } from '../../../src/program/program.js';
import { initialState, lastingTensors, type Parts, resumedState, sessionState } from '../../../src/training/state.js';

const tensor = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const trained = {
  network: networkFrom(vit(vitOfDino({ patchSize: 4, imageSize: 4, inChans: 3, embedDim: 4, depth: 1, numHeads: 1 }))),
  is: 'trained',
} as const;
const method: Parts = { roles: { student: trained, teacher: trained }, memory: { center: float32(1, 3) } };

const specs = {
  'student.head.w': float32(2),
  'teacher.head.w': float32(2),
  'exp_avg.head.w': float32(2),
  center: float32(1, 3),
  'accumulated.head.w': float32(2),
};

const numbers = (state: NamedHostTensors) =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, [...data]]));

describe('The state before the first step', () => {
  it('has the weights of all networks, and 0 in all else', () => {
    const weights = { 'student.head.w': tensor(1, 2), 'teacher.head.w': tensor(1, 2) };
    const state = initialState(specs, method, weights);
    expect(numbers(state)).toEqual({
      'student.head.w': [1, 2],
      'teacher.head.w': [1, 2],
      'exp_avg.head.w': [0, 0],
      center: [0, 0, 0],
      'accumulated.head.w': [0, 0],
    });
    expect(state['center']).toMatchObject({ shape: [1, 3], dtype: 'float32' });
    expect(state['student.head.w']?.data).toBe(weights['student.head.w'].data);
  });

  it('needs every weight', () => {
    expect(() => initialState(specs, method, {})).toThrow('there is no initial value for student.head.w');
  });
});

describe("A checkpoint's tensors", () => {
  const checkpoint = {
    networks: { student: { 'head.w': tensor(1, 2) }, teacher: { 'head.w': tensor(3, 4) } },
    moments: { 'exp_avg.head.w': tensor(5, 6) },
    memory: { center: tensor(7, 8, 9) },
  };
  const state = {
    'student.head.w': [1, 2],
    'teacher.head.w': [3, 4],
    'exp_avg.head.w': [5, 6],
    center: [7, 8, 9],
  };

  it('have the names of the program in its state, and the other way round', () => {
    expect(numbers(sessionState(checkpoint))).toEqual(state);
    expect(lastingTensors(sessionState(checkpoint), method)).toEqual(checkpoint);
  });

  it('are what a run is resumed with; the rest is 0', () => {
    expect(numbers(resumedState(specs, checkpoint))).toEqual({ ...state, 'accumulated.head.w': [0, 0] });
    expect(resumedState(specs, checkpoint)['accumulated.head.w']).toMatchObject({ shape: [2], dtype: 'float32' });
  });

  it('are none without a center', () => {
    expect(() => lastingTensors({ 'student.head.w': tensor(1) }, method)).toThrow('has no center');
  });
});
