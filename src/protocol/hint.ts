/** What the host and any page say about the line with which a page introduces itself. */
import type { NotificationType } from 'vscode-messenger-common';
import { z } from 'zod';

/** The page has loaded, and has such a line. */
export const hintReady: NotificationType<void> = { method: 'hint/ready' };

/** Whether the line is to be seen. */
export const hintSchema = z.boolean();
export const showHint: NotificationType<boolean> = { method: 'hint/show' };

/** The person has read it. */
export const hintRead: NotificationType<void> = { method: 'hint/read' };
