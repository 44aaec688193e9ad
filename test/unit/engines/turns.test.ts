import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/engines/turns.js';

test('work is done in the order in which it was asked for, after work that failed and without work that was stopped', async () => {
  const turns = new Turns();
  const stopped = new AbortController();
  const done: string[] = [];
  const work = (name: string) => async () => {
    done.push(`${name} begins`);
    await nextTurn();
    done.push(`${name} ends`);
    if (name === 'first') throw new Error('first failed');
    return name;
  };
  const asked = [turns.take(work('first')), turns.take(work('second'), stopped.signal), turns.take(work('third'))];
  stopped.abort(new Error('second was stopped'));
  expect(await Promise.allSettled(asked)).toMatchObject([
    { reason: { message: 'first failed' } },
    { reason: { message: 'second was stopped' } },
    { value: 'third' },
  ]);
  expect(done).toEqual(['first begins', 'first ends', 'third begins', 'third ends']);
});
