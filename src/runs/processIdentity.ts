/**
 * Which process a run belongs to. A pid alone is reused sooner or later, so the start of the process is kept with it, as
 * the system itself records it: unlike "now minus its age" that does not move when the clock is set.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  readonly pid: number;
  /** Only ever compared with another one of the same machine. */
  readonly start: string;
  readonly host: string;
}

const run = promisify(execFile);

export async function thisProcess(): Promise<ProcessIdentity> {
  const start = await processStart(process.pid);
  return { pid: process.pid, start: start ?? 'unknown', host: hostname() };
}

/** Whether that very process still runs on this machine. */
export const isAlive = async ({ pid, start, host }: ProcessIdentity): Promise<boolean> =>
  host === hostname() && (await processStart(pid)) === start;

/** When the process started, in the system's own words; undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return await linuxStart(pid);
    if (process.platform === 'win32') return await windowsStart(pid);
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C', TZ: 'UTC' } });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // The file, or the answer, is not there because the process is not.
  }
}

/** Clock ticks since the machine started (field 22 of /proc/<pid>/stat), with the id of that start of the machine. */
async function linuxStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name, in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended, and waits only for its parent to hear of it.
  if (state === 'Z' || state === 'X') return undefined;
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return `${boot}/${fields[18]}`;
}

async function windowsStart(pid: number): Promise<string | undefined> {
  const command = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`;
  const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command]);
  return stdout.trim() || undefined;
}
