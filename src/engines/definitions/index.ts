/** Every engine, by its name. */
import type { EngineName } from '../abilities.js';
import type { EngineDefinition } from './definition.js';
import { eager } from './eager.js';
import { onnx } from './onnx.js';
import { tensorflow } from './tensorflow.js';

export const ENGINE_DEFINITIONS: Readonly<Record<EngineName, EngineDefinition>> = { onnx, tensorflow, eager };
