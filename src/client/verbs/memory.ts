import type { ExecuteOptions, Executes } from '../execute.ts';
import * as documents from '../operations/all.ts';
import type {
  ContradictionResolution,
  FindingFields,
  KeptFields,
  MemoryFields,
  NewMemory,
  Verdict,
} from '../operations/types.ts';
import { pagesBy } from '../pages.ts';

/** Whose memory it is. */
export interface MemoryOf {
  /** The key of a companion. */
  companion: string;
  /** The external id of the user it is about. Default: no particular user. */
  user?: string | undefined;
  /** The externalId of the conversation that contexts and working memories are of. Default: none. */
  conversation?: string | undefined;
}

/** Options of what writes. */
export interface WriteOptions extends ExecuteOptions {
  /** Makes a retry of one's own safe: the same key again changes nothing. Default: each call has another. */
  idempotencyKey?: string | undefined;
}

/** What of a document's variables a verb leaves to its caller. */
type Open<Variables, Said extends string = never> = Omit<Variables, keyof MemoryOf | 'idempotencyKey' | Said>;

/** Something to remember: a text, which is a FACT, or a memory with whatever else is known of it. */
export type Memorable = string | (Omit<NewMemory, 'type'> & { type?: NewMemory['type'] | undefined });

/** A memory that was found. */
export interface Recalled extends MemoryFields {
  /** What recall puts them in order by. */
  score: number;
  /** The part of a long content that fits the question; null: the content is short. */
  excerpt: string | null;
}

/** The verbs of a memory. Each runs one GraphQL document, and throws OperationError where the service refuses. */
export interface Memory {
  /**
   * Keeps statements: all or none. What is known already is among the duplicates; older memories that a new one seems to
   * repeat, update or deny are among the findings, to be judged.
   */
  remember(
    what: Memorable | readonly Memorable[],
    options?: WriteOptions & Pick<documents.RememberVariables, 'relations'>,
  ): Promise<documents.RememberData['createMemories']>;
  /** The memories that fit a question or words best: 10, unless `first` says otherwise (1 to 100). */
  recall(query: string, options?: ExecuteOptions & Open<documents.RecallVariables, 'query'>): Promise<Recalled[]>;
  /** What to know before an answer, as one text of at most `maxTokens` (default: 2000). */
  context(
    options?: ExecuteOptions & Open<documents.ContextVariables> & { conversation?: string | undefined },
  ): Promise<documents.ContextData['context']>;
  /** Puts what is true in place of a memory. */
  correct(
    id: string,
    instead: string | Open<documents.CorrectVariables, 'id'>,
    options?: WriteOptions,
  ): Promise<documents.CorrectData['correctMemory']>;
  /** Stops believing a memory that nothing replaces. */
  retract(id: string, options?: WriteOptions & Open<documents.RetractVariables, 'id'>): Promise<KeptFields>;
  /** Erases memories for good, with all their versions; the ids that were erased. */
  forget(ids: string | readonly string[], options?: WriteOptions): Promise<string[]>;
  /** Says that two memories cannot both be true. */
  contradict(
    id: string,
    by: string,
    options?: WriteOptions & { reason?: string | undefined },
  ): Promise<documents.ContradictionFields>;
  /** Decides a contradiction. */
  resolve(
    contradiction: string,
    resolution: ContradictionResolution,
    options?: WriteOptions & { reason?: string | undefined },
  ): Promise<documents.ContradictionFields>;
  /** Says what holds of a finding: which of its memories is true, and when. It can be judged again. */
  judge(
    finding: string,
    verdict: Verdict,
    options?: WriteOptions & { reason?: string | undefined },
  ): Promise<FindingFields>;
  /** Rewrites the working memory, as a whole by `content` or `data`, or in part by `patch`. */
  updateWorkingMemory(
    change: Open<documents.UpdateWorkingMemoryVariables>,
    options?: WriteOptions & { conversation?: string | undefined },
  ): Promise<documents.UpdateWorkingMemoryData['updateWorkingMemory']['workingMemory']>;
  /** What was true when, the newest first, page by page as far as it is read. */
  timeline(
    options?: ExecuteOptions & Open<documents.TimelineVariables, 'after'>,
  ): AsyncGenerator<MemoryFields, void, undefined>;
  /** Things by their ids, with all that belongs to them; null for what is not there. */
  open(ids: readonly string[], options?: ExecuteOptions): Promise<documents.OpenData['nodes']>;
  /** What is around memories. */
  explore(
    from: readonly string[],
    options?: ExecuteOptions & Open<documents.ExploreVariables, 'from'>,
  ): Promise<documents.ExploreData['graph']>;
  /** How two memories are connected; null: they are not. */
  path(
    from: string,
    to: string,
    options?: ExecuteOptions & Open<documents.ConnectVariables, 'from' | 'to'>,
  ): Promise<documents.ConnectData['path']>;
}

/** The verbs of the memory of a companion, over whatever runs documents: `open()`, `connect()`, or another. */
export function memory({ execute }: Executes, of: MemoryOf): Memory {
  const companion = { key: of.companion };
  const about = { companion, ...(of.user !== undefined && { user: { externalId: of.user } }) };
  const within = (conversation = of.conversation) =>
    conversation === undefined ? {} : { conversation: { externalId: conversation } };
  return {
    ...writing(execute, about, within),
    async recall(query, { signal, ...asked } = {}) {
      const { recall } = await execute(documents.recall, { ...about, query, ...asked }, { signal });
      return recall.edges.map(({ node, score, explanation: { excerpt } }) => {
        return { ...node, score, excerpt: excerpt?.text ?? null };
      });
    },
    async context({ signal, conversation, ...asked } = {}) {
      const variables = { ...about, ...within(conversation), ...asked };
      return (await execute(documents.context, variables, { signal })).context;
    },
    async *timeline({ signal, ...asked } = {}) {
      const pages = pagesBy(execute)(documents.timeline, { ...about, ...asked }, (data) => data.memories, { signal });
      for await (const { nodes } of pages) yield* nodes;
    },
    open: async (ids, options) => (await execute(documents.open, { ids }, options)).nodes,
    explore: async (from, { signal, ...asked } = {}) =>
      (await execute(documents.explore, { from, ...asked }, { signal })).graph,
    path: async (from, to, { signal, ...asked } = {}) =>
      (await execute(documents.connect, { from, to, ...asked }, { signal })).path,
  };
}

type Verbs = 'remember' | 'correct' | 'retract' | 'forget' | keyof Disputing | 'updateWorkingMemory';
type Disputing = Pick<Memory, 'contradict' | 'resolve' | 'judge'>;

function writing(
  execute: Executes['execute'],
  about: Pick<documents.RememberVariables, 'companion' | 'user'>,
  within: (conversation?: string) => Pick<documents.ContextVariables, 'conversation'>,
): Pick<Memory, Verbs> {
  const fact = (what: Memorable): NewMemory => ({
    type: 'FACT',
    ...(typeof what === 'string' ? { content: what } : what),
  });
  return {
    async remember(what, { signal, idempotencyKey = newKey(), ...asked } = {}) {
      const memories = (Array.isArray(what) ? what : [what]).map(fact);
      const variables = { ...about, ...asked, memories, idempotencyKey };
      return (await execute(documents.remember, variables, { signal })).createMemories;
    },
    async correct(id, instead, { signal, idempotencyKey = newKey() } = {}) {
      const change = typeof instead === 'string' ? { content: instead } : instead;
      return (await execute(documents.correct, { ...change, id, idempotencyKey }, { signal })).correctMemory;
    },
    async retract(id, { signal, idempotencyKey = newKey(), ...asked } = {}) {
      return (await execute(documents.retract, { ...asked, id, idempotencyKey }, { signal })).retractMemory.memory;
    },
    async forget(given, { signal, idempotencyKey = newKey() } = {}) {
      const ids = typeof given === 'string' ? [given] : given;
      return (await execute(documents.forget, { ids, idempotencyKey }, { signal })).forgetMemories.forgottenIds;
    },
    ...disputing(execute),
    async updateWorkingMemory(change, { signal, idempotencyKey = newKey(), conversation } = {}) {
      const variables = { ...about, ...within(conversation), ...change, idempotencyKey };
      return (await execute(documents.updateWorkingMemory, variables, { signal })).updateWorkingMemory.workingMemory;
    },
  };
}

/** The document does one of three things. */
const choice = { contradicts: false, resolves: false, judges: false };

const disputing = (execute: Executes['execute']): Disputing => ({
  async contradict(id, by, { signal, idempotencyKey = newKey(), ...asked } = {}) {
    const variables = { ...asked, ...choice, contradicts: true, memory: id, by, idempotencyKey };
    return there((await execute(documents.dispute, variables, { signal })).contradicted).contradiction;
  },
  async resolve(contradiction, resolution, { signal, idempotencyKey = newKey(), ...asked } = {}) {
    const variables = { ...asked, ...choice, resolves: true, contradiction, resolution, idempotencyKey };
    return there((await execute(documents.dispute, variables, { signal })).resolved).contradiction;
  },
  async judge(finding, verdict, { signal, idempotencyKey = newKey(), ...asked } = {}) {
    const variables = { ...asked, ...choice, judges: true, finding, verdict, idempotencyKey };
    return there(there((await execute(documents.dispute, variables, { signal })).judged).findings[0]);
  },
});

/** What the document was asked for. */
const there = <T>(value: T | undefined): T => value as T;

/** A key that no other call has. `randomUUID` is missing in pages that came by plain HTTP. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
