/** What a replay found, for people: a line a kind of quantity, and each difference that is over its limit. */
import { type Difference, isWithin } from './difference.js';

/** Quantities of one kind (`gradient …`, `cls_…`) share a line: the largest difference stands for all. */
const kindOf = ({ quantity }: Difference): string => /^(?:k-NN|drop path|[a-z]+)/i.exec(quantity)?.[0] ?? quantity;

/** @returns whether there was something to compare, and all of it is within its limit */
export async function report(
  title: string,
  replayed: AsyncIterable<Difference> | Iterable<Difference>,
): Promise<boolean> {
  const differences: Difference[] = [];
  for await (const difference of replayed) differences.push(difference);
  const failed = differences.filter((difference) => !isWithin(difference));
  console.log(`\n${title}`);
  for (const kind of new Set(differences.map(kindOf))) {
    const ofKind = differences.filter((difference) => kindOf(difference) === kind);
    // NaN is the worst of all.
    const worst = ofKind.reduce((a, b) => (Number.isNaN(a.value) || b.value <= a.value ? a : b));
    const verdict = ofKind.every(isWithin) ? 'ok  ' : 'FAIL';
    const figures =
      worst.measure === 'exact'
        ? `${ofKind.filter(isWithin).length} of ${ofKind.length} exact`
        : `${worst.value.toExponential(2)} ${worst.measure}, at most ${worst.limit} (${worst.quantity})`;
    console.log(`  ${verdict} ${kind.padEnd(13)} ${String(ofKind.length).padStart(3)} checked  ${figures}`);
    for (const { quantity, words } of ofKind.filter(isWithin))
      if (words !== undefined) console.log(`         ${quantity}: ${words}`);
  }
  for (const { quantity, value, limit, words } of failed)
    console.log(`  FAIL ${quantity}: ${words ?? `${value} is over ${limit}`}`);
  return failed.length === 0 && differences.length > 0;
}
