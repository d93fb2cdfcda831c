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
  /** What is observed. */
  texts: Set<string>;
}
interface KeptRelation extends Kept, Relation {}

const plainEntity = ({ name, entityType, observations }: KeptEntity): Entity => ({
  name,
  entityType,
  observations: observations.map(({ text }) => text),
});
const plainRelation = ({ from, to, relationType }: Relation): Relation => ({ from, to, relationType });
const keyOf = (...parts: (string | number)[]): string => JSON.stringify(parts);
const relationKey = ({ from, to, relationType }: Relation): string => keyOf(from, to, relationType);

export class KnowledgeGraph {
  /** What has to be kept, in this order, and the ids of what is to be forgotten. */
  readonly added: GraphRecord[] = [];
  readonly removed: string[] = [];
  #entities: KeptEntity[] = [];
  #relations: KeptRelation[] = [];
  /** The entities of a name, in their order: the first is meant where one is. */
  readonly #named = new Map<string, KeptEntity[]>();

  /** Records in the order in which they were kept. An observation of an entity without a record of its own makes one. */
  constructor(records: readonly (GraphRecord & { id: string })[]) {
    const known = new Map<string, Kept>();
    /** What is the same as before adds its id to it. */
    const once = <T extends Kept>(key: string, id: string, make: () => T): T => {
      const kept = (known.get(key) as T | undefined) ?? make();
      known.set(key, kept);
      kept.ids.push(id);
      return kept;
    };
    for (const record of records) {
      if (record.kind === 'relation') {
        once(keyOf('relation', relationKey(record), record.copy), record.id, () => this.#relate(record));
      } else if (record.kind === 'entity') {
        once(keyOf('entity', record.name, record.nth), record.id, () => this.#make(record));
      }
    }
    for (const record of records) {
      if (record.kind !== 'observation') continue;
      const { name, nth, text, copy, id } = record;
      const entityKey = keyOf('entity', name, nth);
      const entity = (known.get(entityKey) as KeptEntity | undefined) ?? this.#make(record);
      known.set(entityKey, entity);
      once(keyOf('observation', name, nth, text, copy), id, () => this.#observe(entity, text));
    }
  }

  createEntities(given: readonly Entity[]): Entity[] {
    const known = new Set(this.#named.keys());
    const made = given.filter(({ name }) => !known.has(name));
    for (const { name, entityType, observations } of made) {
      const nth = this.#named.get(name)?.length ?? 0;
      const entity = this.#make({ name, nth, entityType });
      this.added.push({ kind: 'entity', name, nth, entityType });
      this.#add(entity, observations);
    }
    return made;
  }

  createRelations(given: readonly Relation[]): Relation[] {
    const known = new Set(this.#relations.map(relationKey));
    const made = given.filter((relation) => !known.has(relationKey(relation)));
    const copies = new Copies();
    for (const relation of made) {
      this.#relate(relation);
      this.added.push({ kind: 'relation', ...relation, copy: copies.next(relationKey(relation)) });
    }
    return made;
  }

  /** Throws where there is no such entity: then nothing is to be kept. */
  addObservations(given: readonly { entityName: string; contents: string[] }[]) {
    return given.map(({ entityName, contents }) => {
      const entity = this.#named.get(entityName)?.[0];
      if (!entity) throw new UnknownEntity(entityName);
      const addedObservations = contents.filter((content) => !entity.texts.has(content));
      this.#add(entity, addedObservations);
      return { entityName, addedObservations };
    });
  }

  deleteEntities(names: readonly string[]): void {
    const gone = new Set(names);
    for (const name of gone) {
      for (const entity of this.#named.get(name) ?? []) this.#forget([entity, ...entity.observations]);
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
      const entity = this.#named.get(name)?.[0];
      if (!entity) continue;
      this.#forget(entity.observations.filter(({ text }) => texts.has(text)));
      entity.observations = entity.observations.filter(({ text }) => !texts.has(text));
      for (const text of texts) entity.texts.delete(text);
    }
  }

  deleteRelations(given: readonly Relation[]): void {
    const gone = new Set(given.map(relationKey));
    this.#dropRelations((relation) => gone.has(relationKey(relation)));
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
    return this.#named.get(name)?.[0]?.entityType;
  }

  /** Some entities, and the relations that begin or end at one of them. */
  #around(shown: readonly KeptEntity[]): Graph {
    const names = new Set(shown.map(({ name }) => name));
    const relations = this.#relations.filter(({ from, to }) => names.has(from) || names.has(to));
    return { entities: shown.map(plainEntity), relations: relations.map(plainRelation) };
  }

  #make({ name, nth, entityType }: Named & { entityType: string }): KeptEntity {
    const entity: KeptEntity = { ids: [], name, nth, entityType, observations: [], texts: new Set() };
    this.#entities.push(entity);
    const same = this.#named.get(name);
    if (same) same.push(entity);
    else this.#named.set(name, [entity]);
    return entity;
  }

  #observe(entity: KeptEntity, text: string): KeptObservation {
    const observation = { ids: [], text };
    entity.observations.push(observation);
    entity.texts.add(text);
    return observation;
  }

  #relate({ from, to, relationType }: Relation): KeptRelation {
    const relation = { ids: [], from, to, relationType };
    this.#relations.push(relation);
    return relation;
  }

  #add(entity: KeptEntity, texts: readonly string[]): void {
    const { name, nth, entityType } = entity;
    const copies = new Copies();
    for (const text of texts) {
      this.#observe(entity, text);
      this.added.push({ kind: 'observation', name, nth, entityType, text, copy: copies.next(text) });
    }
  }

  #dropRelations(isGone: (relation: Relation) => boolean): void {
    this.#forget(this.#relations.filter(isGone));
    this.#relations = this.#relations.filter((relation) => !isGone(relation));
  }

  #forget(gone: readonly Kept[]): void {
    for (const { ids } of gone) this.removed.push(...ids);
  }
}

/** Counts what is equal. */
class Copies {
  readonly #counts = new Map<string, number>();

  /** How many of it there were before. */
  next(key: string): number {
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count;
  }
}

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
