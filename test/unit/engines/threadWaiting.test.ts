import { describe, expect, it } from 'vitest';
import { onnxInPlace } from '../../../src/engines/onnxInPlace.js';
import { openModel } from '../../../src/engines/onnxModel.js';
import { OnnxSession } from '../../../src/engines/onnxSession.js';
import { type SampleSize, sampleStep } from '../../../src/engines/sampleStep.js';
import { type Waiting, WaitingChoice } from '../../../src/engines/threadWaiting.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { Randomness } from '../../../src/projection/randomness.js';

/** Milliseconds of a call in each way. */
type Costs = Readonly<Record<Waiting, number>>;

/** Until another session is open. */
const OPENING_MS = 400;

/** Calls one after the other for so many seconds. */
function run(seconds: number, costsAt: (second: number) => Costs) {
  const choice = new WaitingChoice();
  const calls: { readonly at: number; readonly waiting: Waiting; readonly ms: number }[] = [];
  let now = 0;
  let open: readonly Waiting[] = ['asleep'];
  while (now < 1000 * seconds) {
    const waiting = choice.next;
    if (!open.includes(waiting)) now += OPENING_MS;
    open = choice.isTrying ? [...open, waiting] : [waiting];
    const ms = costsAt(now / 1000)[waiting];
    calls.push({ at: now / 1000, waiting, ms });
    now += ms;
    choice.note(ms, now);
  }
  const between = (from: number, to: number) => calls.filter(({ at }) => at >= from && at < to);
  /** Of the calls in a stretch of time, the share that waited so. */
  const share = (way: Waiting, from = 0, to = seconds) =>
    between(from, to).filter((call) => call.waiting === way).length / between(from, to).length;
  return { calls, share };
}

// Steps of dim 192, batch 16, on two cores.
const XEON: Costs = { asleep: 571, spinning: 427 };
const EPYC: Costs = { asleep: 603, spinning: 593 };
const BUSY: Costs = { asleep: 5989, spinning: 8237 };
const VERY_BUSY: Costs = { asleep: 900, spinning: 4000 };

describe('threads wait in the way that takes less time', () => {
  it('spinning where that saves a quarter', () => {
    const { share } = run(300, () => XEON);
    expect(share('spinning', 20)).toBeGreaterThan(0.9);
  });

  it('spinning where that saves a tenth, on a machine whose speed changes by a third within a minute', () => {
    const right = Array.from({ length: 100 }, (_, place) => {
      const noise = new Randomness(place);
      const phase = noise.uniform();
      const { share } = run(120, (second) => {
        const slowness = 1 + 0.15 * Math.sin(2 * Math.PI * (second / 40 + phase)) + 0.2 * noise.uniform() ** 4;
        return { asleep: 540 * slowness, spinning: 480 * slowness };
      });
      return share('spinning', 20, 25) > 0.9;
    });
    expect(right.filter(Boolean).length).toBeGreaterThanOrEqual(95);
  });

  it('asleep where spinning saves next to nothing, or loses', () => {
    expect(run(300, () => EPYC).share('asleep', 20)).toBeGreaterThan(0.9);
    expect(run(900, () => BUSY).share('asleep')).toBeGreaterThan(0.9);
  });

  it('asleep before both have been timed, and for good in a program that is called a few times', () => {
    const choice = new WaitingChoice();
    for (let call = 1; call <= 100; call++) {
      choice.note(10, 10 * call);
      expect([choice.next, choice.isDecided]).toEqual(['asleep', false]);
    }
  });

  it('steps back when the machine becomes busy, and spins again when it is quiet', () => {
    const { share } = run(1200, (second) => (second > 200 && second < 700 ? VERY_BUSY : XEON));
    expect(share('spinning', 20, 200)).toBeGreaterThan(0.9);
    expect(share('asleep', 220, 700), 'at once').toBeGreaterThan(0.95);
    expect(share('spinning', 900)).toBeGreaterThan(0.9);
  });

  it('gives a hopeless trial up at its first call', () => {
    const { calls } = run(60, () => VERY_BUSY);
    const trials = calls.filter(({ waiting }, i) => waiting === 'spinning' && calls[i - 1]?.waiting === 'asleep');
    const spinning = calls.filter(({ waiting }) => waiting === 'spinning');
    expect(trials.length).toBeGreaterThan(0);
    expect(spinning).toHaveLength(trials.length);
  });

  it.each([
    ['busy for good', () => VERY_BUSY],
    ['busy every other minute', (second: number) => (second % 120 < 60 ? VERY_BUSY : XEON)],
    ['busy every other five seconds', (second: number) => (second % 10 < 5 ? VERY_BUSY : XEON)],
  ])('costs next to nothing on a machine that is %s', (_, costsAt) => {
    const { calls } = run(3600, costsAt);
    const asleep = calls.reduce((sum, { at }) => sum + costsAt(at).asleep, 0);
    // As many calls, all of them asleep, against the hour that they took with changes and trials.
    expect(3600 / (asleep / 1000)).toBeLessThan(1.1);
  });
});

it('is not tried all the time where speed changes every few seconds, in both ways alike', () => {
  const slowness = (second: number) => (second % 8 < 4 ? 1 : 1.4);
  const { calls } = run(3600, (second) => ({
    asleep: XEON.asleep * slowness(second),
    spinning: XEON.spinning * slowness(second),
  }));
  const spinning = calls.reduce((sum, { at }) => sum + XEON.spinning * slowness(at), 0);
  expect(3600 / (spinning / 1000)).toBeLessThan(1.06);
});

it('stays as it is where the other way cannot be', () => {
  const choice = new WaitingChoice();
  let now = 0;
  const call = () => {
    now += 500;
    choice.note(500, now);
  };
  while (!choice.isTrying) call();
  expect(choice.next).toBe('spinning');
  choice.giveUp(now);
  for (let i = 0; i < 10_000; i++) {
    expect([choice.isTrying, choice.next, choice.isDecided]).toEqual([false, 'asleep', true]);
    call();
  }
});

const TINY: SampleSize = {
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 16, embedDim: 32, depth: 1, numHeads: 2 }),
    },
    head: { inDim: 32, hiddenDim: 32, bottleneckDim: 16, outDim: 64, normLastLayer: true, batchNorm: false },
  },
  batchSize: 2,
  localCropsNumber: 1,
  localSize: 8,
};

describe('a session of onnx', () => {
  it('computes the same to the bit when it changes the way, and goes on from its state', {
    timeout: 120_000,
  }, async () => {
    const { program, state, inputs } = sampleStep(TINY);
    const ways: readonly Waiting[] = ['asleep', 'spinning', 'spinning', 'asleep'];
    const results = async (wayOf: (call: number) => Waiting, isTrying = false) => {
      let call = 0;
      const noted: number[] = [];
      const opened = await openModel(program, {
        version: 'of the test',
        models: undefined,
        library: onnxInPlace,
        stop: undefined,
      });
      const session = new OnnxSession(program, {
        ...opened,
        profile: undefined,
        choice: {
          get next() {
            return wayOf(call);
          },
          get chosen() {
            return wayOf(call);
          },
          isTrying,
          giveUp: () => expect.fail('it can be opened'),
          isDecided: true,
          note: (milliseconds) => noted.push(milliseconds),
        },
      });
      await session.writeState(state);
      const outputs = [];
      const saidWays = [];
      for (; call < ways.length; call++) {
        outputs.push(await session.call(inputs(call)));
        saidWays.push(session.runsAs);
      }
      const end = { outputs, state: await session.readState() };
      await session.call(inputs(0));
      await session.undo();
      const undone = await session.readState();
      await session.dispose();
      expect(noted).toHaveLength(ways.length + 1);
      return { end, undone, saidWays };
    };
    const changing = await results((call) => ways[call] ?? 'asleep');
    const steady = await results(() => 'asleep');
    expect(changing.saidWays.map((said) => said?.split(' ')[1])).toEqual(['sleep', 'spin', 'spin', 'sleep']);
    expect(changing.end).toEqual(steady.end);
    expect((await results((call) => ways[call] ?? 'asleep', true)).end, 'both sessions stay open').toEqual(steady.end);
    expect(changing.undone).toEqual(changing.end.state);
  });
});
