import { setTimeout as sleep } from 'node:timers/promises';
import { timed } from '../databases.ts';
import type { Answer } from './measures.ts';
import type { Conversation, Question, Turn } from './sets.ts';

/** Sends a document that must not fail, and returns its data. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export type Send = (query: string, variables?: unknown) => Promise<any>;

/** How many memories are asked for: a first hit further down counts as none. */
const FIRST = 50;
const BATCH = 100;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;
const RECALL = `query ($input: RecallInput!) { recall(input: $input, first: ${FIRST}) { nodes { id } } }`;
const VECTORS = '{ viewer { embedding { embedded pending } } }';

/** Writes turns into a companion, each following the one before in its session; their ids by their names. */
export async function remember(send: Send, { companion, turns }: Conversation): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const endOf = ({ name }: Turn) => (ids.has(name) ? { id: ids.get(name) } : { ref: name });
  for (let start = 0; start < turns.length; start += BATCH) {
    const batch = turns.slice(start, start + BATCH);
    const relations = batch.flatMap((turn, n) => {
      const before = turns[start + n - 1];
      if (turn.session === null || before?.session !== turn.session) return [];
      return [{ from: { ref: turn.name }, to: endOf(before), type: 'FOLLOWS' }];
    });
    const memories = batch.map(({ name, session: _, ...memory }) => ({ ref: name, type: 'EXPERIENCE', ...memory }));
    const { createMemories } = await send(CREATE, { input: { companion: { key: companion }, memories, relations } });
    if (!createMemories.memories) throw new Error(createMemories.message);
    for (const [n, { id }] of createMemories.memories.entries()) ids.set((batch[n] as Turn).name, id);
  }
  return ids;
}

/** Waits for the vectors that are pending, so many seconds at most; how many there are then, and are still pending. */
export async function untilEmbedded(send: Send, seconds: number): Promise<{ embedded: number; pending: number }> {
  const until = performance.now() + seconds * 1_000;
  for (;;) {
    const { viewer } = await send(VECTORS);
    if (viewer.embedding.pending === 0 || performance.now() > until) return viewer.embedding;
    await sleep(500);
  }
}

/** Asks by default settings; an answer for each group that has evidence, and the time in ms. */
export async function ask(
  send: Send,
  companion: string,
  { text, evidence }: Question,
  ids: ReadonlyMap<string, string>,
): Promise<{ answers: Answer[]; ms: number }> {
  const { ms, result } = await timed(() => send(RECALL, { input: { companion: { key: companion }, query: text } }));
  const placeOf = new Map((result.recall.nodes as { id: string }[]).map(({ id }, place) => [id, place]));
  const answers = evidence.map(({ group, names }) => ({
    group,
    evidence: names.length,
    places: names.flatMap((name) => placeOf.get(ids.get(name) ?? '') ?? []).sort((a, b) => a - b),
  }));
  return { answers, ms };
}
