/** The processes that compute for this test's workbench: to be held up, so that what is loading stays so, or ended as a crash would. */
import { readdirSync, readFileSync } from 'node:fs';

/** Where their processes are listed by the system. */
export const canHoldWorkers = process.platform === 'linux';

interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly isWorker: boolean;
}

function listed(): Listed[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in brackets may hold anything.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2]);
      const isWorker = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('worker.cjs');
      return [{ pid: Number(name), parent, isWorker }];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

/** Those that were started by this test, through the server that it started: another test's are left alone. */
function ownWorkers(): number[] {
  const all = listed();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOwn = (pid: number | undefined): boolean =>
    pid === process.pid || (pid !== undefined && pid > 1 && isOwn(parents.get(pid)));
  return all.filter(({ pid, isWorker }) => isWorker && isOwn(pid)).map(({ pid }) => pid);
}

/** @returns how many there are */
export function signalWorkers(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): number {
  return ownWorkers().filter((pid) => isSent(pid, signal)).length;
}

function isSent(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // It has ended since it was listed.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
