import { candidateTerms, hiddenTerms } from '../../../src/model/finding/candidates.ts';
import { compare } from '../../../src/model/finding/compare.ts';
import { readStatement } from '../../../src/model/finding/read.ts';
import type { Nomination, Statement } from '../../../src/model/finding/statement.ts';

/** As many memories are compared with a new one. */
export const CANDIDATES = 20;
/** Of a term only the newest memories are looked at. */
const POSTINGS = 200;
const TERMS = 12;
const LEAST_SHARED = 2;
/** More terms than are used: which of them are rare is known only here. */
const ASKED = 60;

/** What one text is compared with, and what was found. */
export interface Written {
  candidates: number[];
  best: Nomination | undefined;
  pairs: number;
  readMs: number;
  searchMs: number;
  compareMs: number;
}

/** The memories of one companion and a plain inverted index of them: what the service asks its postings. */
export class Memories {
  readonly statements: Statement[] = [];
  private readonly postings = new Map<string, number[]>();

  /** Reads a text, compares it with its candidates, and remembers it. */
  write(text: string, speaker?: string): Written {
    const started = performance.now();
    const statement = readStatement(text, 'english', speaker);
    const read = performance.now();
    const candidates = this.candidates(statement);
    const searched = performance.now();
    let best: Nomination | undefined;
    for (const id of candidates) {
      const found = compare(this.statements[id] as Statement, statement);
      if (found && found.score > (best?.score ?? 0)) best = found;
    }
    const compared = performance.now();
    this.remember(statement);
    return {
      candidates,
      best,
      pairs: candidates.length,
      readMs: read - started,
      searchMs: searched - read,
      compareMs: compared - searched,
    };
  }

  private remember(statement: Statement): void {
    const id = this.statements.push(statement) - 1;
    const terms = new Set(statement.sentences.flatMap((weights) => [...weights.keys()]));
    for (const term of [...terms, ...hiddenTerms(statement)]) {
      const own = this.postings.get(term);
      if (own) own.push(id);
      else this.postings.set(term, [id]);
    }
  }

  /** The best by the summed weight × rarity of the terms they share. */
  private candidates(statement: Statement): number[] {
    const size = this.statements.length;
    const known = candidateTerms(statement, ASKED)
      .map(({ lexemes, weight }) => {
        const ids = this.postings.get(lexemes[0] as string) ?? [];
        return {
          ids,
          isHidden: lexemes[0]?.startsWith('='),
          weight: weight * Math.log(1 + (size - ids.length + 0.5) / (ids.length + 0.5)),
        };
      })
      .filter(({ ids }) => ids.length > 0)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, TERMS);
    const scores = new Map<number, number>();
    const shared = new Map<number, number>();
    for (const { ids, weight, isHidden } of known) {
      for (const id of ids.slice(-POSTINGS)) {
        scores.set(id, (scores.get(id) ?? 0) + weight);
        shared.set(id, (shared.get(id) ?? 0) + (isHidden ? 2 : 1));
      }
    }
    const least = Math.min(LEAST_SHARED, known.length - 1);
    return [...scores]
      .filter(([id]) => (shared.get(id) as number) >= least)
      .sort((a, b) => b[1] - a[1] || b[0] - a[0])
      .slice(0, CANDIDATES)
      .map(([id]) => id);
  }
}
