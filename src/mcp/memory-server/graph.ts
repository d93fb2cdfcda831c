// The graph of the official memory server, and what its tools do to it, word for word: names are compared exactly, and
// what one call gives twice is kept twice.

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

/** What is kept of a graph: each is a memory. */
export type GraphRecord =
  | ({ kind: 'entity'; entityType: string } & Named)
  | ({ kind: 'observation'; entityType: string; text: string } & Named)
  | ({ kind: 'relation' } & Relation);

/** A record, with the id of its memory; undefined: it is not kept yet. */
interface Kept {
  id: string | undefined;
}
interface KeptEntity extends Kept, Named {
  entityType: string;
  observations: (Kept & { text: string })[];
}
interface KeptRelation extends Kept, Relation {}

const sameRelation = (a: Relation, b: Relation): boolean =>
  a.from === b.from && a.to === b.to && a.relationType === b.relationType;
const plainEntity = ({ name, entityType, observations }: KeptEntity): Entity => ({
  name,
  entityType,
  observations: observations.map(({ text }) => text),
});
const plainRelation = ({ from, to, relationType }: Relation): Relation => ({ from, to, relationType });

export class KnowledgeGraph {
  /** What has to be kept, in this order, and the ids of what is to be forgotten. */
  readonly added: GraphRecord[] = [];
  readonly removed: string[] = [];
  #entities: KeptEntity[] = [];
  #relations: KeptRelation[] = [];

  /** Records in the order in which they were kept. An observation of an entity without a record of its own makes one. */
  constructor(records: readonly (GraphRecord & { id: string })[]) {
    for (const record of records) {
      if (record.kind === 'relation') this.#relations.push(record);
      else if (record.kind === 'entity') this.#entities.push({ ...record, observations: [] });
    }
    for (const record of records) {
      if (record.kind !== 'observation') continue;
      const { name, nth, entityType } = record;
      let entity = this.#entities.find((each) => each.name === name && each.nth === nth);
      if (!entity) {
        entity = { id: undefined, name, nth, entityType, observations: [] };
        this.#entities.push(entity);
      }
      entity.observations.push(record);
    }
  }

  createEntities(given: readonly Entity[]): Entity[] {
    const known = new Set(this.#entities.map(({ name }) => name));
    const made = given.filter(({ name }) => !known.has(name));
    for (const { name, entityType, observations } of made) {
      const nth = this.#entities.filter((each) => each.name === name).length;
      const entity: KeptEntity = { id: undefined, name, nth, entityType, observations: [] };
      this.#entities.push(entity);
      this.added.push({ kind: 'entity', name, nth, entityType });
      this.#observe(entity, observations);
    }
    return made;
  }

  createRelations(given: readonly Relation[]): Relation[] {
    const made = given.filter((relation) => !this.#relations.some((known) => sameRelation(known, relation)));
    for (const relation of made) {
      this.#relations.push({ ...relation, id: undefined });
      this.added.push({ kind: 'relation', ...relation });
    }
    return made;
  }

  /** Throws where there is no such entity: then nothing is to be kept. */
  addObservations(given: readonly { entityName: string; contents: string[] }[]) {
    return given.map(({ entityName, contents }) => {
      const entity = this.#entities.find(({ name }) => name === entityName);
      if (!entity) throw new UnknownEntity(entityName);
      const known = new Set(entity.observations.map(({ text }) => text));
      const addedObservations = contents.filter((content) => !known.has(content));
      this.#observe(entity, addedObservations);
      return { entityName, addedObservations };
    });
  }

  deleteEntities(names: readonly string[]): void {
    const gone = this.#entities.filter(({ name }) => names.includes(name));
    this.#forget(gone.flatMap((entity) => [entity, ...entity.observations]));
    this.#entities = this.#entities.filter((entity) => !gone.includes(entity));
    this.#dropRelations(({ from, to }) => names.includes(from) || names.includes(to));
  }

  deleteObservations(given: readonly { entityName: string; observations: string[] }[]): void {
    for (const { entityName, observations } of given) {
      const entity = this.#entities.find(({ name }) => name === entityName);
      if (!entity) continue;
      this.#forget(entity.observations.filter(({ text }) => observations.includes(text)));
      entity.observations = entity.observations.filter(({ text }) => !observations.includes(text));
    }
  }

  deleteRelations(given: readonly Relation[]): void {
    this.#dropRelations((known) => given.some((relation) => sameRelation(known, relation)));
  }

  readGraph(): Graph {
    return { entities: this.#entities.map(plainEntity), relations: this.#relations.map(plainRelation) };
  }

  searchNodes(query: string): Graph {
    const has = (text: string) => text.toLowerCase().includes(query.toLowerCase());
    return this.#around(
      ({ name, entityType, observations }) =>
        has(name) || has(entityType) || observations.some(({ text }) => has(text)),
    );
  }

  openNodes(names: readonly string[]): Graph {
    return this.#around(({ name }) => names.includes(name));
  }

  /** The type of an entity: what a memory that mentions it says. */
  typeOf(name: string): string | undefined {
    return this.#entities.find((each) => each.name === name)?.entityType;
  }

  /** Some entities, and the relations that begin or end at one of them. */
  #around(isShown: (entity: KeptEntity) => boolean): Graph {
    const shown = this.#entities.filter(isShown);
    const names = new Set(shown.map(({ name }) => name));
    const relations = this.#relations.filter(({ from, to }) => names.has(from) || names.has(to));
    return { entities: shown.map(plainEntity), relations: relations.map(plainRelation) };
  }

  #observe(entity: KeptEntity, texts: readonly string[]): void {
    const { name, nth, entityType } = entity;
    for (const text of texts) {
      entity.observations.push({ id: undefined, text });
      this.added.push({ kind: 'observation', name, nth, entityType, text });
    }
  }

  #dropRelations(isGone: (relation: Relation) => boolean): void {
    this.#forget(this.#relations.filter(isGone));
    this.#relations = this.#relations.filter((relation) => !isGone(relation));
  }

  #forget(records: readonly Kept[]): void {
    this.removed.push(...records.flatMap(({ id }) => id ?? []));
  }
}

export class UnknownEntity extends Error {
  constructor(name: string) {
    super(`Entity with name ${name} not found`);
  }
}
