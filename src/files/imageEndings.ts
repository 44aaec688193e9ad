/** Endings of the image files that are read, without the dot; package.json's menus name the same. torchvision's IMG_EXTENSIONS, and more. */
export const IMAGE_ENDINGS: readonly string[] = [
  'png',
  'apng',
  'jpg',
  'jpeg',
  'jpe',
  'jif',
  'jfif',
  'webp',
  'gif',
  'bmp',
  'dib',
  'tif',
  'tiff',
  'ppm',
  'pgm',
  'pbm',
  'pnm',
  'pam',
  'avif',
];

const IMAGE_NAME = new RegExp(`[^/\\\\]\\.(?:${IMAGE_ENDINGS.join('|')})$`, 'i');

/** Whether a file is an image by its name or path. */
export const isImageName = (name: string): boolean => IMAGE_NAME.test(name);
