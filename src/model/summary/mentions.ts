import { FEW } from './likeness.ts';

/** Of more entities of one memory the rarest count. */
const MAX_ENTITIES = 16;
/** An entity says nothing of those that mention it where they are more than this share of all, and than so many. */
const COMMON = 0.2;
const NOT_COMMON = 8;

/** Which memories mention which entities, without those that only one mentions, or too many. */
export class Mentions {
  /** For each memory its entities, the rarest first. */
  readonly #entities: readonly (readonly number[])[];
  /** From 1 for an entity of two memories down to 0 for one of all of many. */
  readonly #rarity = new Map<number, number>();

  constructor(entities: readonly (readonly number[])[]) {
    const counts = new Map<number, number>();
    const own = entities.map((each) => [...new Set(each)]);
    for (const entity of own.flat()) counts.set(entity, (counts.get(entity) ?? 0) + 1);
    const most = Math.max(NOT_COMMON, COMMON * entities.length);
    const all = entities.length + FEW;
    for (const [entity, count] of counts) {
      if (count > 1 && count <= most) this.#rarity.set(entity, Math.log(all / count) / Math.log(all / 2));
    }
    this.#entities = own.map((each) =>
      each
        .filter((entity) => this.#rarity.has(entity))
        .sort((a, b) => this.#rarityOf(b) - this.#rarityOf(a) || a - b)
        .slice(0, MAX_ENTITIES),
    );
  }

  /** For each entity the places of the memories that mention it, in ascending order. */
  places(): Iterable<readonly number[]> {
    const places = new Map<number, number[]>();
    for (const [place, entities] of this.#entities.entries()) {
      for (const entity of entities) {
        const known = places.get(entity);
        if (known) known.push(place);
        else places.set(entity, [place]);
      }
    }
    return places.values();
  }

  /** How rare the entities are that two memories both mention, together; at most 1. */
  shared(left: number, right: number): number {
    const others = this.#entities[right] ?? [];
    let sum = 0;
    for (const entity of this.#entities[left] ?? []) if (others.includes(entity)) sum += this.#rarityOf(entity);
    return Math.min(1, sum);
  }

  #rarityOf(entity: number): number {
    return this.#rarity.get(entity) ?? 0;
  }
}
