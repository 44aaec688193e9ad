/** Memory of WebAssembly that nothing holds is given back by a collection of garbage alone, which nothing else may bring about for long. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Less memory is soon given back by itself. */
export const LARGE_BYTES = 16 * 2 ** 20;

let collect: (() => void) | undefined;

/** Takes some hundredths of a second. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
