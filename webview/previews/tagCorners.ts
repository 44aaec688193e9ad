/** Where the name of each box stands: at the first of its corners at which it hides no other name. Pure: no DOM. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const CORNERS = ['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const;
type Corner = (typeof CORNERS)[number];

/**
 * @param boxes in the unit of the names' size, the most important ones first
 * @returns a corner for each box: its top left where no corner is free
 */
export function tagCorners(boxes: readonly Box[], tag: Pick<Box, 'width' | 'height'>): Corner[] {
  const taken: Box[] = [];
  return boxes.map((box) => {
    const free = CORNERS.find((corner) => !taken.some((one) => overlap(one, tagAt(box, corner, tag))));
    const corner = free ?? 'top-left';
    taken.push(tagAt(box, corner, tag));
    return corner;
  });
}

const tagAt = (box: Box, corner: Corner, { width, height }: Pick<Box, 'width' | 'height'>): Box => ({
  left: corner.endsWith('left') ? box.left : box.left + box.width - width,
  top: corner.startsWith('top') ? box.top : box.top + box.height - height,
  width,
  height,
});

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
