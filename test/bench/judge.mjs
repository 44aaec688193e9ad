// From measurements to rows: medians over the rounds, ratios to the peer of the same round, and whether a goal is met.
import { median } from './measure.mjs';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./cases.mjs').Goal} Goal */
/** @typedef {import('./measure.mjs').Measurement} Measurement */

/** What a round measured: an entry's measurement by its id, and the peer's. @typedef {{ ours: Readonly<Record<string, Measurement>>, peer?: Measurement }} Round */
/** @typedef {{ id: string, cells: readonly string[] }} Row */

export const HEADINGS = ['row', 'work', 'with', 'dino', 'PyTorch', 'ratio', 'peak memory, MB', 'goal', 'met'];

/** @typedef {'images_per_s' | 'peak_rss_mb' | 'first_step_ms' | 'idle_rss_mb'} Quantity */

/** A ratio is taken within its round, where both met the same machine; NaN where one of them did not say. */
const ratioIn = (/** @type {Round} */ { ours, peer }, /** @type {string} */ id, /** @type {Quantity} */ quantity) =>
  (ours[id]?.[quantity] ?? Number.NaN) / (peer?.[quantity] ?? Number.NaN);

/** Times of the peer's speed: where they took turns, the median over these, since a machine changes least from one to the next. */
const speeds = (/** @type {readonly Round[]} */ rounds, /** @type {string} */ id) =>
  rounds.map((round) => {
    const [ours, peers] = [round.ours[id]?.turn_ms, round.peer?.turn_ms];
    return ours && peers
      ? median(ours.map((own, turn) => (peers[turn] ?? Number.NaN) / own))
      : ratioIn(round, id, 'images_per_s');
  });

/** Times of the peer's peak memory. */
const memories = (/** @type {readonly Round[]} */ rounds, /** @type {string} */ id) =>
  rounds.map((round) => ratioIn(round, id, 'peak_rss_mb'));

/** @returns {Row[]} one for each entry of the case */
export function judge(
  /** @type {Case} */ { work, unit, entries, peer, goals },
  /** @type {readonly Round[]} */ rounds,
) {
  const ours = (/** @type {string} */ id, /** @type {Quantity} */ quantity) =>
    median(rounds.map((round) => round.ours[id]?.[quantity] ?? Number.NaN));
  const peers = (/** @type {Quantity} */ quantity) =>
    median(rounds.map((round) => round.peer?.[quantity] ?? Number.NaN));
  const speedOf = (/** @type {string} */ id) =>
    unit === 's' ? 1000 / ours(id, 'first_step_ms') : ours(id, 'images_per_s');
  /** One entry must reach all of a goal; when none does, and all were measured, the fastest says so. */
  const verdict = (/** @type {Goal} */ goal, /** @type {string} */ id) => {
    if (isMet(goal, id, rounds)) return 'yes';
    if (goal.entries.some((other) => isMet(goal, other, rounds) || speedOf(other) > speedOf(id))) return '';
    return goal.entries.every((other) => Number.isFinite(speedOf(other))) ? '**no**' : '';
  };

  return entries.map(({ id, label }) => {
    const goal = goals.find((one) => one.entries.includes(id));
    const speed = speeds(rounds, id);
    return {
      id,
      cells: [
        id,
        work,
        label,
        unit === 's' ? `${(ours(id, 'first_step_ms') / 1000).toFixed(2)} s` : `${rounded(speedOf(id))} ${unit}`,
        peer ? `${rounded(peers('images_per_s'))} ${unit}` : '',
        peer
          ? `${median(speed).toFixed(2)} (${Math.min(...speed).toFixed(2)} to ${Math.max(...speed).toFixed(2)})`
          : '',
        memory(ours(id, 'peak_rss_mb'), peers('peak_rss_mb'), median(memories(rounds, id))),
        goal ? described(goal) : '',
        goal ? verdict(goal, id) : '',
      ],
    };
  });
}

/** @returns {boolean} */
function isMet(/** @type {Goal} */ goal, /** @type {string} */ id, /** @type {readonly Round[]} */ rounds) {
  const seconds = median(rounds.map(({ ours }) => (ours[id]?.first_step_ms ?? Number.NaN) / 1000));
  return (
    (goal.speed === undefined || median(speeds(rounds, id)) >= goal.speed) &&
    (goal.memory === undefined || median(memories(rounds, id)) <= goal.memory) &&
    (goal.seconds === undefined || seconds < goal.seconds)
  );
}

function described(/** @type {Goal} */ { entries, speed, memory: ofMemory, seconds }) {
  const limits = [
    speed === undefined ? [] : `at least ${speed} times`,
    ofMemory === undefined ? [] : `memory at most ${ofMemory} times`,
    seconds === undefined ? [] : `under ${seconds} s`,
  ];
  return `${limits.flat().join(', ')}${entries.length > 1 ? ' (one of them)' : ''}`;
}

function memory(/** @type {number} */ ours, /** @type {number} */ peer, /** @type {number} */ ratio) {
  if (Number.isNaN(ours)) return '';
  return Number.isNaN(peer) ? ours.toFixed(0) : `${ours.toFixed(0)} / ${peer.toFixed(0)} = ${ratio.toFixed(2)}`;
}

const rounded = (/** @type {number} */ value) => value.toFixed(value < 10 ? 2 : 1);
