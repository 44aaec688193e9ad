import type { Pace } from '../../../src/projection/matrix.js';

/** For work that nobody waits for. */
export const noPace: Pace = async () => {};
