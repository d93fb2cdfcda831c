// The graph of the official memory server, and what its tools do to it, word for word: names are compared exactly, and
// what one call gives twice is kept twice. Each does as much as there is in the graph and in what is given, and no more.

import { Turns } from '../../kernel/turns.ts';

export interface Entity {
  name: string;
  entityType: string;
  observations: string[];
}
export interface Relation {
  from: string;
  to: string;
  relationType: string;
}
export interface Graph {
  entities: Entity[];
  relations: Relation[];
}

/** Of entities with the same name, which one call may make: 0, 1, 2 … */
interface Named {
  name: string;
  nth: number;
}

/** Of what is equal, which one call may give: 0, 1, 2 … */
interface Copied {
  copy: number;
}

/** What is kept of a graph: each is a memory. Two that are the same were kept by two calls at once, and count as one. */
export type GraphRecord =
  | ({ kind: 'entity'; entityType: string } & Named)
  | ({ kind: 'observation'; entityType: string; text: string } & Named & Copied)
  | ({ kind: 'relation' } & Relation & Copied);

/** What is in the graph, with the ids of its memories; none: it is not kept yet. */
interface Kept {
  ids: string[];
}
interface KeptObservation extends Kept {
  text: string;
}
interface KeptEntity extends Kept, Named {
  entityType: string;
  observations: KeptObservation[];
}
interface KeptRelation extends Kept, Relation {}

const plainEntity = ({ name, entityType, observations }: KeptEntity): Entity => ({
  name,
  entityType,
  observations: observations.map(({ text }) => text),
});
const plainRelation = ({ from, to, relationType }: Relation): Relation => ({ from, to, relationType });
/** Equal for equal relations alone. */
const keyOf = ({ from, to, relationType }: Relation): string =>
  `${from.length} ${to.length} ${from}${to}${relationType}`;

export class KnowledgeGraph {
  /** What has to be kept, in this order, and the ids of what is to be forgotten. */
  readonly added: GraphRecord[] = [];
  readonly removed: string[] = [];
  #entities: KeptEntity[] = [];
  #relations: KeptRelation[] = [];
  /** The entities of a name by their numbers, in their order: the first is meant where one is. */
  readonly #named = new Map<string, Map<number, KeptEntity>>();
  /** What there is of an entity and of relations, by what it says: copies one after another. */
  readonly #observed = new Map<KeptEntity, Map<string, Map<number, KeptObservation>>>();
  readonly #related = new Map<string, Map<number, KeptRelation>>();

  /**
   * Takes in a record that is kept, after those that were kept before. One that is there already adds its id to it. An
   * observation makes its entity where that has no record.
   */
  take(record: GraphRecord & { id: string }): void {
    this.#kept(record).ids.push(record.id);
  }

  #kept(record: GraphRecord): Kept {
    if (record.kind === 'relation') return this.#relation(record);
    return record.kind === 'entity' ? this.#entity(record) : this.#observation(this.#entity(record), record);
  }

  createEntities(given: readonly Entity[]): Entity[] {
    const made = given.filter(({ name }) => !this.#named.has(name));
    for (const { name, entityType, observations } of made) {
      const nth = this.#named.get(name)?.size ?? 0;
      this.#add({ kind: 'entity', name, nth, entityType });
      this.#observe({ name, nth, entityType }, observations);
    }
    return made;
  }

  createRelations(given: readonly Relation[]): Relation[] {
    const made = given.filter((relation) => !this.#related.has(keyOf(relation)));
    for (const relation of made) {
      this.#add({ kind: 'relation', ...relation, copy: this.#related.get(keyOf(relation))?.size ?? 0 });
    }
    return made;
  }

  /** Throws where there is no such entity: then nothing is to be kept. */
  addObservations(given: readonly { entityName: string; contents: string[] }[]) {
    return given.map(({ entityName, contents }) => {
      const entity = this.#first(entityName);
      if (!entity) throw new UnknownEntity(entityName);
      const addedObservations = contents.filter((content) => !this.#observed.get(entity)?.has(content));
      this.#observe(entity, addedObservations);
      return { entityName, addedObservations };
    });
  }

  deleteEntities(names: readonly string[]): void {
    const gone = new Set(names);
    for (const name of gone) {
      for (const entity of this.#named.get(name)?.values() ?? []) {
        this.#forget([entity]);
        this.#forget(entity.observations);
        this.#observed.delete(entity);
      }
      this.#named.delete(name);
    }
    this.#entities = this.#entities.filter(({ name }) => !gone.has(name));
    this.#dropRelations(({ from, to }) => gone.has(from) || gone.has(to));
  }

  deleteObservations(given: readonly { entityName: string; observations: string[] }[]): void {
    const gone = new Map<string, Set<string>>();
    for (const { entityName, observations } of given) {
      const texts = gone.get(entityName) ?? new Set();
      gone.set(entityName, texts);
      for (const text of observations) texts.add(text);
    }
    for (const [name, texts] of gone) {
      const entity = this.#first(name);
      if (!entity) continue;
      this.#forget(entity.observations.filter(({ text }) => texts.has(text)));
      entity.observations = entity.observations.filter(({ text }) => !texts.has(text));
      for (const text of texts) this.#observed.get(entity)?.delete(text);
    }
  }

  deleteRelations(given: readonly Relation[]): void {
    const gone = new Set(given.map(keyOf));
    this.#dropRelations((relation) => gone.has(keyOf(relation)));
  }

  readGraph(): Graph {
    return { entities: this.#entities.map(plainEntity), relations: this.#relations.map(plainRelation) };
  }

  /** Others have a turn in between. */
  async searchNodes(query: string): Promise<Graph> {
    const search = new Search(query);
    const found: KeptEntity[] = [];
    for (const entity of this.#entities) if (await search.isIn(entity)) found.push(entity);
    return this.#around(found);
  }

  openNodes(names: readonly string[]): Graph {
    const opened = new Set(names);
    return this.#around(this.#entities.filter(({ name }) => opened.has(name)));
  }

  /** The type of an entity: what a memory that mentions it says. */
  typeOf(name: string): string | undefined {
    return this.#first(name)?.entityType;
  }

  /** Some entities, and the relations that begin or end at one of them. */
  #around(shown: readonly KeptEntity[]): Graph {
    const names = new Set(shown.map(({ name }) => name));
    const relations = this.#relations.filter(({ from, to }) => names.has(from) || names.has(to));
    return { entities: shown.map(plainEntity), relations: relations.map(plainRelation) };
  }

  #first(name: string): KeptEntity | undefined {
    return this.#named.get(name)?.values().next().value;
  }

  #add(record: GraphRecord): void {
    this.#kept(record);
    this.added.push(record);
  }

  #observe({ name, nth, entityType }: Named & { entityType: string }, texts: readonly string[]): void {
    const entity = this.#entity({ name, nth, entityType });
    for (const text of texts) {
      const copy = this.#observed.get(entity)?.get(text)?.size ?? 0;
      this.#add({ kind: 'observation', name, nth, entityType, text, copy });
    }
  }

  #entity({ name, nth, entityType }: Named & { entityType: string }): KeptEntity {
    return madeOnce(within(this.#named, name), nth, () => {
      const entity: KeptEntity = { ids: [], name, nth, entityType, observations: [] };
      this.#entities.push(entity);
      return entity;
    });
  }

  #observation(entity: KeptEntity, { text, copy }: { text: string } & Copied): KeptObservation {
    return madeOnce(within(within(this.#observed, entity), text), copy, () => {
      const observation = { ids: [], text };
      entity.observations.push(observation);
      return observation;
    });
  }

  #relation({ from, to, relationType, copy }: Relation & Copied): KeptRelation {
    return madeOnce(within(this.#related, keyOf({ from, to, relationType })), copy, () => {
      const relation = { ids: [], from, to, relationType };
      this.#relations.push(relation);
      return relation;
    });
  }

  #dropRelations(isGone: (relation: Relation) => boolean): void {
    const gone = this.#relations.filter(isGone);
    this.#forget(gone);
    for (const relation of gone) this.#related.delete(keyOf(relation));
    this.#relations = this.#relations.filter((relation) => !isGone(relation));
  }

  #forget(gone: readonly Kept[]): void {
    for (const { ids } of gone) this.removed.push(...ids);
  }
}

/** What a map has at a key, and has from now on. */
function madeOnce<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}

/** The map that a map has at a key. */
const within = <K, K2, V>(map: Map<K, Map<K2, V>>, key: K): Map<K2, V> => madeOnce(map, key, () => new Map());

/** Texts are looked through by so many characters at a time: in a hostile one each may be compared with a whole query. */
const PIECE = 8_192;

/** Looks for a text, without case, in what is said of an entity. */
class Search {
  readonly #query: string;
  readonly #turns = new Turns();

  constructor(query: string) {
    this.#query = query.toLowerCase();
  }

  async isIn({ name, entityType, observations }: KeptEntity): Promise<boolean> {
    if ((await this.#isInText(name)) || (await this.#isInText(entityType))) return true;
    for (const { text } of observations) if (await this.#isInText(text)) return true;
    return false;
  }

  async #isInText(given: string): Promise<boolean> {
    const text = given.toLowerCase();
    for (let start = 0; start === 0 || start < text.length; start += PIECE) {
      await this.#turns.next();
      if (text.slice(start, start + PIECE + this.#query.length).includes(this.#query)) return true;
    }
    return false;
  }
}

export class UnknownEntity extends Error {
  constructor(name: string) {
    super(`Entity with name ${name} not found`);
  }
}
