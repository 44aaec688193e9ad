import { eagerEngine } from '../eager.js';
import type { EngineDefinition } from './definition.js';

export const eager: EngineDefinition = { open: async () => eagerEngine, fix: 'reinstall DINO Lab' };
