/** What is said between the extension host and its child about exports of networks. Carried as `worker.ts` says. */
import { RequestType, RequestType0 } from 'vscode-jsonrpc';

export interface OfferedExport {
  /** As `dino export --format` has it. */
  readonly name: string;
  readonly title: string;
  readonly purpose: string;
  /** What it writes: a file with this ending, or a folder. */
  readonly ending: string;
}
export const FOLDER_ENDING = 'folder';

export const offeredExports = new RequestType0<{ readonly formats: readonly OfferedExport[] }, void>('offeredExports');

export interface ExportCheckpointRequest {
  readonly format: string;
  /** A run, a checkpoint folder, or a file of weights. */
  readonly checkpoint: string;
  readonly out: string;
  /** Whether a file that is there is replaced. */
  readonly replaces: boolean;
}
export interface ExportAnswer {
  readonly checkpointName: string;
  readonly out: string;
  /** Three lines that load it. */
  readonly code: readonly string[];
  readonly notes: readonly string[];
}
export const exportCheckpoint = new RequestType<ExportCheckpointRequest, ExportAnswer, void>('exportCheckpoint');
