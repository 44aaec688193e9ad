import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/engines/turns.js';
import { collectGarbage } from '../../../src/engines/updates/collectGarbage.js';

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

test('what shared work gives is held by nobody but who asked for it', async () => {
  const turns = new Turns();
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  const work = async () => {
    const result = { data: new Float32Array(1000) };
    registry.register(result, undefined);
    return result;
  };
  for (let i = 0; i < 100; i++) await turns.share(work);
  for (let turn = 0; turn < 100 && collected < 90; turn++) {
    collectGarbage();
    await nextTurn();
  }
  expect(collected).toBeGreaterThanOrEqual(90);
});

test('work that is shared overlaps with other such work, and with no turn', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const work = (name: string) => async () => {
    done.push(`${name} begins`);
    await nextTurn();
    done.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
  };
  const asked = [turns.take(work('a')), turns.share(work('b')), turns.share(work('c')), turns.take(work('d'))];
  asked.push(turns.share(work('e')));
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  ]);
  const inOrder = ['a begins', 'a ends', 'b begins', 'c begins', 'b ends', 'c ends', 'd begins', 'd ends'];
  expect(done).toEqual([...inOrder, 'e begins', 'e ends']);
});
