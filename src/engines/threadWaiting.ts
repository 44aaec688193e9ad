/**
 * How the threads of a pool wait between two pieces of work: asleep, or spinning. Spinning threads are there at once, but they hold the
 * processor against whatever else would run. Which makes a call faster depends on the processor and on what else the machine does, and
 * that changes during a run: so both are timed, in turn, as the run goes on.
 */
import { median } from '../statistics/median.js';

export type Waiting = 'asleep' | 'spinning';

/** Calls whose median is compared. */
const COMPARED = 5;
/** Spinning must save this share of a call: it takes time from others. */
const WORTH_IT = 0.05;
/** A call that takes so many times as long as usual, or so many times less, tells of other work that came or went. */
const JUMP = 1.3;
/** Calls in a row that tell so. */
const IN_A_ROW = 2;
/** The first trial waits until calls have taken so long in all: most programs are called a few times only. */
const FIRST_TRIAL_MS = 2000;
/** From one trial to the next: at first, and at most, since it doubles with every trial. */
const INTERVAL_MS = { first: 30_000, most: 480_000 };
/** What trials, and spinning that turned out slow, may cost of the time. */
const LARGEST_SHARE = 0.04;

/** The way that is not in use is being tried. */
interface Trial {
  readonly began: number;
  /** Milliseconds of a call in the way that is in use. */
  readonly usual: number;
  readonly times: number[];
  calls: number;
}

/** Which way the next call's threads should wait, by what earlier calls took. All times in milliseconds, on one clock. */
export class WaitingChoice {
  /** In use, or being tried. */
  #waiting: Waiting = 'asleep';
  #trial: Trial | undefined;
  /** What the newest calls took. */
  #recent: number[] = [];
  /** What a call took when the way was chosen. */
  #usual: number | undefined;
  /** What a call took asleep at the last trial. */
  #usualAsleep: number | undefined;
  #isDecided = false;
  #decidedAt = 0;
  #interval = INTERVAL_MS.first;
  /** What the last trial cost, and what spinning has lost since. */
  #cost = 0;
  #total = 0;
  /** The first call of a session allocates the memory that later ones have. */
  #isFirst = true;

  /** How the next call's threads wait. */
  get next(): Waiting {
    return this.#waiting;
  }

  /** Whether both ways have been timed. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /**
   * Takes note of a call that was made in the way that `next` named.
   * @param milliseconds what the call took, without what a change of the way took before it
   * @param now when it ended
   */
  note(milliseconds: number, now: number): void {
    if (this.#trial) this.#noteTrial(this.#trial, milliseconds, now);
    else this.#noteUsual(milliseconds, now);
  }

  #noteUsual(milliseconds: number, now: number): void {
    this.#total += milliseconds;
    if (this.#isFirst) {
      this.#isFirst = false;
      return;
    }
    this.#recent = [...this.#recent, milliseconds].slice(-COMPARED);
    if (this.#recent.length === COMPARED) this.#usual ??= median(this.#recent);
    if (this.#waiting === 'spinning' && this.#isSlowNow(milliseconds)) this.#use('asleep', now, []);
    else if (this.#isTrialDue(now)) this.#try(now);
  }

  /** Whether other work has come, which spinning makes worse: it ends at once, and is tried again another time. */
  #isSlowNow(milliseconds: number): boolean {
    this.#cost += Math.max(0, milliseconds - (this.#usualAsleep ?? milliseconds));
    const usual = this.#usual;
    const recent = this.#recent.slice(-IN_A_ROW);
    return usual !== undefined && recent.length === IN_A_ROW && recent.every((time) => time > JUMP * usual);
  }

  #isTrialDue(now: number): boolean {
    if (this.#recent.length < COMPARED || this.#usual === undefined) return false;
    if (!this.#isDecided) return this.#total >= FIRST_TRIAL_MS;
    const since = now - this.#decidedAt;
    if (since < this.#cost / LARGEST_SHARE) return false;
    const isQuieter = this.#waiting === 'asleep' && median(this.#recent) < this.#usual / JUMP;
    return since >= this.#interval || (isQuieter && since >= INTERVAL_MS.first);
  }

  #try(now: number): void {
    this.#trial = { began: now, usual: median(this.#recent), times: [], calls: 0 };
    this.#waiting = this.#waiting === 'asleep' ? 'spinning' : 'asleep';
  }

  #noteTrial(trial: Trial, milliseconds: number, now: number): void {
    const { usual, times } = trial;
    trial.calls++;
    const isHopeless = milliseconds > JUMP * usual;
    if (trial.calls > 1 || isHopeless) times.push(milliseconds);
    if (times.length < COMPARED && !isHopeless) return;
    const tried = this.#waiting;
    const time = isHopeless ? milliseconds : median(times);
    const [asleep, spinning] = tried === 'asleep' ? [time, usual] : [usual, time];
    this.#trial = undefined;
    this.#isDecided = true;
    this.#usualAsleep = asleep;
    this.#cost = Math.max(0, now - trial.began - trial.calls * Math.min(asleep, spinning));
    const winner = spinning < (1 - WORTH_IT) * asleep ? 'spinning' : 'asleep';
    this.#use(winner, now, winner === tried ? times : []);
  }

  /** @param recent what calls took in this way just now */
  #use(waiting: Waiting, now: number, recent: readonly number[]): void {
    this.#waiting = waiting;
    this.#recent = [...recent];
    this.#usual = recent.length === COMPARED ? median(recent) : undefined;
    this.#isFirst = recent.length === 0;
    this.#decidedAt = now;
    this.#interval = Math.min(2 * this.#interval, INTERVAL_MS.most);
  }
}
