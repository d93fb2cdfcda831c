import { describe, expect, test } from 'vitest';
import { momentIn } from '../src/explorer/core/moments.ts';
import { pointOf } from '../src/explorer/core/point.ts';
import { takeBack } from '../src/explorer/core/take-back.ts';
import { Unanswered } from '../src/explorer/core/unanswered.ts';

describe('a change that the explorer makes', () => {
  const lost = new Error('no answer came');
  const refused = new Error('refused');
  const isAnswer = (error: unknown) => error === refused;

  test('has the key of an attempt that was not answered, until it is', async () => {
    const unanswered = new Unanswered();
    const keys: string[] = [];
    const attempt = (what: string, failure?: Error) =>
      unanswered.attempt(
        what,
        async (key) => {
          keys.push(key);
          if (failure) throw failure;
        },
        isAnswer,
      );
    await expect(attempt('a', lost)).rejects.toBe(lost);
    await expect(attempt('b', refused)).rejects.toBe(refused);
    await attempt('b');
    await expect(attempt('a', lost)).rejects.toBe(lost);
    await attempt('a');
    await attempt('a');
    const [first, refusedKey, again, second, third, fourth] = keys;
    expect([second, third]).toEqual([first, first]);
    expect(new Set([first, refusedKey, again, fourth]).size).toBe(4);
  });

  test('has one key while it is on its way twice', async () => {
    const unanswered = new Unanswered();
    const keys: string[] = [];
    const send = async (key: string) => void keys.push(key);
    await Promise.all([unanswered.attempt('a', send, isAnswer), unanswered.attempt('a', send, isAnswer)]);
    expect(keys[0]).toBe(keys[1]);
  });

  test('is taken back only where it stands as it was left', async () => {
    let undone = 0;
    const undo = async () => undone++;
    await expect(takeBack({ at: 1 }, async () => ({ at: 2 }), undo)).rejects.toThrow('It has changed since');
    expect(undone).toBe(0);
    await takeBack({ at: 1 }, async () => ({ at: 1 }), undo);
    expect(undone).toBe(1);
  });
});

describe('a moment in an address', () => {
  test('is as the service takes it, or left out', () => {
    expect(momentIn('2026-05-01T00:00:00.123456Z')).toBe('2026-05-01T00:00:00.123456Z');
    expect(momentIn('2026-05-01')).toBe('2026-05-01T00:00:00.000Z');
    for (const none of [undefined, '', 'soon', '2026-13-01T00:00:00Z', '2026-99-99'])
      expect(momentIn(none)).toBeUndefined();
  });

  test('makes a point, which an id may carry too', () => {
    const [valid, known] = ['2026-05-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'];
    expect(pointOf('mem_1', {})).toBeUndefined();
    expect(pointOf('mem_1', { validAt: 'soon', knownAt: known })).toEqual({ knownAt: known });
    expect(pointOf(`mem_1@${valid}~${known}`, { validAt: 'soon' })).toEqual({ validAt: valid, knownAt: known });
    expect(pointOf(`mem_1@${valid}~`, {})).toEqual({ validAt: valid });
    expect(pointOf(`mem_1@${known}`, {})).toEqual({ knownAt: known });
    expect(pointOf('mem_1@soon', {})).toBeUndefined();
  });
});
