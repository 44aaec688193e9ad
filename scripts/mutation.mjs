// npm run mutation [-- FOLDER...]: puts faults (mutants) into a folder's sources one by one, and counts those that the folder's own
// unit tests notice. Exit code 0 only when the share of each folder is reached. `-- --files src/method/loss.ts ...` looks at files alone.
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { root } from './setup.mjs';
