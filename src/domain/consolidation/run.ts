import { readPart } from '../../db/read-transaction.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { AlreadyCorrected, InvalidInput, NotFound } from '../../kernel/errors.ts';
import { inTurns, Turns } from '../../kernel/turns.ts';
import type { Quoted } from '../../model/summary/lines.ts';
import type { Whose } from '../../model/summary/whose.ts';
import { type SummaryMethod, summaryKind } from '../../tables/summary.ts';
import { clusterMemories, type Pick, pickSentences } from './clusters.ts';
import type { Consolidation, ConsolidationRange } from './consolidate.ts';
import { type Chosen, type Draft, draftOf, type ProfileState, quotedOf } from './draft.ts';
import { type Member, type Members, membersOf, roomFor } from './members.ts';
import {
  entityScopes,
  fateOf,
  isOurs,
  linesOfTopics,
  PROFILE_LINES,
  type ProfileScope,
  saysTheSame,
  TOPIC_LINES,
  type Topic,
  takenBy,
  topicsIn,
  topicsOf,
} from './plan.ts';
import { type Made, madeOf, type ProfileRow, type Standing } from './standing.ts';
import { makeSummaries, remakeSummary, retractSummary } from './write.ts';

/** Has a chat model phrase what was quoted. Undefined: there is nothing left of it. Throws ChatProviderUnavailable. */
export type Phrase = (tenant: Tenant, quoted: readonly Quoted[]) => Promise<string | undefined>;

/** How many bytes of summaries and their sources are expected; twice as many are refused. */
const MADE_BYTES = 16 * 2 ** 20;
/** How many new summaries one transaction makes. */
const BATCH = 10;

/** One run over the memories of a companion and user. */
export class Run {
  readonly #tenant: Tenant;
  readonly #whose: Whose;
  readonly #range: ConsolidationRange;
  readonly #phrase: Phrase | null;
  readonly #createdIds: string[] = [];
  readonly #counts = { made: 0, remade: 0, retracted: 0 };
  #hasWritten = false;
  /** What is computed here of thousands of memories lets others have their turn in between. */
  readonly #turns = new Turns();

  constructor(tenant: Tenant, whose: Whose, range: ConsolidationRange, phrase: Phrase | null) {
    this.#tenant = tenant;
    this.#whose = whose;
    this.#range = range;
    this.#phrase = phrase;
  }

  async run(): Promise<Consolidation> {
    const made = await this.#readMade();
    const read = upTo(await membersOf(this.#tenant, this.#whose), made, this.#range.until);
    const isNothing = read.members.length < this.#range.minClusterSize && made.summaries.length === 0;
    if (!isNothing) await this.#writeTopics(read, await this.#topics(read, made));
    // What topics say is part of what a profile says.
    const after = await this.#made(made);
    await this.#writeProfiles(read, after);
    const { summaries, profiles } = await this.#made(after);
    const holding = new Set(summaries.filter(({ currentId }) => currentId).map(({ lineageId }) => lineageId));
    return {
      examined: read.members.length,
      clusterCount: topicsIn(after).length,
      createdIds: this.#createdIds,
      ...this.#counts,
      profileIds: profiles.filter(({ summaryLineageId }) => holding.has(summaryLineageId)).map(({ id }) => id),
    };
  }

  #readMade(): Promise<Made> {
    this.#hasWritten = false;
    return readPart(this.#tenant, MADE_BYTES, (tx) => madeOf(tx, this.#whose));
  }

  /** What is made now; `before` is what was, where nothing has been written since. */
  async #made(before: Made): Promise<Made> {
    return this.#hasWritten ? this.#readMade() : before;
  }

  async #topics({ members, dimension, vectors }: Members, made: Made): Promise<Topic[]> {
    await this.#turns.next();
    const standing = topicsIn(made);
    const taken = takenBy(members, standing);
    await this.#turns.next();
    const numbers = new Map<string, number>();
    const numberOf = (entity: string) => {
      const number = numbers.get(entity) ?? numbers.size;
      numbers.set(entity, number);
      return number;
    };
    const entities = members.map(({ entities }) => entities.map(numberOf));
    await this.#turns.next();
    const found = await clusterMemories({
      dimension,
      vectors,
      entities,
      taken,
      minSize: this.#range.minClusterSize,
    });
    await this.#turns.next();
    return topicsOf(members, standing, taken, found);
  }

  async #writeTopics(read: Members, topics: readonly Topic[]): Promise<void> {
    await this.#turns.next();
    const fates = topics.map((topic) => ({ topic, fate: fateOf(topic, this.#range.minClusterSize) }));
    for (const { topic, fate } of fates) if (fate === 'retract') await this.#retract(topic.standing as Standing);
    const changed = fates.filter(({ fate }) => fate === 'make').map(({ topic }) => topic);
    const picks = await this.#pick(
      read,
      changed.map(({ places }) => places),
      TOPIC_LINES,
    );
    await this.#write(
      read,
      changed.map(({ standing, places, unread }, index) => ({
        chosen: { places, picks: picks[index] as Pick[] },
        rest: { kind: summaryKind.TOPIC, standing, unread, profile: null },
      })),
    );
  }

  async #writeProfiles(read: Members, made: Made): Promise<void> {
    await this.#turns.next();
    const { members } = read;
    const minSize = this.#range.minClusterSize;
    const everything: ProfileScope = { entityId: null, places: [...members.keys()] };
    const scopes = [...(members.length >= minSize ? [everything] : []), ...entityScopes(members, minSize)];
    const inTopic = new Set(topicsIn(made).flatMap(({ sources }) => sources.map(({ lineageId }) => lineageId)));
    const { picks, centreOf } = await this.#pickWith(
      read,
      scopes.map(({ places }) => places),
      PROFILE_LINES,
    );
    const wanted = await inTurns(scopes, ({ entityId, places }, index): Wanted => {
      const before = made.profiles.find((profile) => profile.entityId === entityId);
      const lines = entityId === null ? linesOfTopics(members, made) : [];
      const chosen = { places: [], picks: lines.length > 0 ? lines : (picks[index] as Pick[]) };
      const quoted = new Set(chosen.picks.map(({ member }) => member));
      const covered = places.filter((place) => {
        const { lineageId } = members[place] as Member;
        return quoted.has(place) || inTopic.has(lineageId);
      });
      const profile: ProfileState = {
        id: before?.id ?? null,
        before: before?.summaryLineageId ?? null,
        entityId,
        total: places.length,
        covered: covered.length,
        centroid: this.#tenant.embedding ? centreOf(index) : null,
        centroidModel: this.#tenant.embedding?.model ?? null,
      };
      const summary = made.summaries.find(({ lineageId }) => lineageId === before?.summaryLineageId);
      const standing = summary && summary.currentId !== null ? summary : null;
      return { chosen, rest: { kind: summaryKind.PROFILE, standing, unread: [], profile }, before };
    });
    await this.#write(
      read,
      wanted.filter(({ rest: { standing }, chosen }) => chosen.picks.length > 0 && (!standing || isOurs(standing))),
    );
    await this.#retractProfiles(made, new Set(scopes.map(({ entityId }) => entityId)));
  }

  /** Takes back the summaries of profiles of which too little is left. */
  async #retractProfiles(made: Made, kept: ReadonlySet<string | null>): Promise<void> {
    const byLineage = new Map(made.summaries.map((summary) => [summary.lineageId, summary]));
    for (const { entityId, summaryLineageId } of made.profiles) {
      const standing = byLineage.get(summaryLineageId);
      if (kept.has(entityId) || !standing || !isOurs(standing)) continue;
      const isWhole = standing.sources.every(({ readId, currentId }) => readId === currentId);
      if (!isWhole) await this.#retract(standing);
    }
  }

  async #retract(standing: Standing): Promise<void> {
    if (await this.#step((tx) => retractSummary(tx, this.#whose, standing))) this.#counts.retracted++;
  }

  async #pick(read: Members, groups: readonly (readonly number[])[], most: number): Promise<Pick[][]> {
    return (await this.#pickWith(read, groups, most)).picks;
  }

  async #pickWith(
    { members, dimension, vectors }: Members,
    groups: readonly (readonly number[])[],
    most: number,
  ): Promise<{ picks: Pick[][]; centreOf(group: number): number[] }> {
    if (groups.length === 0) return { picks: [], centreOf: () => [] };
    await this.#turns.next();
    const texts = members.map(({ text }) => text);
    const { picks, centroids } = await pickSentences({ dimension, vectors, texts, groups, most });
    return {
      picks,
      centreOf: (group) => [...centroids.subarray(group * dimension, (group + 1) * dimension)],
    };
  }

  /** Writes summaries that say something else than they do, the new ones in batches, the others one by one. */
  async #write(read: Members, wanted: readonly Wanted[]): Promise<void> {
    const fresh: Draft[] = [];
    const flush = async () => {
      const drafts = fresh.splice(0);
      if (drafts.length === 0) return;
      const made = await this.#step((tx) => makeSummaries(tx, this.#whose, drafts));
      this.#createdIds.push(...(made?.values() ?? []));
      this.#counts.made += made?.size ?? 0;
    };
    for (const each of wanted) {
      await this.#turns.next();
      const draft = await this.#draft(read, each);
      if (!draft) continue;
      if (draft.standing) {
        const id = await this.#step((tx) => remakeSummary(tx, this.#whose, draft));
        if (!id) continue;
        this.#createdIds.push(id);
        this.#counts.remade++;
      } else {
        fresh.push(draft);
        if (fresh.length === BATCH) await flush();
      }
    }
    await flush();
  }

  /** What is to be written of a summary; null: it says this already. */
  async #draft({ members }: Members, { chosen, rest, before }: Wanted): Promise<Draft | null> {
    if (chosen.picks.length === 0) return null;
    const { standing } = rest;
    const method: SummaryMethod = this.#range.method;
    const draft = draftOf(members, chosen, { ...rest, method });
    const quoted = quotedOf(members, chosen);
    const isSame = standing !== null && saysTheSame(standing, quoted, draft);
    if (isSame) return isToBeNoted(standing, draft, before) ? draftAsBefore(draft, standing) : null;
    if (!this.#phrase || method !== 'MODEL') return draft;
    const content = await this.#phrase(this.#tenant, quoted);
    return content === undefined ? null : { ...draft, content };
  }

  /** One transaction; undefined where what it is about has changed so that it cannot be done: the next run sees to it. */
  async #step<T>(operation: (tx: WriteTransaction) => Promise<T>): Promise<T | undefined> {
    this.#hasWritten = true;
    try {
      return await write(this.#tenant, operation);
    } catch (error) {
      const hasChanged = [AlreadyCorrected, InvalidInput, NotFound].some((kind) => error instanceof kind);
      if (hasChanged) return undefined;
      throw error;
    }
  }
}

interface Wanted {
  chosen: Chosen;
  rest: Omit<Parameters<typeof draftOf>[2], 'method'>;
  /** The profile as it stands. */
  before?: ProfileRow | undefined;
}

/** Whether what a summary is made of, or the state of a profile, is to be noted, though it says the same. */
function isToBeNoted(standing: Standing, { parts, profile }: Draft, before: ProfileRow | undefined): boolean {
  if (profile && (profile.total !== before?.total || profile.covered !== before.covered)) return true;
  const known = new Map(standing.sources.map(({ lineageId, readId }) => [lineageId, readId]));
  return parts.length !== standing.sources.length || parts.some(({ id, lineageId }) => known.get(lineageId) !== id);
}

const draftAsBefore = (draft: Draft, standing: Standing): Draft => ({ ...draft, content: standing.content as string });

/** Leaves out what was recorded after a moment, unless something is made of it already. */
function upTo(read: Members, made: Made, until: Date | null | undefined): Members {
  if (!until) return read;
  const known = new Set(made.summaries.flatMap(({ sources }) => sources.map(({ lineageId }) => lineageId)));
  const places = [...read.members.keys()].filter((place) => {
    const { recordedAt, lineageId } = read.members[place] as Member;
    return recordedAt <= until || known.has(lineageId);
  });
  const vectors = roomFor(places.length, read.dimension);
  for (const [index, place] of places.entries()) {
    vectors.set(read.vectors.subarray(place * read.dimension, (place + 1) * read.dimension), index * read.dimension);
  }
  return { members: places.map((place) => read.members[place] as Member), dimension: read.dimension, vectors };
}
