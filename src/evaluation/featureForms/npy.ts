import { npyLead } from '../npy.js';
import { plainNumbers } from './plainNumbers.js';

/** NumPy's `load` reads it. */
export const npy = plainNumbers('.npy', npyLead);
