/**
 * The entry that VS Code calls in the extension host: runs every *.test.ts beside it with Mocha.
 *
 * What happens is also written to the file that EXTENSION_TEST_REPORT names, a JSON line an event, as it happens. VS Code
 * reports success when its extension host dies, so the runner trusts this file alone: without its last line the suite crashed.
 */
import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';
import { globSync } from 'tinyglobby';
import { patience } from '../patience.mjs';

export type TestEvent =
  | { readonly event: 'start' | 'pass' | 'skip'; readonly test: string }
  | { readonly event: 'fail'; readonly test: string; readonly message: string }
  | { readonly event: 'end'; readonly passed: number; readonly failed: number; readonly skipped: number };

/** @throws {Error} when a test fails, or when there is none. */
export async function run(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const report = process.env['EXTENSION_TEST_REPORT'];
  const tell = (event: TestEvent) => {
    if (report) appendFileSync(report, `${JSON.stringify(event)}\n`);
  };

  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: patience.test });
  const pattern = process.env['EXTENSION_TEST_FILES'] ?? '*.test.cjs';
  for (const file of globSync(pattern, { cwd: __dirname, absolute: true }).sort()) mocha.addFile(file);

  const failed = await new Promise<number>((resolve) => {
    const runner = mocha.run((failures) => {
      const { passes: passed = 0, pending: skipped = 0 } = runner.stats ?? {};
      tell({ event: 'end', passed, failed: failures, skipped });
      resolve(passed + failures === 0 ? 1 : failures);
    });
    runner.on('test', (test) => tell({ event: 'start', test: test.fullTitle() }));
    runner.on('pass', (test) => tell({ event: 'pass', test: test.fullTitle() }));
    runner.on('pending', (test) => tell({ event: 'skip', test: test.fullTitle() }));
    runner.on('fail', (test, { stack, message }) =>
      tell({ event: 'fail', test: test.fullTitle(), message: stack ?? message }),
    );
  });
  if (failed > 0) throw new Error('Tests of the extension failed, or there were none.');
}
