import { LRUCache } from 'lru-cache';

/** The documents of a workspace: so many, and so many bytes of them. */
const MAX_DOCUMENTS = 1_000;
const MAX_BYTES = 1_000_000;
/** The workspaces whose documents are kept: those that asked lately. */
const MAX_WORKSPACES = 64;
/** What a document takes beside its text, such as its hash. */
const ENTRY_BYTES = 200;

/**
 * Documents that clients have registered by their hash, in memory: each workspace has its own, so that nobody learns of
 * another's, or pushes them out. What is pushed out the client sends again.
 */
export class DocumentStore {
  readonly #workspaces = new LRUCache<string, LRUCache<string, string>>({ max: MAX_WORKSPACES });

  get(workspaceId: string, hash: string): string | undefined {
    return this.#workspaces.get(workspaceId)?.get(hash);
  }

  set(workspaceId: string, hash: string, document: string): void {
    const size = ENTRY_BYTES + 2 * document.length;
    if (size > MAX_BYTES) return;
    const documents = this.#workspaces.get(workspaceId) ?? new LRUCache({ max: MAX_DOCUMENTS, maxSize: MAX_BYTES });
    this.#workspaces.set(workspaceId, documents);
    documents.set(hash, document, { size });
  }
}
