/** Finds a wheel in a Python package index (PEP 691, PyPI's JSON interface). */
import { z } from 'zod';
import { networkProblem } from './network.js';
import { PYTHON_TAG, type WheelRequest } from './platform.js';
import { compareVersions, isRelease, satisfies } from './version.js';

export const PYPI = 'https://pypi.org/simple/';

export interface WheelFile {
  readonly name: string;
  readonly url: string;
  /** Of all of the file, in hexadecimal. */
  readonly sha256: string;
  /** In bytes; some indexes leave it out. */
  readonly size?: number;
}

const answerSchema = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      size: z.number().nullish(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
    }),
  ),
});

/**
 * The newest wheel that satisfies the request.
 * @throws Error with one sentence when the index cannot be reached, answers something else, or has no such wheel
 */
export async function findWheel(index: string, request: WheelRequest, signal: AbortSignal): Promise<WheelFile> {
  const address = new URL(`${request.project}/`, index);
  const { files } = await askIndex(address, signal);
  const fitting = files
    .filter(({ filename, yanked }) => (yanked ?? false) === false && suits(filename, request))
    .flatMap(({ hashes: { sha256 }, ...file }) => (sha256 === undefined ? [] : [{ ...file, sha256 }]))
    .sort((a, b) => compareVersions(versionOf(b.filename), versionOf(a.filename)));
  const [newest] = fitting;
  if (newest === undefined)
    throw new Error(
      `${address.host} has no wheel of ${request.project} ${request.specifier} for ${request.platformTags[0]}: see whether there is a newer DINO Lab.`,
    );
  const { filename: name, url, sha256, size } = newest;
  return { name, url: new URL(url, address).href, sha256, ...(size != null && { size }) };
}

async function askIndex(address: URL, signal: AbortSignal): Promise<z.infer<typeof answerSchema>> {
  let response: Response;
  try {
    response = await fetch(address, { signal, headers: { accept: 'application/vnd.pypi.simple.v1+json' } });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${address.host} cannot be reached (${networkProblem(error)}): ${CONNECT}.`, { cause: error });
  }
  if (!response.ok) throw new Error(`${address.href} answered ${response.status} ${response.statusText}: ${CONNECT}.`);
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success)
    throw new Error(`${address.href} did not answer with a list of files: a proxy may have answered in its place.`);
  return answer.data;
}

const CONNECT = 'check the connection and the proxy, then try again';

/** Whether the wheel of that file name is one that was asked for. */
export function suits(fileName: string, { project, specifier, platformTags }: WheelRequest): boolean {
  const wheel = WHEEL_NAME.exec(fileName)?.groups;
  if (wheel === undefined) return false;
  const { name = '', version = '', pythons = '', platforms = '' } = wheel;
  return (
    name.toLowerCase() === project.replaceAll(/[-_.]+/g, '_').toLowerCase() &&
    isRelease(version) &&
    satisfies(version, specifier) &&
    pythons.split('.').some((tag) => tag === PYTHON_TAG || tag === 'py3') &&
    platforms.split('.').some((tag) => platformTags.includes(tag))
  );
}

/** Tags may be several, joined by dots; a build number may stand before them (binary distribution format, PyPA). */
const WHEEL_NAME = /^(?<name>[^-]+)-(?<version>[^-]+)(-\d[^-]*)?-(?<pythons>[^-]+)-[^-]+-(?<platforms>[^-]+)\.whl$/;

const versionOf = (wheelName: string): string => WHEEL_NAME.exec(wheelName)?.groups?.['version'] ?? '';
