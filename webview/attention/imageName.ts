/** The name that is proposed for an image that is saved. Pure: no DOM. */
/** File systems take 255 bytes, and what is no ASCII letter takes up to four. */
const MOST_CHARACTERS = 55;

/** Of letters, digits and `.`, `_`, `-` alone, whatever the image is called. @param head undefined: a network without attention */
export function mapFileName(image: string, head: number | 'mean' | 'patches' | undefined): string {
  const name = [...image.replace(/\.\w+$/, '').replace(/[^\p{L}\p{N}._-]+/gu, '-')].slice(0, MOST_CHARACTERS).join('');
  const stem = name.replace(/^[-.]+|[-.]+$/g, '') || 'image';
  if (head === undefined) return `${stem}-activations.png`;
  if (head === 'patches') return `${stem}-patches.png`;
  return `${stem}-attention-${head === 'mean' ? 'mean' : `head${head + 1}`}.png`;
}
