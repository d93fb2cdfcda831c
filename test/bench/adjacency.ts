import type postgres from 'postgres';
import type { Direction } from './graph-by-hand.ts';

/** The generated graph in memory, to know the right answers. Memories are their numbers. */
export class Adjacency {
  readonly ids: string[] = [];
  readonly degrees: number[] = [];
  readonly #out: number[][] = [];
  readonly #both: number[][] = [];

  static async read(sql: postgres.Sql): Promise<Adjacency> {
    const graph = new Adjacency();
    await sql`select n, id, degree from bench.memories`.cursor(50_000, (rows) => {
      for (const { n, id, degree } of rows) {
        graph.ids[n] = id;
        graph.degrees[n] = degree;
        graph.#out[n] = [];
        graph.#both[n] = [];
      }
    });
    await sql`select from_n as a, to_n as b from bench.relations`.cursor(50_000, (rows) => {
      for (const { a, b } of rows) {
        graph.#out[a]?.push(b);
        graph.#both[a]?.push(b);
        graph.#both[b]?.push(a);
      }
    });
    return graph;
  }

  /** How far away what is within `depth` of a start is. */
  distances(start: number, depth: number, direction: Direction): Map<number, number> {
    const next = direction === 'OUT' ? this.#out : this.#both;
    const found = new Map([[start, 0]]);
    let level = [start];
    for (let distance = 1; distance <= depth; distance++) {
      const beyond: number[] = [];
      for (const n of level) {
        for (const far of next[n] as number[]) {
          if (found.has(far)) continue;
          found.set(far, distance);
          beyond.push(far);
        }
      }
      level = beyond;
    }
    return found;
  }

  /** The `count` memories whose degree is nearest to this one, the earliest first, that lead somewhere. */
  ofDegree(degree: number, count: number): number[] {
    return [...this.degrees.keys()]
      .filter((n) => (this.#out[n] as number[]).length > 0)
      .sort(
        (a, b) =>
          Math.abs((this.degrees[a] as number) - degree) - Math.abs((this.degrees[b] as number) - degree) || a - b,
      )
      .slice(0, count);
  }

  medianDegree(): number {
    return [...this.degrees].sort((a, b) => a - b)[Math.floor(this.degrees.length / 2)] as number;
  }
}
