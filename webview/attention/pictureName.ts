/** The name that is proposed for a picture that is saved. Pure: no DOM. */
/** File systems take 255 bytes, and what is no ASCII letter takes up to four. */
const MOST_CHARACTERS = 55;

/** Of letters, digits and `.`, `_`, `-` alone, whatever the picture is called. @param head undefined: a network without attention */
export function mapFileName(picture: string, head: number | 'mean' | undefined): string {
  const name = [...picture.replace(/\.\w+$/, '').replace(/[^\p{L}\p{N}._-]+/gu, '-')]
    .slice(0, MOST_CHARACTERS)
    .join('');
  const stem = name.replace(/^[-.]+|[-.]+$/g, '') || 'picture';
  if (head === undefined) return `${stem}-activations.png`;
  return `${stem}-attention-${head === 'mean' ? 'mean' : `head${head + 1}`}.png`;
}
