/** ONNX Runtime's own profile of a session, which it writes to a file. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Span } from './profile.js';

/** One of the events that the runtime writes; times in microseconds, on a clock of its own. */
const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  ts: z.number(),
  dur: z.number(),
  args: z.object({ op_name: z.string().optional() }).optional(),
});

const RUN = 'model_run';
const KERNEL = '_kernel_time';

export class OnnxProfile {
  readonly #folder: string;
  #firstRun: number | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async begin(): Promise<OnnxProfile> {
    return new OnnxProfile(await mkdtemp(join(tmpdir(), 'dino-profile-')));
  }

  /** Begins the path of the file that the runtime writes. */
  get prefix(): string {
    return join(this.#folder, 'profile');
  }

  /** To be called right before each run: the first one tells how the runtime's clock and ours go together. */
  runBegins(): void {
    this.#firstRun ??= performance.now();
  }

  /** What every node took, once the session has ended its profiling. */
  async take(): Promise<Span[]> {
    const [file] = await readdir(this.#folder);
    if (file === undefined) throw new Error('ONNX Runtime has written no profile.');
    const events = z
      .array(z.unknown())
      .parse(JSON.parse(await readFile(join(this.#folder, file), 'utf8')))
      .flatMap((event) => eventSchema.safeParse(event).data ?? []);
    const firstRun = Math.min(...events.filter(({ name }) => name === RUN).map(({ ts }) => ts));
    const toOurClock = (ts: number): number => (this.#firstRun ?? 0) + (ts - firstRun) / 1000;
    return events
      .filter(({ cat, name }) => cat === 'Node' && name.endsWith(KERNEL))
      .map(({ name, ts, dur, args }) => ({
        name: name.slice(0, -KERNEL.length),
        op: args?.op_name ?? 'unknown op',
        start: toOurClock(ts),
        duration: dur / 1000,
        thread: 'ONNX Runtime',
      }));
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
