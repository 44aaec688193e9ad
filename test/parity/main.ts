/** npm run parity -- DIR [--engine NAME]: replays a reference folder on every engine of this machine and prints the differences. */
import { Command } from 'commander';
import { chooseEngine, listEngines } from '../../src/engines/choose.js';
import { type EngineName, multipliesIn, PRECISIONS } from '../../src/engines/engine.js';
import { type Difference, isWithin, readReference, replay, replayWithoutEngine } from './replay.js';

const DEFAULT_REFERENCE = 'test/reference/tiny-vit';

/** Quantities of one kind (`gradient …`, `cls_…`) share a line: the largest difference stands for all. */
const kindOf = ({ quantity }: Difference): string => /^(?:k-NN|[a-z]+)/i.exec(quantity)?.[0] ?? quantity;

function report(title: string, differences: readonly Difference[]): boolean {
  const failed = differences.filter((difference) => !isWithin(difference));
  console.log(`\n${title}`);
  for (const kind of new Set(differences.map(kindOf))) {
    const ofKind = differences.filter((difference) => kindOf(difference) === kind);
    const worst = ofKind.reduce((a, b) => (b.value > a.value ? b : a));
    const verdict = ofKind.every(isWithin) ? 'ok  ' : 'FAIL';
    const figures =
      worst.measure === 'exact'
        ? `${ofKind.filter(isWithin).length} of ${ofKind.length} exact`
        : `${worst.value.toExponential(2)} ${worst.measure}, at most ${worst.limit} (${worst.quantity})`;
    console.log(`  ${verdict} ${kind.padEnd(13)} ${String(ofKind.length).padStart(3)} checked  ${figures}`);
  }
  for (const { quantity, value, limit } of failed) console.log(`  FAIL ${quantity}: ${value} is over ${limit}`);
  return failed.length === 0 && differences.length > 0;
}

async function collect(differences: AsyncIterable<Difference>): Promise<Difference[]> {
  const list: Difference[] = [];
  for await (const difference of differences) list.push(difference);
  return list;
}

async function main(dir: string, wanted: EngineName | undefined): Promise<boolean> {
  const reference = readReference(dir);
  let ok = report('method and files', await collect(replayWithoutEngine(reference)));
  for (const { name, ...engineReport } of await listEngines()) {
    if (wanted !== undefined && name !== wanted) continue;
    if (!engineReport.available) {
      console.log(`\n${name}: cannot run here: ${engineReport.reason}`);
      if (wanted !== undefined) ok = false;
      continue;
    }
    for (const precision of PRECISIONS.filter((precision) => multipliesIn(precision, name))) {
      const engine = await chooseEngine(name, { precision });
      ok =
        report(`${name}: ${engine.version}, ${precision}`, await collect(replay(engine, reference, precision))) && ok;
    }
  }
  console.log(ok ? '\nEverything is within its limit.' : '\nNot everything is within its limit.');
  return ok;
}

new Command()
  .argument('[reference]', 'a folder of the form of test/reference/tiny-vit', DEFAULT_REFERENCE)
  .option('--engine <name>', 'this engine alone')
  .action(async (dir: string, { engine }: { engine?: EngineName }) => {
    process.exitCode = (await main(dir, engine)) ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
