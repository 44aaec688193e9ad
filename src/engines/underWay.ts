/**
 * Native work on a thread of its own that nothing but the end of the process can end, such as a compiler's: Node itself would
 * wait for it before it exits.
 */
let underWay = 0;

export const nativeWorkIsUnderWay = (): boolean => underWay > 0;

/** Counts the work until it is done. */
export async function countNativeWork<T>(work: Promise<T>): Promise<T> {
  underWay++;
  try {
    return await work;
  } finally {
    underWay--;
  }
}

/**
 * Ends this process now, whatever native work is under way; then by a signal, since an exit would wait.
 * @param signal with default disposition from here on
 */
export function endProcess(code: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!nativeWorkIsUnderWay()) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
