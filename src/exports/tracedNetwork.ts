/** The network of an export as graphs that an emitter writes for images of any size. */
import { type SizedGraphs, sizedGraphs } from '../compile/anySize/sizedGraphs.js';
import { simplify } from '../compile/simplify.js';
import { trace } from '../compile/trace.js';
import { useCpuBackend } from '../engines/cpuBackend.js';
import { anySizeProgram } from '../method/backbones/anySize.js';
import { hasRest } from '../method/backbones/vit/spec.js';
import { type Exported, inexpressible } from './exportFormat.js';

/** Of a file in Google's protobuf, in bytes. */
const LARGEST = 2 ** 31 - 2 ** 20;

/** @throws Error when a file of this format cannot hold its weights */
export async function tracedNetwork(exported: Exported, format: string): Promise<SizedGraphs> {
  const { backbone } = exported.network;
  const bytes = weightBytes(exported);
  if (bytes > LARGEST)
    throw inexpressible(exported, format, `its weights take ${bytes} bytes, and such a file holds 2 GB at most`);
  return sizedGraphs(anySizeProgram(backbone), async (program) => {
    const traced = await trace(program);
    // Constants are folded by a backend that computes.
    await useCpuBackend();
    return simplify(traced);
  });
}

/** Whether a file in Google's protobuf can hold the backbone. */
export const fitsOneFile = (exported: Exported): boolean => weightBytes(exported) <= LARGEST;

const weightBytes = ({ network: { parameters } }: Exported): number =>
  Object.entries(parameters).reduce(
    (sum, [name, { data }]) => sum + (name.startsWith('backbone.') ? data.byteLength : 0),
    0,
  );

/** What the program for any size gives, by the names that exports have for it. */
export const namedOutputs = ({ network: { backbone } }: Exported): Readonly<Record<string, string>> => {
  const names =
    backbone.kind === 'resnet'
      ? ['features', 'activations']
      : ['features', 'patch_tokens', 'attention', ...(backbone.registers > 0 ? ['registers'] : [])];
  return Object.fromEntries(names.map((name) => [name, name]));
};

/** How images of any size are understood. */
export function sizeNotes({ network: { backbone } }: Exported): string[] {
  if (backbone.kind === 'resnet') return ['It takes images of any size.'];
  const rule = "position embeddings are resized by the network's own rule";
  return hasRest(backbone)
    ? [
        `It takes images of any size; pixels at the right and at the bottom that fill no patch of ${backbone.patchSize} are left out, as in its training, and ${rule}.`,
      ]
    : [`It takes images whose sides are multiples of ${backbone.patchSize} pixels, and refuses others; ${rule}.`];
}
