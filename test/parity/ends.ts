/** How replaying on one engine can end, as the exit code of its process. */
export const ENDS = { within: 0, over: 1, 'not run': 3 } as const;
export type End = keyof typeof ENDS;
