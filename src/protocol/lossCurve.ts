/** What the host and the loss curve's page say to each other. Both check what they get. */
import type { NotificationType } from 'vscode-messenger-common';
import { z } from 'zod';

/** The page has loaded (again, after having been hidden): it wants everything. */
export const pageReady: NotificationType<void> = { method: 'lossCurve/ready' };

const buffer = z.instanceof(ArrayBuffer);

export const pointsSchema = z.object({
  /** Whether the points take the place of all before, or follow them. */
  reset: z.boolean(),
  run: z.object({
    /** Its folder. */
    dir: z.string(),
    name: z.string(),
    /** How it stands, in a word. */
    state: z.string(),
    /** What the tree says of it. */
    description: z.string(),
    totalSteps: z.number(),
    stepsPerEpoch: z.number(),
    /** ln K, the loss of a network that tells nothing apart; 0 while unknown. */
    uniformLoss: z.number(),
    problem: z.string().optional(),
  }),
  /** Columns of one length: Float64Array. */
  points: z.object({ step: buffer, loss: buffer, teacher_entropy: buffer, kl: buffer, lr: buffer }),
});
export type Points = z.output<typeof pointsSchema>;
export const points: NotificationType<Points> = { method: 'lossCurve/points' };

/** What the page keeps for itself, and VS Code gives back after a reload. */
export const lossCurveStateSchema = z.object({ dir: z.string() });
