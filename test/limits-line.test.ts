import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SessionQueue, WaitedTooLong } from '../src/db/session-queue.ts';
import { patience } from './support/calibration.ts';

/** Has each holder wait, and notes whose turn it is. */
function join(queue: SessionQueue<void>, holders: readonly (string | undefined)[]): (string | undefined)[] {
  const served: (string | undefined)[] = [];
  for (const holder of holders) queue.wait(holder).then(() => served.push(holder));
  return served;
}

test('workspaces take turns, no matter who came first and with how much', async () => {
  const queue = new SessionQueue<void>(10, Number.POSITIVE_INFINITY);
  const served = join(queue, ['noisy', 'noisy', 'noisy', 'noisy', 'quiet', 'quiet', undefined]);
  expect([queue.length, queue.eligible]).toEqual([7, 7]);
  while (queue.give()) await sleep(0);
  expect(served).toEqual(['noisy', 'quiet', undefined, 'noisy', 'quiet', 'noisy', 'noisy']);
});

test('nobody has more than a share at once; the service itself has none', async () => {
  const queue = new SessionQueue<void>(2, Number.POSITIVE_INFINITY);
  expect([queue.enter('acme'), queue.enter('acme'), queue.enter('acme')]).toEqual([true, true, false]);
  expect([queue.enter(undefined), queue.enter(undefined), queue.enter(undefined)]).toEqual([true, true, true]);
  const served = join(queue, ['acme', 'acme', 'globex']);
  expect([queue.length, queue.eligible]).toEqual([3, 1]);
  expect([queue.give(), queue.give()]).toEqual([true, false]);
  queue.leave('acme');
  expect([queue.give(), queue.give()]).toEqual([true, false]);
  await sleep(0);
  expect(served).toEqual(['globex', 'acme']);
});

test('nobody waits longer than said, and who has gone is passed over', async () => {
  const queue = new SessionQueue<string>(10, 30);
  const gone = queue.wait('acme');
  const patient = queue.wait('acme', patience(5_000));
  await expect(gone).rejects.toThrow(new WaitedTooLong(30));
  expect(queue.give('a session')).toBe(true);
  expect(await patient).toBe('a session');
  expect([queue.length, queue.give('another')]).toEqual([0, false]);
});

test('what cannot be had is told to one, and an end to all', async () => {
  const queue = new SessionQueue<void>(10, 1_000);
  const waiting = Promise.allSettled([queue.wait('acme'), queue.wait('globex'), queue.wait('acme')]);
  queue.refuse(new Error('refused'));
  queue.refuseAll(new Error('closed'));
  const reasons = (await waiting).map((each) => each.status === 'rejected' && each.reason.message);
  expect(reasons).toEqual(['refused', 'closed', 'closed']);
  expect(queue.length).toBe(0);
});

describe('background work', () => {
  afterEach(() => void vi.useRealTimers());

  test('comes after every request, in the order it came', async () => {
    const queue = new SessionQueue<void>(1, Number.POSITIVE_INFINITY);
    const served: (string | undefined)[] = [];
    for (const work of ['vectors', 'statistics']) queue.waitInBackground().then(() => served.push(work));
    for (const holder of ['acme', 'globex', 'acme']) {
      queue.wait(holder).then(() => {
        served.push(holder);
        queue.leave(holder);
      });
    }
    expect([queue.length, queue.eligible, queue.hasBackground]).toEqual([3, 2, true]);
    while (queue.give()) await sleep(0);
    expect(served).toEqual(['acme', 'globex', 'acme', 'vectors', 'statistics']);
    expect(queue.hasBackground).toBe(false);
  });

  test('is not given the last session, nor in place of a request that has its share', async () => {
    const queue = new SessionQueue<string>(1, Number.POSITIVE_INFINITY);
    queue.enter('acme');
    join(queue as never, ['acme']);
    const work = queue.waitInBackground();
    expect(queue.give('the last', true)).toBe(false);
    expect(queue.give('one of two')).toBe(true);
    expect(await work).toBe('one of two');
  });

  test('takes its turn like a request when it has waited long', async () => {
    vi.useFakeTimers();
    const onTurn = vi.fn();
    const queue = new SessionQueue<string>(10, Number.POSITIVE_INFINITY, onTurn);
    const work = queue.waitInBackground();
    vi.advanceTimersByTime(1_999);
    expect([onTurn.mock.calls.length, queue.give('the last', true)]).toEqual([0, false]);
    vi.advanceTimersByTime(1);
    expect([onTurn.mock.calls.length, queue.give('the last', true)]).toEqual([1, true]);
    expect(await work).toBe('the last');
  });

  test('is told of the end', async () => {
    const queue = new SessionQueue<void>(10, 1_000);
    const work = queue.waitInBackground();
    queue.refuseAll(new Error('closed'));
    await expect(work).rejects.toThrow('closed');
    expect(queue.give()).toBe(false);
  });
});
