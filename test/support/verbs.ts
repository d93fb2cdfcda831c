import { expect } from 'vitest';
import type { Memory } from '../../src/client/verbs/memory.ts';

/** Uses each verb of the memory of a companion that has none yet, of a user, within a conversation. */
export async function useVerbs(memory: Memory): Promise<void> {
  const { memories } = await memory.remember([
    'Maya lives in Porto.',
    { content: 'Maya lives in Ghent.', type: 'PREFERENCE', importance: 8 },
  ]);
  expect(memories.map(({ type }) => type)).toEqual(['FACT', 'PREFERENCE']);
  expect((await memory.remember('Maya lives in Porto.')).duplicates).toMatchObject([{ index: 0 }]);
  const [porto = '', ghent = ''] = memories.map(({ id }) => id);
  const found = await memory.recall('Where does Maya live?', { first: 2, types: ['FACT'] });
  expect(found).toMatchObject([
    { id: porto, content: 'Maya lives in Porto.', score: expect.any(Number), excerpt: null },
  ]);
  expect((await memory.contradict(porto, ghent, { reason: 'One home.' })).memory.id).toBe(porto);
  const [contradiction] = ((await memory.open([porto]))[0] as { contradictions: { nodes: { id: string }[] } })
    .contradictions.nodes;
  expect((await memory.resolve(contradiction?.id as string, 'DISMISSED')).resolution).toBe('DISMISSED');
  const { memory: corrected } = await memory.correct(porto, 'Maya lives in Lisbon.');
  expect((await memory.retract(ghent, { reason: 'Not said.' })).status).toBe('RETRACTED');
  await memory.updateWorkingMemory({ content: 'Planning a move.', scope: 'CONVERSATION' });
  await memory.remember({ content: 'The frame costs 900 euros.', validFrom: '2026-01-01T00:00:00Z' });
  const { findings } = await memory.remember('The frame now costs 950 euros.');
  expect(findings).toMatchObject([
    { kind: 'UPDATE', verdict: null, memory: { content: 'The frame costs 900 euros.', status: 'ACTIVE' } },
  ]);
  const [finding] = findings;
  const judged = await memory.judge(finding?.id as string, 'SUCCEEDS', { reason: 'The new list.' });
  expect(judged).toMatchObject({ id: finding?.id, verdict: 'SUCCEEDS', memory: { status: 'ENDED' } });
  await memory.forget([judged.memory.id, judged.by.id]);
  const { text, tokens } = await memory.context({ query: 'Where does Maya live?', maxTokens: 500 });
  expect(text).toContain('Planning a move.');
  expect(text).toContain('Maya lives in Lisbon.');
  expect(tokens).toBeLessThanOrEqual(500);
  const contents: string[] = [];
  for await (const { content } of memory.timeline({ first: 1 })) contents.push(content);
  expect(contents).toEqual(['Maya lives in Lisbon.']);
  expect((await memory.explore([corrected.id])).memories.map(({ memory: { id } }) => id)).toContain(corrected.id);
  expect(await memory.path(corrected.id, ghent)).toBeNull();
  // With the version that it has replaced.
  expect((await memory.forget(corrected.id)).toSorted()).toEqual([porto, corrected.id].toSorted());
  expect(await memory.recall('Lisbon')).toEqual([]);
  await expect(memory.correct(porto, 'Gone.')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(memory.remember('')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
}
