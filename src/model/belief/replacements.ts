import type { Decision } from './belief.ts';

/** Follows corrections of MISTAKEs from version to version. */
export class Replacements {
  readonly #next = new Map<string, string>();
  readonly #undone = new Map<string, Decision>();
  readonly #everNext = new Map<string, string[]>();
  readonly #everBefore = new Map<string, string>();

  constructor(decisions: readonly Decision[]) {
    for (const decision of decisions) {
      const { kind, memoryId, versionId, revertedAt } = decision;
      if (!versionId) continue;
      if (revertedAt !== null) this.#undone.set(versionId, decision);
      if (kind !== 'MISTAKE') continue;
      this.#everBefore.set(versionId, memoryId);
      this.#everNext.set(memoryId, [...(this.#everNext.get(memoryId) ?? []), versionId]);
      if (revertedAt === null) this.#next.set(memoryId, versionId);
    }
  }

  /** The decision that made a version, where it has been taken back. */
  undone(id: string): Decision | undefined {
    return this.#undone.get(id);
  }

  /** What stands in a version's place: itself, unless a MISTAKE has put another there. */
  standIn(id: string): string {
    let at = id;
    for (let next = this.#next.get(at); next; next = this.#next.get(at)) at = next;
    return at;
  }

  /** The same of a version whose own correction may have been taken back: then of the one that it had replaced. */
  side(anchor: string): string {
    let at = anchor;
    for (let undone = this.#undone.get(at); undone?.kind === 'MISTAKE'; undone = this.#undone.get(at)) {
      at = undone.memoryId;
    }
    return this.standIn(at);
  }

  /** A version, what it was ever put in the place of, and all that was ever put in the place of these. */
  family(id: string): string[] {
    let first = id;
    for (let before = this.#everBefore.get(first); before; before = this.#everBefore.get(first)) first = before;
    return this.#descendants(first);
  }

  #descendants(id: string): string[] {
    return [id, ...(this.#everNext.get(id) ?? []).flatMap((next) => this.#descendants(next))];
  }
}
