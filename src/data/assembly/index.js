"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.resizeRowsOfRgb = exports.resizeRowsOfGray = exports.resizeColumns = exports.normalizeChannel = exports.sumOfLuma = exports.shiftHue = exports.saturate = exports.blendWithGray = exports.blur = void 0;
/**
 * What cropping does to every pixel, compiled to WebAssembly, where a vector instruction does the work of many of JavaScript's. Nothing is
 * allocated here: the caller owns the whole memory, says where everything lies, and keeps a margin behind each area.
 */
var boxBlur_1 = require("./boxBlur");
Object.defineProperty(exports, "blur", { enumerable: true, get: function () { return boxBlur_1.blur; } });
var colorJitter_1 = require("./colorJitter");
Object.defineProperty(exports, "blendWithGray", { enumerable: true, get: function () { return colorJitter_1.blendWithGray; } });
Object.defineProperty(exports, "saturate", { enumerable: true, get: function () { return colorJitter_1.saturate; } });
Object.defineProperty(exports, "shiftHue", { enumerable: true, get: function () { return colorJitter_1.shiftHue; } });
Object.defineProperty(exports, "sumOfLuma", { enumerable: true, get: function () { return colorJitter_1.sumOfLuma; } });
var normalize_1 = require("./normalize");
Object.defineProperty(exports, "normalizeChannel", { enumerable: true, get: function () { return normalize_1.normalizeChannel; } });
var resample_1 = require("./resample");
Object.defineProperty(exports, "resizeColumns", { enumerable: true, get: function () { return resample_1.resizeColumns; } });
Object.defineProperty(exports, "resizeRowsOfGray", { enumerable: true, get: function () { return resample_1.resizeRowsOfGray; } });
Object.defineProperty(exports, "resizeRowsOfRgb", { enumerable: true, get: function () { return resample_1.resizeRowsOfRgb; } });
