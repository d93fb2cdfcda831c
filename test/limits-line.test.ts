import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Line, WaitedTooLong } from '../src/db/line.ts';
import { patience } from './support/calibration.ts';

/** Has each holder wait, and notes whose turn it is. */
function join(line: Line<void>, holders: readonly (string | undefined)[]): (string | undefined)[] {
  const served: (string | undefined)[] = [];
  for (const holder of holders) line.wait(holder).then(() => served.push(holder));
  return served;
}

test('workspaces take turns, whoever came first and with however much', async () => {
  const line = new Line<void>(10, Number.POSITIVE_INFINITY);
  const served = join(line, ['noisy', 'noisy', 'noisy', 'noisy', 'quiet', 'quiet', undefined]);
  expect([line.length, line.eligible]).toEqual([7, 7]);
  while (line.give()) await sleep(0);
  expect(served).toEqual(['noisy', 'quiet', undefined, 'noisy', 'quiet', 'noisy', 'noisy']);
});

test('nobody has more than a share at once; the service itself has none', async () => {
  const line = new Line<void>(2, Number.POSITIVE_INFINITY);
  expect([line.enter('acme'), line.enter('acme'), line.enter('acme')]).toEqual([true, true, false]);
  expect([line.enter(undefined), line.enter(undefined), line.enter(undefined)]).toEqual([true, true, true]);
  const served = join(line, ['acme', 'acme', 'globex']);
  expect([line.length, line.eligible]).toEqual([3, 1]);
  expect([line.give(), line.give()]).toEqual([true, false]);
  line.leave('acme');
  expect([line.give(), line.give()]).toEqual([true, false]);
  await sleep(0);
  expect(served).toEqual(['globex', 'acme']);
});

test('nobody waits longer than said, and who has gone is passed over', async () => {
  const line = new Line<string>(10, 30);
  const gone = line.wait('acme');
  const patient = line.wait('acme', patience(5_000));
  await expect(gone).rejects.toThrow(new WaitedTooLong(30));
  expect(line.give('a session')).toBe(true);
  expect(await patient).toBe('a session');
  expect([line.length, line.give('another')]).toEqual([0, false]);
});

test('what cannot be had is told to one, and an end to all', async () => {
  const line = new Line<void>(10, 1_000);
  const waiting = Promise.allSettled([line.wait('acme'), line.wait('globex'), line.wait('acme')]);
  line.refuse(new Error('refused'));
  line.refuseAll(new Error('closed'));
  const reasons = (await waiting).map((each) => each.status === 'rejected' && each.reason.message);
  expect(reasons).toEqual(['refused', 'closed', 'closed']);
  expect(line.length).toBe(0);
});
