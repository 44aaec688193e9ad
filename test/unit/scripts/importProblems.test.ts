import { expect, it } from 'vitest';
import { importProblems } from '../../../scripts/importProblems.mjs';

const table = `
| Folder | Idea | Imports |
| --- | --- | --- |
| \`src/method\` | the method | |
| \`src/engines\` | the engines | \`method\` |
| \`webview\` | the pages | \`method\` |
`;
const problemsOf = (file: string, text: string): string[] => importProblems({ table, sources: [[file, text]] });

it('the sources keep to the table in CONTRIBUTING.md', () => {
  expect(importProblems()).toEqual([]);
});

it('finds an import that the table does not allow, of every form', () => {
  expect(problemsOf('src/engines/onnx.ts', "import { vit } from '../method/vit.js';\nimport './stop.js';")).toEqual([]);
  const message = ['src/method/vit.ts imports from engines'];
  expect(problemsOf('src/method/vit.ts', "import {\n  a,\n} from '../engines/onnx.js';")).toEqual(message);
  expect(problemsOf('src/method/vit.ts', "import '../engines/onnx.js';")).toEqual(message);
  expect(problemsOf('src/method/vit.ts', "const it = await import('../engines/onnx.js');")).toEqual(message);
  expect(problemsOf('webview/page/main.ts', "import { a } from '../../src/engines/onnx.js';")).toEqual([
    'webview/page/main.ts imports from engines',
  ]);
});

it('finds a folder that the table lacks, and a table that points both ways', () => {
  expect(problemsOf('src/helpers/all.ts', '')).toEqual([
    'src/helpers/all.ts lies in a folder that the table in CONTRIBUTING.md does not have',
  ]);
  const both = table.replace('| the method | |', '| the method | `engines` |');
  expect(importProblems({ table: both, sources: [] })).toEqual([
    'CONTRIBUTING.md lets src/method import engines, which is not above it',
  ]);
});
