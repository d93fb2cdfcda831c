import type { Links } from './links.ts';

export const NONE = -1;

/** Which memories are in which topics. */
export class Topics {
  /** For each memory the number of its topic, or {@link NONE}. */
  readonly of: Int32Array<ArrayBuffer>;
  /** The number of the next topic. */
  next = 0;
  readonly #links: Links;
  readonly #sizes = new Map<number, number>();
  readonly #most: number;

  /** `most`: a topic that has so many members takes no more. */
  constructor(links: Links, taken: Int32Array, most: number) {
    this.#links = links;
    this.#most = most;
    this.of = Int32Array.from(taken);
    for (const topic of taken) {
      if (topic !== NONE) this.#count(topic);
      this.next = Math.max(this.next, topic + 1);
    }
  }

  add(members: readonly number[]): void {
    const topic = this.next++;
    for (const place of members) this.#put(place, topic);
  }

  /** The places of the memories that are in none, in ascending order. */
  free(): number[] {
    return Array.from(this.of.keys()).filter((place) => this.of[place] === NONE);
  }

  /** The members of each topic from one on, the largest topic first. */
  from(first: number): number[][] {
    const members = Array.from({ length: this.next - first }, (): number[] => []);
    for (const [place, topic] of this.of.entries()) members[topic - first]?.push(place);
    return members.sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number));
  }

  /** Lets memories join until none has a topic to join. */
  join(): void {
    for (let joined = true; joined; ) {
      joined = false;
      for (const place of this.free()) {
        const topic = this.#topicFor(place);
        if (topic === undefined) continue;
        this.#put(place, topic);
        joined = true;
      }
    }
  }

  /** The topic that has at least half of the weight of a memory's edges, and room; the first of equals. */
  #topicFor(place: number): number | undefined {
    const weights = new Map<number, number>();
    let all = 0;
    for (const { place: other, weight } of this.#links.of(place)) {
      all += weight;
      const topic = this.of[other] as number;
      if (topic !== NONE) weights.set(topic, (weights.get(topic) ?? 0) + weight);
    }
    let best: number | undefined;
    for (const [topic, weight] of weights) {
      const hasRoom = (this.#sizes.get(topic) ?? 0) < this.#most;
      if (hasRoom && weight >= all / 2 && weight > (weights.get(best ?? NONE) ?? 0)) best = topic;
    }
    return best;
  }

  #put(place: number, topic: number): void {
    this.of[place] = topic;
    this.#count(topic);
  }

  #count(topic: number): void {
    this.#sizes.set(topic, (this.#sizes.get(topic) ?? 0) + 1);
  }
}
