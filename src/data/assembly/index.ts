/**
 * What cropping does to every pixel, compiled to WebAssembly, where a vector instruction does the work of many of JavaScript's. Nothing is
 * allocated here: the caller owns the whole memory, says where everything lies, and keeps a margin behind each area.
 */
export { blur } from './boxBlur';
export { blendWithGray, saturate, shiftHue, solarize, sumOfLuma, toGray } from './colorJitter';
export { normalizeChannel } from './normalize';
export { resizeColumns, resizeRowsOfGray, resizeRowsOfRgb } from './resample';
