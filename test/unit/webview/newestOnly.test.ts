import { expect, it } from 'vitest';
import { NewestOnly } from '../../../webview/shared/newestOnly.js';

it('Of what is asked while a piece of work is under way, one more is done', async () => {
  const ends: (() => void)[] = [];
  const work = new NewestOnly(() => new Promise((done) => ends.push(done)));
  const all = work.ask();
  for (let asked = 0; asked < 3; asked++) await work.ask();
  expect([ends.length, work.isDue]).toEqual([1, true]);
  ends[0]?.();
  await Promise.resolve();
  expect([ends.length, work.isDue]).toEqual([2, false]);
  ends[1]?.();
  await all;
  void work.ask();
  expect(ends).toHaveLength(3);
});
