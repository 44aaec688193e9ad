/**
 * How the threads of a pool wait between two pieces of work: asleep, or spinning. Spinning threads are there at once, but they hold the
 * processor against whatever else would run. Which makes a call faster depends on the processor and on what else the machine does, and
 * that changes during a run: so both are timed, in turn, as the run goes on.
 */
import { median } from '../statistics/median.js';

export type Waiting = 'asleep' | 'spinning';

/** Calls of each way whose median is compared. */
const COMPARED = 5;
/** Spinning must save this share of a call: it takes time from others. */
const WORTH_IT = 0.05;
/** A call that takes so many times as long as usual, or so many times less, tells of other work that came or went. */
const JUMP = 1.3;
/** Calls in a row that tell so. */
const IN_A_ROW = 2;
/** Where a call that spins takes so many times as long as the one asleep after it, the trial ends at once. */
const HOPELESS = 2;
/** The first trial waits until calls have taken so long in all: most programs are called a few times only. */
const FIRST_TRIAL_MS = 2000;
/** From one trial to the next: at first, and at most, since it doubles with every trial. */
const INTERVAL_MS = { first: 30_000, most: 480_000 };
/** What trials, and spinning that turned out slow, may cost of the time. */
const LARGEST_SHARE = 0.04;

/** Both ways are being timed, a call of each in turn: a machine that slows down meanwhile slows both. */
interface Trial {
  /** The next call's way. */
  next: Waiting;
  /** Milliseconds until the session of the other way was open. */
  opening: number | undefined;
  readonly began: number;
  /** Milliseconds of the calls of each way, the one that was not in use first. */
  readonly times: Readonly<Record<Waiting, number[]>>;
}

const otherThan = (waiting: Waiting): Waiting => (waiting === 'asleep' ? 'spinning' : 'asleep');

/** Which way the next call's threads should wait, by what earlier calls took. All times in milliseconds, on one clock. */
export class WaitingChoice {
  #chosen: Waiting = 'asleep';
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
  #cost = { trial: 0, spinning: 0 };
  #total = 0;
  /** The first call of a session allocates the memory that later ones have. */
  #isFirst = true;

  /** How the next call's threads wait. */
  get next(): Waiting {
    return this.#trial?.next ?? this.#chosen;
  }

  /** How they wait when there is no trial. */
  get chosen(): Waiting {
    return this.#chosen;
  }

  /** Whether the two ways take turns, from call to call. */
  get isTrying(): boolean {
    return this.#trial !== undefined;
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
    const isSlow = this.#chosen === 'spinning' && this.#isSlowNow(milliseconds);
    const mayTry = now - this.#decidedAt >= this.#cost.trial / LARGEST_SHARE;
    if ((isSlow && mayTry) || this.#isTrialDue(now)) this.#try(now);
  }

  /** Whether other work may have come, which spinning makes worse: the other way is tried soon. */
  #isSlowNow(milliseconds: number): boolean {
    this.#cost.spinning += Math.max(0, milliseconds - (this.#usualAsleep ?? milliseconds));
    const usual = this.#usual;
    const recent = this.#recent.slice(-IN_A_ROW);
    return usual !== undefined && recent.length === IN_A_ROW && recent.every((time) => time > JUMP * usual);
  }

  #isTrialDue(now: number): boolean {
    if (this.#recent.length < COMPARED || this.#usual === undefined) return false;
    if (!this.#isDecided) return this.#total >= FIRST_TRIAL_MS;
    const since = now - this.#decidedAt;
    if (since < (this.#cost.trial + this.#cost.spinning) / LARGEST_SHARE) return false;
    const isQuieter = this.#chosen === 'asleep' && median(this.#recent) < this.#usual / JUMP;
    return since >= this.#interval || (isQuieter && since >= INTERVAL_MS.first);
  }

  #try(now: number): void {
    const next = otherThan(this.#chosen);
    this.#trial = { next, opening: undefined, began: now, times: { asleep: [], spinning: [] } };
  }

  #noteTrial(trial: Trial, milliseconds: number, now: number): void {
    const { next, began, times } = trial;
    trial.opening ??= now - milliseconds - began;
    times[next].push(milliseconds);
    trial.next = otherThan(next);
    const pairs = times.asleep.length;
    if (times.spinning.length !== pairs) return;
    const ratios = times.spinning.map((spinning, pair) => spinning / (times.asleep[pair] as number));
    const isHopeless = (ratios.at(-1) as number) > HOPELESS;
    // The first call of a session allocates memory: its pair counts only where it ends the trial.
    if (pairs <= COMPARED && !isHopeless) return;
    const ratio = isHopeless ? HOPELESS : median(ratios.slice(1));
    const winner = ratio < 1 - WORTH_IT ? 'spinning' : 'asleep';
    const lost = times[otherThan(winner)].reduce((sum, time, pair) => sum + time - (times[winner][pair] as number), 0);
    this.#isDecided = true;
    this.#usualAsleep = median(times.asleep);
    this.#cost = { trial: trial.opening + Math.max(0, lost), spinning: 0 };
    this.#use(winner, now, times[winner].slice(-COMPARED));
  }

  /** To be called where the way that is tried cannot be: the other one stays for good. */
  giveUp(now: number): void {
    this.#isDecided = true;
    this.#cost = { trial: Number.POSITIVE_INFINITY, spinning: 0 };
    this.#use(this.#chosen, now, []);
  }

  /** @param recent what calls took in this way just now */
  #use(waiting: Waiting, now: number, recent: readonly number[]): void {
    this.#trial = undefined;
    this.#chosen = waiting;
    this.#recent = [...recent];
    this.#usual = recent.length === COMPARED ? median(recent) : undefined;
    this.#isFirst = recent.length === 0;
    this.#decidedAt = now;
    this.#interval = Math.min(2 * this.#interval, INTERVAL_MS.most);
  }
}
