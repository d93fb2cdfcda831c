import type { Tenant } from '../db/transaction.ts';
import { refreshStatistics } from '../tables/statistics.ts';

/** Of fewer items any plan is good enough. */
const WORTH_STATISTICS = 1_000;

/** Refreshes the planner's statistics whenever what an import has made has grown fourfold, and at the end. */
export class GrowingStatistics {
  readonly #tenant: Tenant;
  #made = 0;
  /** How much of it was made when the statistics were last refreshed. */
  #seen = 0;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  async grow(made: number): Promise<void> {
    this.#made += made;
    if (this.#made >= Math.max(4 * this.#seen, WORTH_STATISTICS)) await this.#refresh();
  }

  async settle(): Promise<void> {
    if (this.#seen > 0 && this.#made > this.#seen) await this.#refresh();
  }

  async #refresh(): Promise<void> {
    await refreshStatistics(this.#tenant.database);
    this.#seen = this.#made;
  }
}
