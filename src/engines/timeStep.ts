import type { Engine } from './engine.js';
import { SMALL_SAMPLE, sampleStep } from './sampleStep.js';

const WARM_UP = 2;
const TIMED = 5;

/** The median milliseconds of a training step of a small network; takes some seconds, most of them for compiling. */
export async function timeStep(engine: Engine): Promise<number> {
  const { program, state, inputs } = sampleStep(SMALL_SAMPLE);
  const session = await engine.compile(program, state);
  try {
    const times: number[] = [];
    for (let step = 0; times.length < TIMED; step++) {
      const isTimed = step >= WARM_UP && session.isSettling !== true;
      const begun = performance.now();
      await session.call(inputs(step));
      if (isTimed) times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b)[Math.floor(TIMED / 2)] ?? Number.POSITIVE_INFINITY;
  } finally {
    await session.dispose();
  }
}
