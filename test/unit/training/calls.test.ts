/** How a step is made of calls: what each is given, and what is made of what they answer. */
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../src/engines/engine.js';
import type { HostTensor, NamedHostTensors } from '../../../src/program/program.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { trainedDino } from '../../../src/training/methods/dino.js';
import { callsOf, inputsOf, makeStep, stepProgram } from '../../../src/training/step.js';
import { TINY } from './images.js';

const settingsFor = (changes: Readonly<Record<string, unknown>>): Settings =>
  resolveSettings({ set: { ...TINY, batch_size: 4, local_crops_number: 2, drop_path_rate: 0.5, ...changes } }).settings;

/** Every value is its image's number, crop by crop: 1000 * crop + image. */
function cropsOf({ batch_size, in_chans, image_size, local_size, local_crops_number }: Settings) {
  const numbered = (views: number, side: number) => {
    const perImage = in_chans * side ** 2;
    return Float32Array.from({ length: views * batch_size * perImage }, (_, i) => {
      const place = Math.floor(i / perImage);
      return 1000 * Math.floor(place / batch_size) + (place % batch_size);
    });
  };
  return { globals: numbered(2, image_size), locals: numbered(local_crops_number, local_size) };
}

const inputsFor = (settings: Settings, step = 0): NamedHostTensors[] => [
  ...inputsOf(settings, step, planHyperparameters(settings, 10)(step), cropsOf(settings)),
];

/** The different values of each crop of each image, in order. */
const images = (tensor: HostTensor | undefined, perImage: number) =>
  Array.from({ length: (tensor?.data.length ?? 0) / perImage }, (_, i) => tensor?.data[i * perImage]);

describe('The inputs of a step', () => {
  it.each([1, 2, 4])('are for each of %i calls its share of the images, of every crop', (calls) => {
    const settings = settingsFor({ gradient_accumulation_steps: calls });
    const { inputs: wanted } = stepProgram(settings);
    const all = inputsFor(settings);
    expect(all).toHaveLength(calls);
    const each = 4 / calls;
    all.forEach((given, call) => {
      const shapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]));
      expect(shapes).toEqual(Object.fromEntries(Object.entries(wanted).map(([name, { shape }]) => [name, shape])));
      const own = Array.from({ length: each }, (_, i) => call * each + i);
      const wantedImages = [0, 1000].flatMap((crop) => own.map((image) => crop + image));
      expect(images(given['globals'], 3 * 32 * 32)).toEqual(wantedImages);
      expect(images(given['locals'], 3 * 16 * 16)).toEqual(wantedImages);
      expect(new Set(given['globals']?.data)).toEqual(new Set(wantedImages));
    });
  });

  it('drop the same branches of an image however many calls there are', () => {
    const [whole] = inputsFor(settingsFor({}), 3);
    const halves = inputsFor(settingsFor({ gradient_accumulation_steps: 2 }), 3);
    const rows = (tensor: HostTensor | undefined, length: number) =>
      Array.from({ length: (tensor?.data.length ?? 0) / length }, (_, i) => [
        ...(tensor?.data.slice(i * length, (i + 1) * length) ?? []),
      ]);
    const [first, second] = halves.map((half) => rows(half['drop_path'], 2)) as [number[][], number[][]];
    expect(rows(whole?.['drop_path'], 4)).toEqual(first.map((row, i) => [...row, ...(second[i] ?? [])]));
    // Another step drops others.
    expect(inputsFor(settingsFor({}), 4)[0]?.['drop_path']?.data).not.toEqual(whole?.['drop_path']?.data);
  });

  it('have neither local crops nor scales where the settings have none', () => {
    const [inputs] = inputsFor(settingsFor({ local_crops_number: 0, drop_path_rate: 0 }));
    expect(inputs).not.toHaveProperty('locals');
    expect(inputs).not.toHaveProperty('drop_path');
    expect(Object.keys(stepProgram(settingsFor({ drop_path_rate: 0 })).inputs)).not.toContain('drop_path');
  });

  it('can be looked at, the first of them, before they are gone through', () => {
    const settings = settingsFor({ gradient_accumulation_steps: 2 });
    const calls = callsOf(settings, 0, planHyperparameters(settings, 10)(0), cropsOf(settings));
    const all = [...calls.all];
    expect(all[0]).toBe(calls.first);
    expect(all).toEqual(inputsFor(settings));
  });
});

type Answer = Readonly<Record<string, number>>;

/** Answers these in turn, and remembers what it was called with. */
function sessionOf(answers: readonly Answer[]) {
  const calls: (readonly [NamedHostTensors, NamedHostTensors | undefined])[] = [];
  const session = {
    call: async (inputs: NamedHostTensors, upcoming?: NamedHostTensors) => {
      const answer = answers[calls.length] as Answer;
      calls.push([inputs, upcoming]);
      return Object.fromEntries(
        Object.entries(answer).map(([name, value]) => [
          name,
          { shape: [], dtype: 'float32', data: Float32Array.of(value) },
        ]),
      );
    },
  } as unknown as Session;
  return { session, calls };
}

const answer = (loss: number, rest: Answer = {}): Answer => ({
  loss,
  teacher_entropy: 2 * loss,
  kl: 3 * loss,
  grad_norm: 4 * loss,
  feature_std: 5 * loss,
  ...rest,
});
const inputs = (name: string): NamedHostTensors => ({
  [name]: { shape: [], dtype: 'float32', data: Float32Array.of(0) },
});
const [one, two, three, next] = ['one', 'two', 'three', 'next'].map(inputs) as [
  NamedHostTensors,
  NamedHostTensors,
  NamedHostTensors,
  NamedHostTensors,
];

describe('A step', () => {
  it('gives the means over its calls, and the norm of the gradient that the last one has', async () => {
    const { session } = sessionOf([answer(1), answer(2), answer(6)]);
    expect(await makeStep(session, trainedDino, [one, two, three])).toEqual({
      loss: 3,
      teacher_entropy: 6,
      kl: 9,
      grad_norm: 24,
      feature_std: 15,
    });
  });

  it('names with each call the next one', async () => {
    const { session, calls } = sessionOf([answer(1), answer(1)]);
    await makeStep(session, trainedDino, [one, two], next);
    expect(calls).toEqual([
      [one, two],
      [two, next],
    ]);
    const alone = sessionOf([answer(1)]);
    await makeStep(alone.session, trainedDino, [one]);
    expect(alone.calls).toEqual([[one, undefined]]);
  });

  it.each([
    [answer(Number.NaN)],
    [answer(Number.POSITIVE_INFINITY)],
    [answer(1, { grad_norm: Number.NaN })],
    [answer(1, { grad_norm: Number.POSITIVE_INFINITY })],
  ])('ends with a call that is not finite', async (bad) => {
    const { session, calls } = sessionOf([answer(1), bad, answer(1)]);
    const made = await makeStep(session, trainedDino, [one, two, three]);
    expect(calls).toHaveLength(2);
    expect(Number.isFinite(made.loss) && Number.isFinite(made.grad_norm)).toBe(false);
  });

  it.each(['loss', 'teacher_entropy', 'kl', 'grad_norm', 'feature_std'])('misses %s', async (name) => {
    const { [name]: _, ...rest } = answer(1);
    await expect(makeStep(sessionOf([rest]).session, trainedDino, [one])).rejects.toThrow(
      `the training step gave no ${name}`,
    );
  });
});
