/** The name that is proposed for a picture that is saved. Pure: no DOM. */
/** File systems take 255 bytes, and what is no ASCII letter takes up to four. */
const MOST_CHARACTERS = 55;

/** Of letters, digits and `.`, `_`, `-` alone, whatever the picture is called. */
export function attentionPictureName(picture: string, head: number | 'mean'): string {
  const name = [...picture.replace(/\.\w+$/, '').replace(/[^\p{L}\p{N}._-]+/gu, '-')]
    .slice(0, MOST_CHARACTERS)
    .join('');
  const stem = name.replace(/^[-.]+|[-.]+$/g, '') || 'picture';
  return `${stem}-attention-${head === 'mean' ? 'mean' : `head${head + 1}`}.png`;
}
