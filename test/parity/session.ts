/**
 * node session.cjs ENGINE PRECISION DIR...: replays reference folders on one engine in one precision. A process of its own, because
 * TensorFlow reads once how it may round. The exit code says how it ended.
 */

import { ENGINE_NAMES, type EngineName } from '../../src/engines/abilities.js';
import { chooseEngine } from '../../src/engines/choose.js';
import { type Engine, PRECISIONS, type Precision } from '../../src/engines/engine.js';
import { hasBfloat16, thisProcessor } from '../../src/engines/processor.js';
import { errorMessage } from '../../src/errors/errorMessage.js';
import { ENDS, type End } from './ends.js';
import { readReference } from './references.js';
import { report } from './report.js';
import { measurePrecision } from './rounding.js';

async function main(name: EngineName, precision: Precision, dirs: readonly string[]): Promise<End> {
  const notRun = (why: string): End => {
    console.log(`\n${name}, ${precision}: not run: ${why}`);
    return 'not run';
  };
  let engine: Engine;
  try {
    engine = await chooseEngine(name, { precision });
  } catch (error) {
    return notRun(errorMessage(error));
  }
  if (precision === 'tf32' && !engine.usesGpu) return notRun('no NVIDIA GPU.');
  if (precision === 'bfloat16' && !engine.usesGpu && hasBfloat16(thisProcessor()) === false)
    return notRun('this processor has no instructions for it.');
  const measured = await measurePrecision(engine);
  if (precision === 'tf32' && measured === 'float32') return notRun('this GPU multiplies in float32.');
  let end: End = 'within';
  if (measured !== precision) {
    console.log(`\n  FAIL ${name}, ${precision}: its products are rounded to ${measured}`);
    end = 'over';
  }
  for (const dir of dirs) {
    try {
      const reference = readReference(dir);
      const title = `${dir}: ${name} (${engine.version}), ${precision}`;
      if (!reference.precisions.includes(precision)) {
        const why =
          reference.precisions.length === 0
            ? 'nothing in it depends on the engine'
            : `its limits are for ${reference.precisions.join(', ')}`;
        console.log(`\n${title}: not compared, ${why}`);
        continue;
      }
      if (!(await report(title, reference.on(engine, precision)))) end = 'over';
    } catch (error) {
      console.log(`  FAIL ${errorMessage(error)}`);
      end = 'over';
    }
  }
  return end;
}

function argument<T extends string>(names: readonly T[], given: string | undefined): T {
  const name = names.find((name) => name === given);
  if (name === undefined) throw new Error(`${given} is none of ${names.join(', ')}.`);
  return name;
}

const [name, precision, ...dirs] = process.argv.slice(2);
main(argument(ENGINE_NAMES, name), argument(PRECISIONS, precision), dirs).then(
  (end) => {
    process.exitCode = ENDS[end];
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = ENDS.over;
  },
);
