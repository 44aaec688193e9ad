/** What the host and the page of a panel that does not exist say to each other. */
import type { NotificationType, RequestType } from 'vscode-messenger-common';
import { z } from 'zod';

export const pageReady: NotificationType<void> = { method: 'tally/ready' };

export const countedSchema = z.object({ folder: z.string(), count: z.int() });
export type Counted = z.output<typeof countedSchema>;
export const counted: NotificationType<Counted> = { method: 'tally/counted' };

export const numberSchema = z.number();
/** Rejected with a code where the number is odd. */
export const askHalf: RequestType<number, number> = { method: 'tally/half' };
