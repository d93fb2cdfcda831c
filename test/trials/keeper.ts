import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from './random.ts';
import type { Reply } from './server-process.ts';

/** What a memory must look like. */
interface Kept {
  id: string;
  content: string;
  summary: string | null;
  accessCount: number;
  status: 'ACTIVE' | 'DISPUTED' | 'CORRECTED' | 'RETRACTED' | 'ARCHIVED';
  type: 'FACT' | 'EXPERIENCE';
  mentions: number;
  versions: number;
  /** Which version replaces it, and which it replaced, are of one lineage. */
  lineage: string;
}

/** Memories that are in relation with each other, and forgotten together. */
interface Group {
  memories: Kept[];
  relations: string[];
  open: { id: string; memory: Kept; by: Kept } | undefined;
}

interface Plan {
  name: string;
  input: Record<string, unknown>;
  /** What its success makes of what is kept. Throws where the answer does not fit. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  apply(payload: any): void;
}

export interface Tally {
  acknowledged: number;
  /** Outcomes that were not known, and asked for again with the same key. */
  retried: number;
  byName: Record<string, number>;
  /** By status and code, what came in place of an outcome. */
  unknown: Record<string, number>;
}

const payloads: Record<string, string> = {
  createMemories: 'memories { id } relations { id } duplicateIds',
  correctMemory: 'memory { id content } corrected { id status }',
  contradictMemory: 'contradiction { id status memory { id } by { id } }',
  resolveContradiction: 'contradiction { id status }',
  reinforceMemories: 'memories { id accessCount }',
  updateMemory: 'memory { id summary }',
  decayImportance: 'report { archived }',
  forgetMemories: 'forgottenIds',
};

const documentOf = (name: string) => {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) { ${name}(input: $input) {
    __typename ... on ${type}Payload { ${payloads[name]} } ... on Error { code message } } }`;
};

const ALL = '[ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED]';
const READ = `query ($companion: CompanionRef!, $after: String) {
  memories(companion: $companion, first: 100, after: $after, filter: { statuses: ${ALL} }) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id content summary accessCount status entities(first: 0) { totalCount } versions(first: 0) { totalCount } } } }`;

/** How many groups are kept before old ones are forgotten. */
const MOST_GROUPS = 10;

/**
 * A client that writes one mutation after the other to a companion of its own, each with an idempotency key, and keeps
 * account of what was acknowledged. Where it does not learn an outcome it asks again with the same key until it does.
 */
export class Keeper {
  readonly name: string;
  readonly tally: Tally = { acknowledged: 0, retried: 0, byName: {}, unknown: {} };
  /** What was not as it must be. */
  readonly broken: string[] = [];
  #groups: Group[] = [];
  #turn = 0;
  readonly #choices: Choices;
  readonly #ask: (query: string, variables: object) => Promise<Reply>;

  constructor(name: string, choices: Choices, ask: (query: string, variables: object) => Promise<Reply>) {
    this.name = name;
    this.#choices = choices;
    this.#ask = ask;
  }

  /**
   * Writes one mutation and waits for its outcome, however long there is no server; `isOver` gives up between tries.
   */
  async step(isOver: () => boolean): Promise<void> {
    const key = `${this.name}-${this.#turn++}`;
    const { name, input, apply } = this.#plan(key);
    const variables = { input: { idempotencyKey: key, ...input } };
    for (let tries = 0; ; tries++) {
      const { status, data, errors } = await this.#ask(documentOf(name), variables);
      const payload = data?.[name];
      if (status === 200 && payload && payload.code === undefined && !errors) {
        if (tries > 0) this.tally.retried++;
        this.tally.acknowledged++;
        this.tally.byName[name] = (this.tally.byName[name] ?? 0) + 1;
        try {
          apply(payload);
        } catch (error) {
          this.broken.push(`${name} ${key} after ${tries} tries: ${(error as Error).message}`);
        }
        return;
      }
      // What took too long was not done.
      if (payload?.code !== undefined && !['UNAVAILABLE', 'LIMIT_EXCEEDED'].includes(payload.code)) {
        this.broken.push(`${name} ${key} was refused after ${tries} tries: ${payload.code} ${payload.message}`);
        return;
      }
      const code = `${status} ${errors?.[0]?.extensions?.code ?? payload?.code ?? ''}`.trim();
      if (tries === 0) this.tally.unknown[code] = (this.tally.unknown[code] ?? 0) + 1;
      if (isOver()) throw new Error(`${name} ${key} found no server to tell its outcome: ${JSON.stringify(errors)}`);
      await sleep(100);
    }
  }

  /** Compares all that is kept with what there is. */
  async verify(): Promise<void> {
    const nodes = new Map<string, Record<string, unknown>>();
    let after: string | null = null;
    do {
      const { data, errors }: Reply = await this.#ask(READ, { companion: { key: this.name }, after });
      if (!data) return void this.broken.push(`${this.name} cannot be read: ${JSON.stringify(errors)}`);
      for (const node of data.memories.nodes) nodes.set(node.id, node);
      after = data.memories.pageInfo.hasNextPage ? data.memories.pageInfo.endCursor : null;
    } while (after !== null);
    const expected = this.#groups.flatMap(({ memories }) => memories);
    for (const { id, content, summary, accessCount, status, mentions, versions } of expected) {
      const node = nodes.get(id) as Record<string, { totalCount: number }> | undefined;
      nodes.delete(id);
      const is = node && [
        node.content,
        node.summary,
        node.accessCount,
        node.status,
        node.entities?.totalCount,
        node.versions?.totalCount,
      ];
      const should = [content, summary, accessCount, status, mentions, versions];
      if (JSON.stringify(is) !== JSON.stringify(should)) {
        this.broken.push(`${this.name}: ${id} is ${JSON.stringify(is)} and should be ${JSON.stringify(should)}`);
      }
    }
    for (const { content } of nodes.values())
      this.broken.push(`${this.name}: nobody knows of ${JSON.stringify(content)}`);
    const relations = this.#groups.flatMap((group) => group.relations);
    for (let from = 0; from < relations.length; from += 100) {
      const ids = relations.slice(from, from + 100);
      const { data } = await this.#ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
      const missing = ids.filter((_, index) => !data?.nodes[index]);
      if (missing.length > 0) this.broken.push(`${this.name}: relations are missing: ${missing.join(', ')}`);
    }
  }

  #plan(key: string): Plan {
    const groups = this.#groups;
    if (groups.length > MOST_GROUPS) return this.#forget();
    const facts = groups.flatMap((group) =>
      group.memories
        .filter(({ status, type }) => status === 'ACTIVE' && type === 'FACT')
        .map((memory) => ({ group, memory })),
    );
    const open = groups.filter((group) => group.open);
    if (facts.length < 3) return this.#create(key);
    const target = this.#choices.pick(facts);
    return this.#choices.weighted<() => Plan>([
      [4, () => this.#create(key)],
      [3, () => this.#correct(key, target)],
      [open.length > 0 ? 0 : 3, () => this.#contradict(key, target)],
      [open.length > 0 ? 4 : 0, () => this.#resolve(this.#choices.pick(open))],
      [4, () => this.#reinforce(facts.slice(-3).map(({ memory }) => memory))],
      [3, () => this.#update(key, target.memory)],
      [2, () => this.#decay()],
    ])();
  }

  #create(key: string): Plan {
    const count = 2 + this.#choices.below(6);
    const memories = Array.from({ length: count }, (_, at) => {
      const fades = at > 0 && this.#choices.chance(30);
      return {
        ref: `${at}`,
        content: `[${key} of ${count}] number ${at} of what was said by the river`,
        type: fades ? ('EXPERIENCE' as const) : ('FACT' as const),
        importance: fades ? 1 : 5,
        entities: [
          { name: this.name, type: 'shared' },
          { name: `${key} ${at}`, type: 'own' },
        ],
      };
    });
    const relations = memories.slice(1).map((_, at) => ({
      from: { ref: `${at + 1}` },
      to: { ref: `${at}` },
      type: at % 2 === 0 ? 'FOLLOWS' : 'ELABORATES',
      metadata: { batch: key, of: count - 1 },
    }));
    return {
      name: 'createMemories',
      input: { companion: { key: this.name }, memories, relations },
      apply: ({ memories: made, relations: joined, duplicateIds }) => {
        if (made.length !== count || joined.length !== count - 1 || duplicateIds.length > 0) {
          throw new Error(
            `${made.length} memories, ${joined.length} relations, ${duplicateIds.length} duplicates for ${count}`,
          );
        }
        this.#groups.push({
          memories: memories.map(({ content, type }, at) => ({
            ...{ id: made[at].id, content, type, summary: null, accessCount: 0, status: 'ACTIVE' },
            ...{ mentions: 2, versions: 1, lineage: made[at].id },
          })),
          relations: joined.map(({ id }: { id: string }) => id),
          open: undefined,
        });
      },
    };
  }

  #correct(key: string, { group, memory }: { group: Group; memory: Kept }): Plan {
    const content = `[${key} of 1] corrected`;
    return {
      name: 'correctMemory',
      input: { id: memory.id, content },
      apply: ({ memory: made, corrected }) => {
        if (made.content !== content || corrected.id !== memory.id) throw new Error('it answered with another memory');
        memory.status = 'CORRECTED';
        const version: Kept = { ...memory, id: made.id, content, summary: null, status: 'ACTIVE' };
        group.memories.push(version);
        const line = group.memories.filter(({ lineage }) => lineage === memory.lineage);
        for (const each of line) each.versions = line.length;
      },
    };
  }

  #contradict(key: string, { group, memory }: { group: Group; memory: Kept }): Plan {
    const content = `[${key} of 1] says otherwise`;
    return {
      name: 'contradictMemory',
      input: { id: memory.id, by: { newMemory: { content, type: 'FACT' } }, strength: 0.5 },
      apply: ({ contradiction: { id, memory: side, by: other } }) => {
        if (side.id !== memory.id) throw new Error('it answered with another memory');
        memory.status = 'DISPUTED';
        const by: Kept = {
          ...{ id: other.id, content, type: 'FACT', summary: null, accessCount: 0, status: 'DISPUTED' },
          ...{ mentions: 0, versions: 1, lineage: other.id },
        };
        group.memories.push(by);
        group.open = { id, memory, by };
      },
    };
  }

  #resolve(group: Group): Plan {
    const { id, memory, by } = group.open as NonNullable<Group['open']>;
    const resolution = this.#choices.pick(['DISMISSED', 'KEEP_MEMORY', 'KEEP_BY']);
    return {
      name: 'resolveContradiction',
      input: { id, resolution },
      apply: () => {
        memory.status = resolution === 'KEEP_BY' ? 'RETRACTED' : 'ACTIVE';
        by.status = resolution === 'KEEP_MEMORY' ? 'RETRACTED' : 'ACTIVE';
        // What was corrected by a version that is no longer believed has nothing in its place.
        const before = group.memories.filter(
          ({ lineage, status }) => lineage === memory.lineage && status === 'CORRECTED',
        );
        if (resolution === 'KEEP_BY') for (const each of before) each.status = 'RETRACTED';
        // What it replaced is CORRECTED only while it is believed itself.
        if (memory.status === 'RETRACTED') {
          for (const each of group.memories) {
            if (each.lineage === memory.lineage && each.status === 'CORRECTED') each.status = 'RETRACTED';
          }
        }
        group.open = undefined;
      },
    };
  }

  #reinforce(memories: Kept[]): Plan {
    return {
      name: 'reinforceMemories',
      input: { ids: memories.map(({ id }) => id), delta: 0 },
      apply: () => {
        for (const memory of memories) memory.accessCount++;
      },
    };
  }

  #update(key: string, memory: Kept): Plan {
    return {
      name: 'updateMemory',
      input: { id: memory.id, summary: key },
      apply: () => {
        memory.summary = key;
      },
    };
  }

  #decay(): Plan {
    const fading = this.#groups.flatMap(({ memories }) =>
      memories.filter(({ type, status }) => type === 'EXPERIENCE' && status === 'ACTIVE'),
    );
    return {
      name: 'decayImportance',
      input: { companion: { key: this.name } },
      apply: () => {
        for (const memory of fading) memory.status = 'ARCHIVED';
      },
    };
  }

  #forget(): Plan {
    const gone = this.#groups.slice(0, 3);
    return {
      name: 'forgetMemories',
      input: { ids: gone.flatMap(({ memories }) => memories.map(({ id }) => id)) },
      apply: ({ forgottenIds }) => {
        const count = gone.flatMap(({ memories }) => memories).length;
        if (forgottenIds.length !== count) throw new Error(`${forgottenIds.length} were forgotten, not ${count}`);
        this.#groups = this.#groups.filter((group) => !gone.includes(group));
      },
    };
  }
}

/** Batches of which there is a part, or more than the whole: of memories and of relations. */
export const halves: Record<string, string> = {
  'a batch is all there or not at all': `
    select key, count(*)::int as there, min(n) as of from (
      select substring(content from '^\\[(\\S+) of') as key, substring(content from ' of (\\d+)\\]')::int as n from memories
    ) batch where key is not null group by key having count(*) <> min(n)`,
  'a batch has all its relations or none': `
    select metadata ->> 'batch' as key, count(*)::int as there from relations where metadata ? 'batch'
    group by 1 having count(*) <> min((metadata ->> 'of')::int)`,
};
