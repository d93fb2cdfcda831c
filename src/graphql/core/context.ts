import { ReadTransaction } from '../../db/read-transaction.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import type { Noted } from '../../domain/audit/trail.ts';
import type { ChatModel } from '../../domain/chat/chat.ts';
import type { Embeddings } from '../../domain/embedding/embeddings.ts';
import type { Reranker } from '../../domain/rerank/reranker.ts';
import { Tokenizer } from '../../domain/tokens/tokenizer.ts';
import { defaultWebhookSettings, type WebhookSettings } from '../../domain/webhook/settings.ts';
import { Forbidden } from '../../kernel/errors.ts';
import { formatPoint, type PointInTime, theNow } from '../../kernel/point.ts';
import type { AccessScope, Principal } from '../../kernel/principal.ts';
import { beyond } from '../../model/restriction/allowed.ts';
import { Snapshot } from './snapshot.ts';

export { type AccessScope, type Principal, scopes } from '../../kernel/principal.ts';

/** An expected failure of a mutation, as `extensions.failures` lists it. */
export interface Failure {
  path: readonly (string | number)[];
  code: string;
  message: string;
}

/** Takes what is to stand in the audit trail of what the principal does, or is refused. */
export type NoteOf = (noted: Pick<Noted, 'action' | 'subject' | 'outcome'>) => void;

/** What requests share. */
export interface Providers {
  /** Where vectors come from. */
  embeddings: Embeddings;
  /** What puts the best of a recall in order. Default: nothing does. */
  reranker?: Reranker | null | undefined;
  /** What answers where a chat model is of use. Default: nothing does. */
  chat?: ChatModel | null | undefined;
  /** What counts tokens. Default: one of the default encoding. */
  tokenizer?: Tokenizer | undefined;
  /** Where webhooks may be sent. Default: to public addresses. */
  webhooks?: WebhookSettings | undefined;
}

const defaultTokenizer = new Tokenizer();

/** What a request carries. */
export class Context {
  readonly principal: Principal;
  readonly tenant: Tenant;
  /** Where vectors come from. */
  readonly embeddings: Embeddings;
  /** What puts the best of a recall in order; null: nothing does. */
  readonly reranker: Reranker | null;
  /** What answers where a chat model is of use; null: nothing does. */
  readonly chat: ChatModel | null;
  /** What counts tokens. */
  readonly tokenizer: Tokenizer;
  /** Where webhooks may be sent. */
  readonly webhooks: WebhookSettings;
  /** The request's consistent view; see {@link at} for the graph in it. */
  readonly reads: ReadTransaction;
  /** Writes down for the audit trail. */
  readonly note: NoteOf;
  readonly failures: Failure[] = [];
  #hasWritten = false;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(
    principal: Principal,
    tenant: Tenant,
    {
      embeddings,
      reranker = null,
      chat = null,
      tokenizer = defaultTokenizer,
      webhooks = defaultWebhookSettings,
    }: Providers,
    note: NoteOf = () => {},
  ) {
    this.principal = principal;
    this.tenant = tenant;
    this.embeddings = embeddings;
    this.reranker = reranker;
    this.chat = chat;
    this.tokenizer = tokenizer;
    this.webhooks = webhooks;
    this.note = note;
    this.reads = new ReadTransaction(tenant);
  }

  /** A mutation of the request has been done, or part of one. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Remembers that a mutation of the request has been done, or part of one. */
  noteWritten(): void {
    this.#hasWritten = true;
    if (this.tenant.budget) this.tenant.budget.isAfterChange = true;
  }

  /** The graph at a point in time; the present by default. */
  at(point: PointInTime = theNow): Snapshot {
    const key = formatPoint(point);
    let snapshot = this.#snapshots.get(key);
    if (!snapshot) {
      snapshot = new Snapshot(this.reads, point);
      this.#snapshots.set(key, snapshot);
    }
    return snapshot;
  }

  /** Throws Forbidden where the credential lacks the scope that a field of Query or Mutation needs. */
  require(scope: AccessScope, field: string): void {
    if (this.principal.scopes.has(scope)) return;
    this.note({ action: field, outcome: 'FORBIDDEN' });
    throw new Forbidden(scope);
  }

  /** The same, and throws Forbidden for a restricted credential: for what is of the workspace as a whole. */
  requireWhole(scope: AccessScope, field: string): void {
    this.require(scope, field);
    if (this.principal.restriction) throw beyond('what is of the whole workspace it may neither see nor change.');
  }

  /** Runs an operation in a transaction of its own; what is read afterwards sees what it wrote. */
  async write<T>(operation: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    await this.refresh();
    return write(this.tenant, operation);
  }

  /** Ends the view, so that the next statement reads what has been committed by then. */
  async refresh(): Promise<void> {
    this.#snapshots.clear();
    await this.reads.end();
  }
}
