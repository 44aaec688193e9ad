/** Exports of networks for other programs. */
import { exportNetwork } from '../exports/exportNetwork.js';
import { EXPORT_FORMATS, exportFormat } from '../exports/formats/index.js';
import type { ExportAnswer, ExportCheckpointRequest, OfferedExport } from '../protocol/exportWork.js';

export const offeredFormats = async (): Promise<{ formats: OfferedExport[] }> => ({
  formats: EXPORT_FORMATS.map(({ name, title, purpose, ending }) => ({ name, title, purpose, ending })),
});

/** @throws Error with one sentence */
export async function exported({ format, ...request }: ExportCheckpointRequest): Promise<ExportAnswer> {
  const { network, out, code, notes } = await exportNetwork(exportFormat(format), request);
  return { checkpointName: network.name, out, code, notes };
}
