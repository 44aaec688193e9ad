/** A network of a checkpoint as a file or folder for another program. */
import { existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { makeFolder } from '../runs/folder.js';
import { type LoadedNetwork, type LoadOptions, loadNetwork, rolesAt } from '../runs/network.js';
import type { Exported, ExportFormat, Written } from './exportFormat.js';

export interface ExportRequest extends LoadOptions {
  /** A run, a checkpoint folder, imported weights, a file of weights, or a model of another program. */
  readonly checkpoint: string;
  /** The file or folder to make. */
  readonly out: string;
  /** Whether a file that is there is replaced; folders never are. */
  readonly replaces?: boolean;
}

export interface Export extends Written {
  readonly network: LoadedNetwork;
  readonly out: string;
}

/**
 * Nothing is there under `out` until all of it is.
 * @throws Error with one sentence that names the checkpoint, the file, or what the format cannot express
 */
export async function exportNetwork(format: ExportFormat, request: ExportRequest): Promise<Export> {
  const { checkpoint, replaces = false, ...options } = request;
  const out = withEnding(request.out, format);
  requireFree(out, format, replaces);
  const exported = await load(checkpoint, options);
  const unfinished = `${resolve(out)}.tmp-${process.pid}`;
  try {
    makeFolder(dirname(resolve(out)));
    await rm(unfinished, { recursive: true, force: true });
    const written = await format.write(exported, unfinished, out);
    await rename(unfinished, out);
    const { network } = exported;
    return { ...written, notes: [...network.notes, ...written.notes], network, out };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw fileErrorCode(error) === undefined
      ? error
      : new Error(`The export cannot be written to ${out}: ${fileProblem(error)}.`);
  }
}

/** Programs tell files apart by their endings: what has none gets the format's. */
function withEnding(out: string, { ending }: ExportFormat): string {
  return ending === 'folder' || extname(out) !== '' ? out : `${out}.${ending}`;
}

function requireFree(out: string, { ending }: ExportFormat, replaces: boolean): void {
  if (!existsSync(out)) return;
  const isFile = ending !== 'folder' && statSync(out).isFile();
  if (isFile && replaces) return;
  throw new Error(`${out} is there already: choose another name for the export.`);
}

/** One network, and where nobody asked for one of several with heads, all of them. */
async function load(checkpoint: string, options: LoadOptions): Promise<Exported> {
  const network = await loadNetwork(checkpoint, options);
  const role = options.network ?? network.network ?? 'teacher';
  if (options.network !== undefined || network.head === undefined) return { network, role };
  const roles: Record<string, LoadedNetwork> = {};
  for (const one of rolesAt(checkpoint))
    roles[one] = one === role ? network : await loadNetwork(checkpoint, { ...options, network: one });
  return { network, role, ...(Object.keys(roles).length > 1 && { roles }) };
}
