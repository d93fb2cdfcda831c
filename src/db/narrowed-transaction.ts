import type { RowMode, Session } from './database.ts';
import { BaseTransaction, type Narrowing, type Tenant } from './transaction.ts';

type Query = (text: string, params: unknown[], mode?: RowMode) => Promise<unknown[]>;

/**
 * A transaction as it reads no more than a restriction lets through, by the conditions of statements; those of the
 * transaction that it is part of apply as well.
 */
export class NarrowedTransaction extends BaseTransaction {
  readonly #query: Query;

  constructor(tenant: Tenant & { restriction: Narrowing }, query: Query) {
    super(tenant);
    this.#query = query;
  }

  protected session(): Promise<Session> {
    return Promise.reject(new Error('a narrowed transaction has no session of its own'));
  }

  protected override query(text: string, params: unknown[], mode?: RowMode): Promise<unknown[]> {
    const narrowed = (this.restriction as Narrowing).narrow(text, params);
    return this.#query(narrowed.text, narrowed.params, mode);
  }
}
