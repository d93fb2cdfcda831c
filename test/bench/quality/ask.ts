import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../../src/model/evaluation/measures.ts';
import type { Conversation, Question, Turn } from './sets.ts';

/** Sends a document that must not fail, and returns its data. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export type Send = (query: string, variables?: Record<string, unknown>) => Promise<any>;

/** How many memories are asked for: a first hit further down counts as none. */
const FIRST = 50;
const BATCH = 100;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { ... on CreateMemoriesPayload { memories { id } } ... on Error { message } }
}`;
const RECALL = `query ($input: RecallInput!, $at: PointInTime) {
  recall(input: $input, at: $at, first: ${FIRST}) { nodes { id } } }`;
const VECTORS = '{ viewer { embedding { model embedded pending } } }';

/**
 * Writes turns into a companion, so many in a call, each following the one before in its session; their ids by name.
 */
export async function remember(
  send: Send,
  { companion, turns }: Conversation,
  ofCall = BATCH,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const endOf = ({ name }: Turn) => (ids.has(name) ? { id: ids.get(name) } : { ref: name });
  for (let start = 0; start < turns.length; start += ofCall) {
    const batch = turns.slice(start, start + ofCall);
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

/** The vectors of a workspace: of which model, how many there are, and how many are still to be made. */
export interface Vectors {
  model: string | null;
  embedded: number;
  pending: number;
}

/** Waits for the vectors that are pending, so many seconds at most. */
export async function untilEmbedded(send: Send, seconds: number): Promise<Vectors> {
  const until = performance.now() + seconds * 1_000;
  for (;;) {
    const { viewer } = await send(VECTORS);
    if (viewer.embedding.pending === 0 || performance.now() > until) return viewer.embedding;
    await sleep(500);
  }
}

/** Asks a question of a conversation by default settings; an answer for each group that has evidence, and the ms. */
export async function ask(
  send: Send,
  { companion, validAt }: Conversation,
  { text, evidence }: Question,
  ids: ReadonlyMap<string, string>,
): Promise<{ answers: Answer[]; ms: number }> {
  const variables = { input: { companion: { key: companion }, query: text }, at: validAt ? { validAt } : null };
  const start = performance.now();
  const { recall } = await send(RECALL, variables);
  const ms = performance.now() - start;
  // An id of another moment than now ends with `@` and the moment.
  const ranked = (recall.nodes as { id: string }[]).map(({ id }) => id.split('@')[0] as string);
  const placeOf = new Map(ranked.map((id, place) => [id, place]));
  const answers = evidence
    .filter(({ names }) => names.length > 0)
    .map(({ group, names }) => {
      const places = names.flatMap((name) => placeOf.get(ids.get(name) as string) ?? []);
      return { group, evidence: names.length, places: places.sort((a, b) => a - b) };
    });
  return { answers, ms };
}
