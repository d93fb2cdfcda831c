import type { Embeddings } from '../../src/domain/embedding/embeddings.ts';
import type { Tokenizer } from '../../src/domain/tokens/tokenizer.ts';
import type { Turn } from './quality/sets.ts';

/** What a turn has become: ids. */
export interface Shown {
  message: string;
  memory: string | undefined;
}

/** What a budget holds, one way or another. */
interface Held {
  way: string;
  maxTokens: number;
  /** Names of turns. */
  shown: ReadonlySet<string>;
}

const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

const cosine = (a: readonly number[], b: readonly number[]) => {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * (y[index] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b) || 1);
};

/** Two plain ways to fill a budget, with the same lines: the newest, and the nearest by the cosine of their vectors. */
export function evidenceWithin(tokenizer: Tokenizer, { embedder }: Embeddings) {
  const vectors = new Map<readonly Turn[], (readonly number[])[]>();
  const lengths = new Map<readonly Turn[], number[]>();
  return async (
    turns: readonly Turn[],
    question: string,
    ids: ReadonlyMap<string, Shown>,
    budgets: readonly number[],
  ): Promise<Held[]> => {
    if (!embedder) throw new Error('the nearest are found by vectors: EMBEDDING_PROVIDER must not be none');
    if (!vectors.has(turns)) {
      const made: (readonly number[])[] = [];
      for (let from = 0; from < turns.length; from += 100)
        made.push(
          ...(await embedder.embed(
            turns.slice(from, from + 100).map(({ content }) => content),
            { purpose: 'document' },
          )),
        );
      vectors.set(turns, made);
      const lines = turns.map(
        ({ name, content, validFrom, context }) =>
          `- ${context?.speaker}: ${content} (${days.format(new Date(validFrom as string))}) [${ids.get(name)?.message}]\n`,
      );
      lengths.set(turns, await Promise.all(lines.map((line) => tokenizer.count(line))));
    }
    const [asked] = await embedder.embed([question], { purpose: 'query' });
    const near = (vectors.get(turns) as (readonly number[])[]).map((vector) => cosine(asked as number[], vector));
    const places = turns.map((_, index) => index);
    const ways = {
      'newest that fit': places.toReversed(),
      'nearest by cosine that fit': places.toSorted((a, b) => (near[b] as number) - (near[a] as number)),
    };
    return Object.entries(ways).flatMap(([way, order]) =>
      budgets.map((maxTokens): Held => {
        const shown = new Set<string>();
        let left = maxTokens;
        for (const place of order) {
          left -= (lengths.get(turns) as number[])[place] as number;
          if (left < 0) break;
          shown.add((turns[place] as Turn).name);
        }
        return { way, maxTokens, shown };
      }),
    );
  };
}
