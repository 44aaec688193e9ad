/** Patch features on a canvas: the colors of the components, or the similarity to the patch that is asked about. */
import { type PaintOptions, paintOverlay, paintPatches } from '../shared/paintOverlay.js';
import { WHOLE } from '../shared/view.js';
import { type PatchesLook, patchPixels, type SeenPatches, similarityTo } from './patchesLook.js';
import { patchOf } from './place.js';
import type { Paint, PaintedAs } from './sides.js';

/** Similarities have no mass of which a share could be kept. */
const heat = (options: PaintedAs): PaintOptions => ({ ...options, kind: 'heat', isOutlined: false });

export function patchesPainter(look: PatchesLook, options: PaintedAs): Paint {
  const { place, isPinned, view } = options;
  if (place === undefined) return colored(look, options, view);
  const patch = patchOf(place, look);
  const { values, range } = similarityTo(look, patch);
  return (context, _, scale) =>
    paintOverlay(
      context,
      { ...look, values },
      { ...heat(options), range },
      { scale, view, marked: { patch, isPinned } },
    );
}

/** The second image, all of it; the patch that is most similar is marked. */
export function besidePainter(look: PatchesLook, beside: SeenPatches, options: PaintedAs): Paint {
  const { place, isPinned } = options;
  if (place === undefined) return colored(beside, options, WHOLE);
  const { beside: found, range } = similarityTo(look, patchOf(place, look));
  if (found === undefined) return colored(beside, options, WHOLE);
  return (context, _, scale) =>
    paintOverlay(
      context,
      { ...beside, values: found.values },
      { ...heat(options), range },
      { scale, marked: { patch: found.best, isPinned } },
    );
}

const colored = (seen: SeenPatches, options: PaintedAs, view: PaintedAs['view']): Paint => {
  const pixels = patchPixels(seen, options);
  return (context) => paintPatches(context, seen, pixels, options.isSmooth, view);
};
