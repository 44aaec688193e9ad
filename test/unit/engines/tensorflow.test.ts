import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eagerEngine } from '../../../src/engines/eager.js';
import type { Engine, Session } from '../../../src/engines/engine.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { type Form, openFaster } from '../../../src/engines/tensorflow/form.js';
import { type FormTimes, formKey, formTimes, rememberForm } from '../../../src/engines/tensorflow/forms.js';
import { findInstallation } from '../../../src/engines/tensorflow/installation.js';
import {
  loadTensorFlow,
  requireRounding,
  setEnvironment,
  type TensorFlowBinding,
} from '../../../src/engines/tensorflow/load.js';
import { layerNorm } from '../../../src/method/layers/layerNorm.js';
import { linear } from '../../../src/method/layers/linear.js';
import { squaredNorm } from '../../../src/method/optimizers/squaredNorm.js';
import { float32, type HostTensor, type NamedHostTensors, type Program } from '../../../src/program/program.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const counter: Program = {
  name: 'counter',
  state: { total: float32(2) },
  inputs: { x: float32(2) },
  body: ({ total }, { x }) => {
    const sum = tf.add(total as tf.Tensor, x as tf.Tensor);
    return { state: { total: sum }, outputs: { sum } };
  },
};

/** One output for every op that a traced program may contain. */
const everyOp: Program = {
  name: 'every op',
  state: { weight: float32(4, 3), bias: float32(4) },
  inputs: { x: float32(2, 3), y: float32(2, 3), cube: float32(2, 3, 4) },
  body: (state, inputs) => {
    const [x, y, cube] = [inputs['x'], inputs['y'], inputs['cube']] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor3D];
    const [weight, bias] = [state['weight'], state['bias']] as [tf.Tensor2D, tf.Tensor1D];
    const positive = tf.add(tf.abs(x), 0.5);
    const splits = tf.split(cube, [1, 3], 2);
    return {
      state: {},
      outputs: {
        abs: tf.abs(x),
        squaredNorm: squaredNorm(cube),
        add: tf.add(x, y),
        addN: tf.addN([x, y, x]),
        product: tf.matMul(x, y, false, true),
        productFirst: tf.matMul(x, y, true, false),
        products: tf.matMul(cube, cube, true, false),
        broadcastProducts: tf.matMul(cube, tf.slice(cube, [1, 0, 0], [1, 3, 4]), false, true),
        cast: tf.cast(tf.cast(x, 'int32'), 'float32'),
        concat: tf.concat([x, y], -1),
        erf: tf.erf(x),
        exp: tf.exp(x),
        expandDims: tf.expandDims(x, 1),
        filled: tf.add(tf.fill([2, 3], 3), x),
        linear: linear(x, { weight, bias }),
        log: tf.log(positive),
        max: tf.max(cube, [0, 2]),
        maximum: tf.maximum(x, y),
        mean: tf.mean(cube, [1], true),
        meanOfAll: tf.mean(cube),
        minimum: tf.minimum(x, y),
        multiply: tf.mul(x, y),
        neg: tf.neg(x),
        norm: layerNorm(x, { weight: tf.ones([3]), bias: tf.zeros([3]) }),
        onesLike: tf.onesLike(tf.exp(x)),
        pack: tf.stack([x, y], 1),
        pad: tf.pad(cube, [[1, 0], [0, 2], [1, 1]]), // biome-ignore format: pairs
        power: tf.pow(positive, 1.5),
        quotient: tf.div(x, positive),
        reciprocal: tf.reciprocal(positive),
        reshape: tf.reshape(cube, [6, -1]),
        rsqrt: tf.rsqrt(positive),
        sigmoid: tf.sigmoid(x),
        slice: tf.slice(cube, [1, 0, 2], [1, 3, 2]),
        softmax: tf.softmax(cube),
        split0: splits[0] as tf.Tensor,
        split1: splits[1] as tf.Tensor,
        sqrt: tf.sqrt(positive),
        square: tf.square(x),
        sub: tf.sub(x, y),
        sum: tf.sum(cube, [-1]),
        transpose: tf.transpose(cube, [2, 0, 1]),
        unstacked: tf.unstack(cube, 1)[2] as tf.Tensor,
        zerosLike: tf.zerosLike(tf.exp(x)),
        input: x,
        state: weight,
        constant: tf.tensor1d([1, 2, 3]),
      },
    };
  },
};

const wave = (shape: readonly number[], phase: number): HostTensor => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return {
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(phase + 1.7 * i)),
  };
};

describe.skipIf(tensorflowIsMissing)(`TensorFlow${whySkipped}`, () => {
  let binding: TensorFlowBinding;
  let plain: Engine;
  beforeAll(() => {
    plain = openTensorFlowEngine({ form: 'plain' });
    binding = loadTensorFlow(findInstallation()?.binding ?? '');
  });

  it('says which version it is', () => {
    expect(plain.version).toMatch(/^TensorFlow \d+\.\d+\.\d+ \((cpu|gpu)\)$/);
  });

  it.each<Form>(['plain', 'xla'])('computes every op as tfjs does: %s', async (form) => {
    const state = { weight: wave([4, 3], 1), bias: wave([4], 2) };
    const inputs = { x: wave([2, 3], 3), y: wave([2, 3], 4), cube: wave([2, 3, 4], 5) };
    const session = await openTensorFlowEngine({ form }).compile(everyOp, state);
    const actual = await session.call(inputs);
    const expected = await (await eagerEngine.compile(everyOp, state)).call(inputs);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(actual[name]?.shape, name).toEqual(shape);
      data.forEach((value, i) => {
        expect(Math.abs((actual[name]?.data[i] as number) - value), `${name}[${i}]`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      });
    }
    await session.dispose();
  });

  it.each<Form>(['plain', 'xla'])('rounds factors to bfloat16 and sums in float32: %s', async (form) => {
    const terms = 301;
    const dot: Program = {
      name: 'dot product',
      state: {},
      inputs: { x: float32(1, terms), y: float32(1, terms) },
      body: (_, { x, y }) => ({
        state: {},
        outputs: { product: tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D, false, true), sum: tf.sum(x as tf.Tensor) },
      }),
    };
    const row = (value: number): HostTensor => ({
      shape: [1, terms],
      dtype: 'float32',
      data: new Float32Array(terms).fill(value),
    });
    const session = await openTensorFlowEngine({ form, precision: 'bfloat16' }).compile(dot, {});
    // The next number after 1 is 1 + 1/128; summed in bfloat16, ones would not get past 256.
    const { product, sum } = await session.call({ x: row(1 + 1 / 512), y: row(1) });
    expect(product?.data[0]).toBe(300);
    expect(sum?.data[0]).toBeCloseTo(terms * (1 + 1 / 512), 3);
    await session.dispose();
  });

  it('holds nothing outside the session after 50 calls', async () => {
    const before = binding.getNumOfTensors();
    const session = await plain.compile(counter, { total: vector(0, 0) });
    for (let i = 0; i < 50; i++) await session.call({ x: vector(1, 2) });
    await session.undo();
    expect(Array.from((await session.readState())['total']?.data ?? [])).toEqual([49, 98]);
    expect(binding.getNumOfTensors()).toBe(before);
    await session.dispose();
  });

  it('holds nothing after a call that fails, and goes on', async () => {
    const before = binding.getNumOfTensors();
    const session = await plain.compile(counter, { total: vector(1, 2) });
    const wrongLength: HostTensor = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2, 3) };
    await expect(session.call({ x: wrongLength })).rejects.toThrow();
    await expect(session.call({ x: vector(1) })).rejects.toThrow('compiled for x of shape [2] and got [1]');
    await expect(session.call({})).rejects.toThrow('counter needs the input x');
    expect(binding.getNumOfTensors()).toBe(before);
    expect(Array.from((await session.call({ x: vector(1, 1) }))['sum']?.data ?? [])).toEqual([2, 3]);
    await session.dispose();
  });

  it('does not share memory with its caller', async () => {
    const mine = vector(1, 2);
    const session = await plain.compile(counter, { total: mine });
    mine.data.fill(100);
    const outputs = await session.call({ x: vector(0, 0) });
    outputs['sum']?.data.fill(100);
    expect(Array.from((await session.readState())['total']?.data ?? [])).toEqual([1, 2]);
    await session.dispose();
  });

  it('keeps sessions of one program apart', async () => {
    const [one, other] = [
      await plain.compile(counter, { total: vector(1, 1) }),
      await plain.compile(counter, { total: vector(2, 2) }),
    ];
    await one.call({ x: vector(10, 10) });
    expect(Array.from((await other.readState())['total']?.data ?? [])).toEqual([2, 2]);
    await one.dispose();
    expect(Array.from((await other.call({ x: vector(1, 1) }))['sum']?.data ?? [])).toEqual([3, 3]);
    await other.dispose();
  });

  it('leaves no file behind', async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('dino-tensorflow-'));
    const before = folders();
    const session = await plain.compile(counter, { total: vector(0, 0) });
    expect(folders()).toEqual(before);
    await session.dispose();
  });
});

describe('the form that is faster', () => {
  /** Sessions that take as long as they are told by the clock that is looked at, in the place of TensorFlow. */
  function sessions(milliseconds: Readonly<Record<Form, number>>, problem?: string) {
    const log: string[] = [];
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const open = async (form: Form, runsAs: string = form): Promise<Session> => {
      log.push(`open ${form}`);
      return {
        runsAs,
        call: async (): Promise<NamedHostTensors> => {
          if (form === 'xla' && problem !== undefined) throw new Error(problem);
          clock += milliseconds[form];
          return {};
        },
        undo: async () => {
          log.push(`undo ${form}`);
        },
        readState: async () => ({}),
        writeState: async () => undefined,
        dispose: async () => {
          log.push(`dispose ${form}`);
        },
      };
    };
    return { log, open };
  }
  afterEach(() => vi.restoreAllMocks());
  const unknown = { known: undefined, remember: () => undefined };
  const kinds = (log: readonly string[]) => log.filter((line) => !line.startsWith('undo'));

  it('is XLA where XLA is faster, and the other is gone before XLA takes its place', async () => {
    const { log, open } = sessions({ plain: 40, xla: 1 });
    expect((await openFaster(counter, open, unknown)).runsAs).toBe('xla');
    expect(kinds(log)).toEqual(['open plain', 'dispose plain', 'open xla']);
  });

  it('is the plain graph where XLA is slower, and says so', async () => {
    const { log, open } = sessions({ plain: 1, xla: 40 });
    expect((await openFaster(counter, open, unknown)).runsAs).toMatch(
      /^as a plain graph, since XLA would take [\d.]+ times as long$/,
    );
    expect(kinds(log)).toEqual(['open plain', 'dispose plain', 'open xla', 'dispose xla', 'open plain']);
  });

  it('is the plain graph where XLA cannot compile, and says why', async () => {
    const { log, open } = sessions({ plain: 1, xla: 1 }, 'no libdevice\nand more');
    expect((await openFaster(counter, open, unknown)).runsAs).toBe(
      'as a plain graph, since XLA cannot compile it here: no libdevice',
    );
    expect(kinds(log)).toEqual(['open plain', 'dispose plain', 'open xla', 'dispose xla', 'open plain']);
  });

  it('is found without changing the state', async () => {
    const { log, open } = sessions({ plain: 1, xla: 1 });
    await openFaster(counter, open, unknown);
    expect(log.filter((line) => line === 'undo plain')).toHaveLength(4);
    expect(log.filter((line) => line === 'undo xla')).toHaveLength(4);
  });

  it('is timed with inputs that are sent ahead, as those of a training are', async () => {
    const { open } = sessions({ plain: 1, xla: 1 });
    const calls: (readonly [now: NamedHostTensors, then: NamedHostTensors | undefined])[] = [];
    const noted = async (form: Form): Promise<Session> => ({
      ...(await open(form)),
      call: async (now, then) => {
        calls.push([now, then]);
        return {};
      },
    });
    await openFaster(counter, noted, unknown);
    // After the call that warms a session up.
    for (const timed of [calls.slice(1, 4), calls.slice(5, 8)]) {
      expect(timed).toHaveLength(3);
      timed.forEach(([now, then], i) => {
        expect(then).not.toBe(now);
        expect(then).toBe(timed[i + 1]?.[0] ?? then);
        expect(then).toBeDefined();
      });
    }
  });

  it('is measured once: what is known is opened at once', async () => {
    const times: FormTimes[] = [];
    const first = sessions({ plain: 1, xla: 40 });
    await openFaster(counter, first.open, { known: undefined, remember: (measured) => times.push(measured) });
    expect(times).toEqual([{ program: 'counter', plain: expect.any(Number), xla: expect.any(Number) }]);
    const [known] = times;
    const again = sessions({ plain: 1, xla: 40 });
    expect((await openFaster(counter, again.open, { ...unknown, known })).runsAs).toMatch(/since XLA would take/);
    expect(again.log).toEqual(['open plain']);
    const faster = sessions({ plain: 40, xla: 1 });
    await openFaster(counter, faster.open, { ...unknown, known: { program: 'counter', plain: 2, xla: 1 } });
    expect(kinds(faster.log)).toEqual(['open xla']);
    const broken = sessions({ plain: 1, xla: 1 }, 'gone');
    await openFaster(counter, broken.open, { known: undefined, remember: (measured) => times.push(measured) });
    expect(times.at(-1)?.xla).toBe('gone');
  });

  it('is remembered, of the last 50 programs', () => {
    const storage = temporaryFolder();
    for (let i = 0; i < 60; i++) rememberForm(`key ${i}`, { program: `program ${i}`, plain: 2, xla: 1 }, storage);
    const names = Object.keys(formTimes(storage));
    expect(names).toHaveLength(50);
    expect(names.at(-1)).toBe('key 59');
    expect(formKey('2.21 gpu', Uint8Array.of(1))).not.toBe(formKey('2.21 cpu', Uint8Array.of(1)));
  });
});

describe('TensorFlow’s environment', () => {
  it.each([
    ['float32', '0', '--mine --xla_gpu_enable_triton_gemm=false'],
    ['tf32', undefined, '--mine'],
  ] as const)('multiplies in %s on GPUs that have both', (precision, override, flags) => {
    for (const name of ['NVIDIA_TF32_OVERRIDE', 'TF_FORCE_GPU_ALLOW_GROWTH']) vi.stubEnv(name, undefined);
    vi.stubEnv('XLA_FLAGS', '--mine');
    setEnvironment({ tf32: precision === 'tf32', isOwn: true });
    expect(process.env['NVIDIA_TF32_OVERRIDE']).toBe(override);
    expect(process.env['XLA_FLAGS']).toBe(flags);
    expect(process.env['TF_FORCE_GPU_ALLOW_GROWTH']).toBe('true');
    vi.unstubAllEnvs();
  });

  it.each([
    [undefined, '3'],
    ['0', '0'],
  ] as const)('keeps TensorFlow quiet unless a person wants to hear it: %s', (before, after) => {
    vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', before);
    setEnvironment({});
    expect(process.env['TF_CPP_MIN_LOG_LEVEL']).toBe(after);
    vi.unstubAllEnvs();
  });

  it.each([
    [true, 'BF16'],
    [false, 'STRICT'],
  ] as const)('tells oneDNN whether to round: %s', (roundsToBfloat16, mode) => {
    vi.stubEnv('TF_SET_ONEDNN_FPMATH_MODE', 'ANY');
    setEnvironment({ roundsToBfloat16 });
    expect(process.env['TF_SET_ONEDNN_FPMATH_MODE']).toBe(mode);
    vi.unstubAllEnvs();
  });

  const gpu = { usesGpu: true, tf32: true, roundsToBfloat16: true };
  const processor = { usesGpu: false, tf32: true, roundsToBfloat16: true };
  it.each([
    ['float32', { ...gpu, tf32: false }, undefined],
    ['float32', gpu, /loaded with TensorFloat-32, .*in float32/],
    ['tf32', gpu, undefined],
    ['tf32', { ...gpu, tf32: false }, /loaded without TensorFloat-32, .*in tf32/],
    ['bfloat16', gpu, undefined],
    ['bfloat16', { ...gpu, tf32: false }, undefined],
    ['float32', processor, /loaded to multiply in bfloat16, .*in float32/],
    ['tf32', processor, /loaded to multiply in bfloat16, .*in tf32/],
    ['bfloat16', processor, undefined],
    ['float32', { ...processor, roundsToBfloat16: false }, undefined],
    ['tf32', { ...processor, roundsToBfloat16: false }, undefined],
    ['bfloat16', { ...processor, roundsToBfloat16: false }, undefined],
  ] as const)('is settled once: %s where TensorFlow was loaded with %o', (precision, rounding, problem) => {
    const open = () => requireRounding(precision, rounding);
    if (problem === undefined) expect(open).not.toThrow();
    else expect(open).toThrow(problem);
  });
});
